"""The modules that come with TLA+ and TLC, and the community's, as operators in Python.

Each operator checks the kinds of its arguments, as TLC does: nothing is guessed. Where a module says one
thing in TLA+ and another by its Java override, it does here what TLC does, so the latter. What is picked of
a set, or the order in which a set is gone through, is by values.order_key.
"""

from __future__ import annotations

from ..syntax import Native
from .arithmetic import BITWISE, COMBINATORICS, DYADIC_RATIONALS, STATISTICS
from .bags import BAGS, BAGS_EXT
from .csv_files import CSV
from .finite_sets import FINITE_SETS
from .finite_sets_ext import FINITE_SETS_EXT
from .functions import FOLDS, FUNCTIONS
from .graphs import GRAPHS, UNDIRECTED_GRAPHS
from .io_utils import IO_UTILS
from .json_values import JSON
from .language import BUILTINS
from .numbers import INTEGERS, NATURALS, REALS
from .proofs import THEOREMS, TLAPS
from .randomization import RANDOMIZATION
from .relations import RELATION
from .sequences import SEQUENCES
from .sequences_ext import SEQUENCES_EXT
from .svg import SVG
from .tlc import TLC
from .tlc_ext import TLC_EXT
from .vector_clocks import VECTOR_CLOCKS

__all__ = ["BUILTINS", "MODULES"]

_LIBRARIES = (
    NATURALS, INTEGERS, REALS, SEQUENCES, FINITE_SETS, BAGS, RANDOMIZATION, TLC, TLC_EXT, JSON,
    SEQUENCES_EXT, FINITE_SETS_EXT, BAGS_EXT, FUNCTIONS, FOLDS, RELATION, GRAPHS, UNDIRECTED_GRAPHS,
    BITWISE, COMBINATORICS, DYADIC_RATIONALS, STATISTICS, VECTOR_CLOCKS, IO_UTILS, CSV, SVG,
    TLAPS, *THEOREMS,
)  # fmt: skip

MODULES: dict[str, dict[str, Native]] = {library.name: library.visible() for library in _LIBRARIES}
"""By module: its operators, with those of the modules that it extends."""

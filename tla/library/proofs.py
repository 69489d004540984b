"""TLAPS and the modules of theorems: what a proof may cite. Nothing here means anything to a checker.

The pragmas of TLAPS are TRUE; of a module of theorems there is left what it EXTENDS.
"""

from __future__ import annotations

from ..values import Value
from .declaration import Library
from .finite_sets import FINITE_SETS
from .finite_sets_ext import FINITE_SETS_EXT
from .functions import FOLDS, FUNCTIONS
from .graphs import GRAPHS
from .numbers import INTEGERS
from .sequences import SEQUENCES
from .sequences_ext import SEQUENCES_EXT

TLAPS = Library("TLAPS")

_PLAIN = (
    "SimpleArithmetic SMT CVC3 CVC4 Yices veriT Zipper Z3 Spass LS4 PTL PropositionalTemporalLogic Zenon Isa"
    " IsaWithSetExtensionality AutoBlast AllProvers AllSMT AllIsa"
    " ExpandENABLED ExpandCdot AutoUSE Lambdify ENABLEDaxioms ENABLEDrules ENABLEDrewrites LevelComparison"
)
_IN_SLOW_FORMS = "Auto Force SimplifyAndSolve Simplification Blast"
_WITH_AN_ARGUMENT = (
    "SMTT CVC3T CVC4T YicesT veriTT ZipperT Z3T SpassT LS4T ZenonT IsaT IsaM AllProversT AllSMTT AllIsaT"
)


def _always(_argument: Value) -> bool:
    return True


def _always_of_two(_first: Value, _second: Value) -> bool:
    return True


def _always_alone() -> bool:
    return True


_SLOW = [f"{how}{name}" for name in _IN_SLOW_FORMS.split() for how in ("", "Slow", "Slower", "Slowest")]
_ZENON = ["SlowZenon", "SlowerZenon", "VerySlowZenon", "SlowestZenon"]
TLAPS.operator(*_PLAIN.split(), *_SLOW, *_ZENON)(_always_alone)
TLAPS.operator(*_WITH_AN_ARGUMENT.split())(_always)
TLAPS.operator("IsaMT")(_always_of_two)

NATURALS_INDUCTION = Library("NaturalsInduction", INTEGERS)
WELL_FOUNDED_INDUCTION = Library("WellFoundedInduction", NATURALS_INDUCTION)

THEOREMS = (
    NATURALS_INDUCTION,
    WELL_FOUNDED_INDUCTION,
    Library("FiniteSetTheorems", FINITE_SETS, INTEGERS, FUNCTIONS, WELL_FOUNDED_INDUCTION),
    Library("SequenceTheorems", SEQUENCES, FUNCTIONS),
    Library("FunctionTheorems", FUNCTIONS, INTEGERS, FINITE_SETS),
    Library("FoldsTheorems", FOLDS, FINITE_SETS),
    Library("FiniteSetsExtTheorems", FINITE_SETS_EXT),
    Library("SequencesExtTheorems", SEQUENCES_EXT, WELL_FOUNDED_INDUCTION),
    Library("GraphTheorems", GRAPHS),
)

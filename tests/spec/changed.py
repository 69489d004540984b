"""The modules of the specification in another folder, with a change to one of their operators."""

from __future__ import annotations

import re
from pathlib import Path

from raftcheck.spec.model import FOLDER


def changed(folder: Path, operator: str, removed: str, instead: str) -> Path:
    """`removed` must be there just once in the definition of the operator, which one module has."""
    places = 0
    for path in FOLDER.glob("*.tla"):
        text = path.read_text(encoding="utf-8")
        definition = re.search(rf"^{operator}(\(.*?\))? ==\n(.+\n)+", text, re.MULTILINE)
        if definition is not None:
            places += definition[0].count(removed)
            text = text.replace(definition[0], definition[0].replace(removed, instead))
        (folder / path.name).write_text(text, encoding="utf-8")
    assert places == 1, f"{operator}: {places} places to change"
    return folder

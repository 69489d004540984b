"""The project is the same for everybody: nothing in it names one machine, one user or one mirror."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Written with brackets, so that this file does not have what it looks for.
FOREIGN = {
    "a path of one machine": r"/(root|work|home|Users|mnt|opt)/|[A-Z]:[\\]",
    "a temporary place": r"/(tmp|var)/\w",
    "a package registry": r"py[p]i\.|python[h]osted|artifact[o]ry|npm[j]s|proxy\.gol[a]ng",
    "where packages come from": r"(index|registry|proxy)[-_]ur[l]",
    "an address of one network": r"\b(10|127|172|192)(\.\d{1,3}){3}\b|\blocal[h]ost:\d",
}
LEFT_BY_A_MERGE = re.compile(r"(?m)^\s*([<>|]{7} .*|={7})$")
LOCK_FILES = re.compile(r"(.*\.lock|.*-lock\..*|requirements.*\.txt|constraints.*\.txt)")


def foreign(text: str) -> list[str]:
    """What in a text holds on some machines only."""
    return [
        f"line {number}: {what}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FOREIGN.items()
        if re.search(pattern, line)
    ]


def test_no_file_depends_on_one_machine(root: Path, source_files: tuple[Path, ...]) -> None:
    for path in source_files:
        found = foreign((root / path).read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{path}: " + "; ".join(found)


@pytest.mark.parametrize(
    "parts",
    [
        ("/ro", "ot/x"),
        ("cd /wo", "rk/main"),
        ("/ho", "me/me"),
        ("/t", "mp/x"),
        ("py", "pi.org"),
        ("--index", "-url x"),
    ],
)
def test_what_depends_on_one_machine_is_caught(parts: tuple[str, str]) -> None:
    assert len(foreign("".join(parts))) == 1


def test_no_merge_left_its_marks(root: Path, source_files: tuple[Path, ...]) -> None:
    assert LEFT_BY_A_MERGE.search("a\n    " + "<" * 7 + " HEAD\nb")
    for path in source_files:
        assert not LEFT_BY_A_MERGE.search((root / path).read_text(encoding="utf-8", errors="replace")), path


def test_no_versions_are_locked(source_files: tuple[Path, ...]) -> None:
    assert not [path for path in source_files if LOCK_FILES.fullmatch(path.name)]

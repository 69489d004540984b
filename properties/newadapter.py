"""Writes the beginning of an adapter: a Raft that has elections and nothing else, and runs at once."""

from __future__ import annotations

from pathlib import Path

from .errors import UsageProblem

TEMPLATES = Path(__file__).with_name("templates")

COMMANDS = {
    "python": ("raftcheck selftest my_raft:implementation", "raftcheck check my_raft:implementation"),
    "stdio": ("raftcheck selftest -- python3 my_raft.py", "raftcheck check -- python3 my_raft.py"),
    "go": ("go build -o my_raft .", "raftcheck selftest -- ./my_raft", "raftcheck check -- ./my_raft"),
    "rust": (
        "cargo build --release && cp target/release/my_raft .",
        "raftcheck selftest -- ./my_raft",
        "raftcheck check -- ./my_raft",
    ),
    "c": ("make", "raftcheck selftest -- ./my_raft", "raftcheck check -- ./my_raft"),
}
"""By language, what is done with what was written."""

LANGUAGES = tuple(COMMANDS)


class NotEmpty(UsageProblem):
    """Something is there already: one line."""


def write_adapter(folder: Path, language: str) -> list[Path]:
    """Writes the template of a language; what was written. NotEmpty rather than over anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty(f"{folder}: there is something already; expected an empty folder, or none")
    template = TEMPLATES / language
    written = []
    for source in sorted(path for path in template.rglob("*") if path.is_file()):
        # A Python file is called .in here: it is no module of this package.
        path = folder / source.relative_to(template).with_suffix(source.suffix.removesuffix(".in"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
        written.append(path)
    return written

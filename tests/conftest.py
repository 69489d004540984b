"""What all tests share: chance that is the same on every run, and the files that make up the project."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# A test that fails here fails everywhere: no database of earlier runs, no chance, and no clock, for the
# machine may be a slow one.
settings.register_profile("reproducible", derandomize=True, database=None, deadline=None)
settings.load_profile("reproducible")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def source_files() -> tuple[Path, ...]:
    """Every file of the project, relative to the root: what is there and is not ignored by git.

    Read from .gitignore, whose patterns are names of files and of folders/, so that neither git nor a
    repository has to be there.
    """
    ignored = [".git/", ".git", *(ROOT / ".gitignore").read_text().split()]

    def walk(folder: Path) -> list[Path]:
        found = []
        for path in sorted(folder.iterdir()):
            name = f"{path.name}/" if path.is_dir() else path.name
            if not any(fnmatch(name, pattern) for pattern in ignored):
                found += walk(path) if path.is_dir() else [path.relative_to(ROOT)]
        return found

    return tuple(walk(ROOT))

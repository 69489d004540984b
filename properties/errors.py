"""What is wrong with what the command line was given; each kind of it has an error of its own."""

from __future__ import annotations


class UsageProblem(ValueError):
    """Something that cannot be used as it was given: one line with what was seen and what was expected."""

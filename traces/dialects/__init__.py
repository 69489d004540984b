"""Traces in the words of other tools: a module here reads or writes one, and this is the table of readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..sources import Source
from .etcd import EtcdTrace

READERS: Mapping[str, Callable[[Path], Source]] = {"etcd": EtcdTrace}
"""By the name of the dialect, what reads a file of it."""

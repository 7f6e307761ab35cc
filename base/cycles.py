"""How often Python looks for objects that hold each other."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 50_000
"""So many new objects come before cycles are looked for."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles less often: parsed answers have none, and looking takes long."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)

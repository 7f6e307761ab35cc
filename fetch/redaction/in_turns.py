"""Work on many objects with breaks, in which others may work and a deadline may come."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fetch.redaction.fields import cut_known
from fetch.redaction.secrets import Secrets

T = TypeVar("T")

_SLICE = 0.05
"""Seconds of work without a break."""


async def each(things: Iterable[Any], do: Callable[[Any], T]) -> list[T]:
    """Do something with each thing, and return what comes of it."""
    done = []
    clock = asyncio.get_running_loop()
    until = clock.time() + _SLICE
    for thing in things:
        done.append(do(thing))
        if clock.time() > until:
            await asyncio.sleep(0)
            until = clock.time() + _SLICE
    return done


async def cut_all(rows: list[Any], secrets: Secrets, seen: int = -1) -> list[Any]:
    """Return redacted rows without what was learnt to be secret since, also while this was at work.

    Args:
        rows: Any values.
        secrets: What is known to be secret.
        seen: How much was known when the rows were redacted.
    """
    while seen != secrets.version:
        seen = secrets.version
        rows = await each(rows, lambda row: cut_known(row, secrets))
    return rows

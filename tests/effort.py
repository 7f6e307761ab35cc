"""Counting what something costs, which is the same on any machine, and giving up on what hangs."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

HANGS = 120.0
"""Seconds of processor time after which something is taken to hang; what is tested needs less than one."""


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions, Python's and C's, that some work makes: the same on any machine.

    Nothing is collected meanwhile: what other tests left would be finalized in calls that are not the work's.
    What measures the coverage is left out: now and then it looks through every function there is.
    """
    made = 0
    measuring: FrameType | None = None

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal made, measuring
        del argument
        if measuring is not None:
            if frame is measuring and event == "return":
                measuring = None
        elif event == "call" and frame.f_globals.get("__name__", "").startswith("slipcover"):
            measuring = frame
        else:
            made += event in {"call", "c_call"}

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return made


@contextmanager
def giving_up() -> Iterator[None]:
    """Fail what is still at work after `HANGS` seconds of processor time, also in the middle of a pattern.

    It is for patterns, whose steps cannot be counted: give them a text of `LONG` signs, for which steps that
    grow with its square would take many times as long.
    """

    def fail(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise AssertionError(f"still at work after {HANGS:g} s of processor time")

    before = signal.signal(signal.SIGPROF, fail)
    signal.setitimer(signal.ITIMER_PROF, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


GUARD = 900.0
"""Seconds of a clock after which nothing comes any more, on one slow core with ten others at work too."""
LONG = 600_000

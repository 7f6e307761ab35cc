"""SIGTERM, as containers and schedulers send it, ends a task as ^C does, but for the exit code."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """Let SIGTERM interrupt what runs inside, and yield a list that then holds the signal's number.

    Who ignores SIGTERM goes on doing so; what handles it inside, as a server does, comes first.
    """
    told: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        told.append(number)
        if signal.getsignal(signal.SIGINT) in {None, signal.SIG_IGN}:  # as in the background of a shell
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGTERM)
    if before != signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield told
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)

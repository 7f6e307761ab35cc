"""What a terminal shows and does not obey, and streams that nobody opened or somebody closed."""

import io
import os
import sys

from base.text import clean


def calm(text: str) -> str:
    """Return text of any origin as one line that cannot steer a terminal."""
    return clean(text).replace("\n", " ")


def open_missing_streams() -> None:
    """Give standard streams that are closed a place to write to, and let none fail for a letter.

    A process that was started with `2>&-` has no stderr, and the next file that it opened would become it.
    """
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - a stream for the whole process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe on Windows does not know every letter


def silence_output() -> None:
    """Send what is still to be printed nowhere, after the reader of a pipe left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""What a terminal shows and does not obey, and streams that nobody opened or somebody closed."""

import errno
import io
import os
import sys

from base.text import clean

PIPE_CLOSED = 141
_OUTPUT_FAILS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF}


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


def output_fails(error: OSError) -> int:
    """End the output after nobody takes it any more, and return the exit code.

    Raises:
        OSError: As it came, when it is not about the output.
    """
    if not isinstance(error, BrokenPipeError) and (error.filename or error.errno not in _OUTPUT_FAILS):
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # such as `doctor | head -1`
        return PIPE_CLOSED
    print(f"What is said cannot be written: {error.strerror}.", file=sys.stderr)  # noqa: T201 - for a person
    return 1

"""Reading small files that stand where people start: bounded in size, and in the wait for a pipe."""

import errno
import os
import select
import stat
import time
from pathlib import Path

from base.bounds import PIPE_WAIT_SECONDS


def small_file(path: Path, limit: int) -> tuple[bytes, int]:
    """Read a whole file, pipe or device of at most `limit` bytes, and its mode.

    Raises:
        TimeoutError: When a pipe or a terminal hands over nothing in time.
        OSError: When it cannot be read, is a folder, or holds more; `strerror` says so.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(file).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "It is a folder", str(path))
        content, ends_at = bytearray(), time.monotonic() + PIPE_WAIT_SECONDS
        while len(content) <= limit:
            if not stat.S_ISREG(mode) and not _readable(file, ends_at - time.monotonic()):
                waited = f"It delivers nothing: the wait ended after {PIPE_WAIT_SECONDS:g} seconds"
                raise TimeoutError(errno.ETIMEDOUT, waited, str(path))
            piece = os.read(file, limit + 1 - len(content))
            if not piece:
                return bytes(content), mode
            content += piece
        raise OSError(errno.EFBIG, f"It holds more than {limit:,} bytes", str(path))
    finally:
        os.close(file)


def _readable(file: int, seconds: float) -> bool:
    return bool(select.select([file], [], [], max(seconds, 0.0))[0])

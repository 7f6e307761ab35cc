"""Pushes and pulls in processes of their own, which a test can kill at any request or file.

They are forked from a server that has loaded everything once, and so start at once.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from itertools import count
from multiprocessing.context import ForkServerProcess
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "snapshot.remote", "obstore.store", __name__])
_CHANGES = {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def moving(
    work: Callable[[], object], environment: Mapping[str, str], file: int | None = None
) -> ForkServerProcess:
    """Begin to push or pull in a process of its own.

    Args:
        work: The move.
        environment: Where and how the other place is reached.
        file: The process is killed before it has changed something on the disk more often; None for never.
    """
    process = _SERVER.Process(target=_work, args=(work, environment, file))
    process.start()
    return process


def _work(work: Callable[[], object], environment: Mapping[str, str], file: int | None) -> None:
    os.environ.update(environment)
    numbers = count()

    def kill(event: str, values: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(values[2], int) and values[2] & _WRITING
        if (writes or event in _CHANGES) and next(numbers) == file:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    work()

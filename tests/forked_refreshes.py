"""Refreshes in processes of their own, so that a test can kill them.

They are forked from a server that has loaded everything once, and so start at once.
"""

import asyncio
import logging
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from fetch.api.options import ClientOptions
from fetch.refresh.refresh import RefreshRequest, RefreshResult, refresh

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", __name__])


def take(root: Path, options: ClientOptions, request: RefreshRequest, now: datetime) -> RefreshResult:
    """Refresh in this process."""
    return asyncio.run(refresh(root, options, request, now=now))


@contextmanager
def under_way(
    root: Path, options: ClientOptions, request: RefreshRequest, now: datetime
) -> Iterator[ForkServerProcess]:
    """Refresh in a process of its own, which ends with the block at the latest."""
    process = _SERVER.Process(target=_work, args=(root, options, request, now))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def _work(root: Path, options: ClientOptions, request: RefreshRequest, now: datetime) -> None:
    logging.disable(logging.WARNING)
    take(root, options, request, now)
    sys.exit(0)

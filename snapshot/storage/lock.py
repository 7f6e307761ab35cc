"""One writer at a time.

The operating system's lock on `refresh.lock` decides; it ends with its owner, however that dies, so a dead
owner's lock is simply taken. `refresh.owner.json` beside it only tells the next writer who is at work.
Between machines the promise is that of the shared folder's own locks: NFS 4 and SMB have them (a dead
machine's lock ends with its lease). A folder mounted with locks switched off, or a synchronised one such as
Dropbox, has none: let one machine refresh there.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from base.text import shorten
from snapshot.errors import Locked, NotWritten, Refused
from snapshot.storage import files
from snapshot.storage.links import refuse_links

LOCK = "refresh.lock"
OWNER = "refresh.owner.json"
_NOTE_LIMIT = 4096
_FOR_GIT = {
    ".gitattributes": b"* -text\n",
    ".gitignore": (
        b"/index/\n/facts/\n/pruned/\n/journal.jsonl\n/details.jsonl\n/damaged.txt\n/refresh.*\n.*.tmp\n"
    ),
}


@dataclass(frozen=True)
class Owner:
    """Who is, or was, writing.

    Attributes:
        purpose: What for, such as "refresh".
        host: The machine's name.
        pid: The process there.
        since: When it began.
    """

    purpose: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.purpose} (process {self.pid} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@contextmanager
def writing(root: Path, purpose: str) -> Iterator[Owner | None]:
    """Be the only writer in a snapshot folder, which is made when it is missing. Never waits.

    Args:
        root: The snapshot folder.
        purpose: What for, in a word: the next writer is told.

    Yields:
        The owner that died while it was writing, when its lock was taken over.

    Raises:
        Locked: when another writer is at work.
        Refused: when a link stands in the folder.
        NotWritten: when the folder cannot be written, or has no locks.
    """
    lock = FileLock(root / LOCK, timeout=0)
    try:
        refuse_links(root)
        files.prepare(root)
        lock.acquire()
    except Timeout:
        raise _locked(owner(root)) from None
    except (OSError, NotImplementedError) as error:
        raise NotWritten(
            f"{root / LOCK} cannot be locked.",
            f"{error}.",
            "Fix the folder's permissions, or choose a folder on a disk that has locks.",
        ) from error
    try:
        _for_git(root)
        dead = owner(root)
        me = Owner(purpose, socket.gethostname(), os.getpid(), datetime.now(UTC).replace(microsecond=0))
        with suppress(NotWritten):  # on a full disk, pruning must be possible without the note
            files.write_atomically(root / OWNER, orjson.dumps(me, option=orjson.OPT_APPEND_NEWLINE))
        try:
            yield dead
        finally:
            files.remove(root / OWNER)
    finally:
        lock.release()


def _for_git(root: Path) -> None:
    """Keep git from changing line ends, and from committing what is rebuilt; a file that is there stays."""
    for name, content in _FOR_GIT.items():
        if not os.path.lexists(root / name):
            with suppress(NotWritten):
                files.write_atomically(root / name, content)


def owner(root: Path) -> Owner | None:
    """Read what the last writer noted about itself; None when it finished or left no readable note."""
    try:
        note = orjson.loads(files.read(root / OWNER, root, limit=_NOTE_LIMIT))
        return _owner(note)
    except (OSError, ValueError, TypeError, KeyError, Refused):
        return None


def _owner(note: Any) -> Owner:
    def word(name: str) -> str:
        return shorten(str(note[name]), 80)

    return Owner(word("purpose"), word("host"), int(note["pid"]), datetime.fromisoformat(str(note["since"])))


def _locked(holder: Owner | None) -> Locked:
    name = str(holder) if holder else "another process"
    return Locked(
        f"The snapshot folder is in use by {name}.",
        "Only one writer may work at a time.",
        "Wait until it has finished; readers and builds need not wait.",
        owner=name,
        since=holder.since if holder else None,
    )

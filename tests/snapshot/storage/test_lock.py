"""One writer at a time, and a dead one does not block the next."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snapshot.errors import Locked, NotWritten
from snapshot.storage.lock import OWNER, owner, writing

ROOT = Path(__file__).parents[3]


def hold_elsewhere(root: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its input ends."""
    program = """
        import sys
        from pathlib import Path
        from snapshot.storage.lock import writing
        with writing(Path(sys.argv[1]), "refresh"):
            print("held", flush=True)
            sys.stdin.read()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_writer_is_told_who_is_at_work_and_since_when(tmp_path: Path) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    with hold_elsewhere(tmp_path) as process:
        with pytest.raises(Locked) as caught, writing(tmp_path, "prune"):
            pass
        process.kill()
    assert f"refresh (process {process.pid} on {socket.gethostname()}, since " in caught.value.what
    assert caught.value.since is not None
    assert begun <= caught.value.since <= datetime.now(UTC)


def test_a_killed_owner_is_succeeded_at_once_and_named(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with writing(tmp_path, "refresh") as dead:
        assert dead is not None
        assert (dead.purpose, dead.pid) == ("refresh", process.pid)
    with writing(tmp_path, "refresh") as dead:
        assert dead is None


def test_a_writer_that_failed_leaves_the_folder_free(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "new", "refresh"):
        raise ZeroDivisionError
    assert owner(tmp_path / "new") is None
    with writing(tmp_path / "new", "refresh") as dead:
        assert dead is None


def test_two_writers_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    with (
        writing(tmp_path, "refresh"),
        pytest.raises(Locked, match=f"refresh .process {os.getpid()}"),
        writing(tmp_path, "import"),
    ):
        pass


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff", b"[" * 5000])
def test_an_unreadable_note_of_the_owner_does_not_matter(tmp_path: Path, note: bytes) -> None:
    (tmp_path / OWNER).write_bytes(note)
    with writing(tmp_path, "refresh"):
        (tmp_path / OWNER).write_bytes(note)
        with pytest.raises(Locked, match="in use by another process"), writing(tmp_path, "prune"):
            pass


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotWritten, match="file"), writing(tmp_path / "file" / "snapshots", "refresh"):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "snapshots")
    with pytest.raises(NotWritten, match="a link that leads nowhere"), writing(tmp_path / "link", "refresh"):
        pass
    assert not (tmp_path / "disk").exists()

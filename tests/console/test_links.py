"""A link inside the snapshot folder is refused by every task alike, with the way out."""

import shutil
from pathlib import Path

import pytest

from snapshot.transfer import export_version
from tests.console.conftest import Run
from tests.mcp_reader.calls import asking
from tests.snapshot.documents import a_test, product, publish_version

TASKS = (
    "status", "verify", "snapshots", "prune --keep-last 1", "diff", "export out.zip", "import in.zip",
    "push file://{here}/there", "pull file://{here}/there", "refresh", "refresh --dry-run", "build",
    "report --product 598", "report --product 598 --start 2026-01 --end 2026-02", "problems",
    "problems --retry", "problems --clear", "gate", "digest", "context", "doctor",
)  # fmt: skip
NAMES = (
    "documents", "versions", "CURRENT", "index", "facts", "refresh.lock", "journal.jsonl", "shelf", "version"
)  # fmt: skip
PLACES_OF_EACH = 3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("linked")
    publish_version(root, [product(), a_test(1)])
    export_version(root, root.parent / "in.zip")
    for name in ("index", "facts"):
        (root / name).mkdir()
    (root / "journal.jsonl").write_bytes(b"{}\n")
    return root


def linked(root: Path, name: str) -> Path:
    """Replace a file or folder of the snapshot by a link to its own content elsewhere."""
    place = {
        "shelf": lambda: next(one for one in (root / "documents").iterdir() if one.is_dir()),
        "version": lambda: next((root / "versions").iterdir()),
    }.get(name, lambda: root / name)()
    aside = root.parent / "aside"
    if place.exists():
        place.rename(aside)
    else:
        aside.write_bytes(b"")
    place.symlink_to(aside)
    return aside


def state(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


@pytest.mark.parametrize("task", TASKS)
def test_every_task_refuses_a_link_inside_the_snapshot_folder(
    task: str, run: Run, snapshots: Path, tmp_path: Path
) -> None:
    """Some tasks wrote through `documents/`, to wherever it led, and others said that nothing was there."""
    environment = {
        "TESTIO_SNAPSHOT_DIR": "taken/snapshots",
        "TESTIO_CUSTOMER_API_BASE_URL": "http://127.0.0.1:9/customer/v2",
        "TESTIO_CUSTOMER_API_TOKEN": "abcdefghijklmnop",
    }
    first = TASKS.index(task)
    for name in [NAMES[(first + place * 2) % len(NAMES)] for place in range(PLACES_OF_EACH)]:
        taken = tmp_path / "taken"
        shutil.copytree(snapshots, taken / "snapshots")
        shutil.copy(snapshots.parent / "in.zip", tmp_path)
        aside = linked(taken / "snapshots", name)
        before = state(taken)
        code, out, err = run(*task.format(here=tmp_path).split(), **environment)
        said = out + err
        assert code == 1, (name, said)
        assert "is a symbolic link inside the snapshot folder" in said, (name, said)
        assert "TESTIO_SNAPSHOT_DIR" in said, name
        assert "Traceback" not in said
        assert task == "doctor" or str(tmp_path) not in said, name
        assert state(taken) == before, name
        assert aside.exists()
        shutil.rmtree(taken)
    assert not (tmp_path / "out.zip").exists()
    assert not (tmp_path / "site").exists()


async def test_the_reader_refuses_it_too(snapshots: Path, tmp_path: Path) -> None:
    """A page or an answer would show what lies elsewhere on the machine."""
    for name in NAMES:
        taken = tmp_path / name
        shutil.copytree(snapshots, taken / "snapshots")
        linked(taken / "snapshots", name)
        async with asking(taken / "snapshots") as ask:
            for tool in ("list_products", "list_tests", "search"):
                told = await ask.failing(tool, **({"query": "x"} if tool == "search" else {}))
                assert "is a symbolic link inside the snapshot folder" in told
                assert "TESTIO_SNAPSHOT_DIR" in told
                assert str(tmp_path) not in told

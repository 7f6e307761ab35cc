"""Small indexes, and a process that is killed while it writes one."""

import json
import subprocess
import sys
from pathlib import Path

from build.search.query import SearchIndex, open_index, search
from quality.model.facts import Facts
from tests.factories import make_bug, make_facts, make_feature, make_product, make_test

KILLING = Path(__file__).with_name("kill_index.py")


def some_facts(snapshot_id: str = "20261120T060000Z-aaaaaa", **titles: str) -> Facts:
    """Two tests with three bugs, a product and a feature; `bug1="…"` gives bug 1 another title."""
    bugs = [
        make_bug(id=number, title=titles.get(f"bug{number}", f"Basket broken {number}"))
        for number in (1, 2, 3)
    ]
    return make_facts(
        [make_test(bugs[:2], id=11, title="Checkout flow"), make_test(bugs[2:], id=12, title="Login flow")],
        products=[make_product()],
        features=[make_feature()],
        snapshot_id=snapshot_id,
    )


def opened(index_dir: Path) -> SearchIndex:
    index = open_index(index_dir)
    assert index is not None
    return index


def found(index: SearchIndex | Path, text: str) -> set[tuple[str, int]]:
    index = opened(index) if isinstance(index, Path) else index
    return {(hit.kind, hit.id) for hit in search(index, text, limit=1000).hits}


def segments(folder: Path) -> int:
    return len(list(folder.glob("*.seg")))


def killing(*arguments: object) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(KILLING), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result

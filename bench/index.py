"""The search index: seconds to write it, milliseconds to ask it."""

import random
import re
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from build.facts import load_facts
from build.index import update_index
from build.query import SearchIndex, open_index, search
from fetch.demo.account import Account, demo_account
from fetch.redact import redact
from quality.entities import Facts
from snapshot.documents import Document, Kind
from snapshot.manifest import Manifest
from snapshot.reader import Snapshot, open_snapshot
from snapshot.store import new_id, publish, put

_SEARCHES = 400
_T = TypeVar("_T")


def rows(tests: int, seed: int = 7) -> list[tuple[str, str]]:
    """Measure the index of a demo account of this many tests (and 8.6 or 12.5 times as many bugs)."""
    account = demo_account(tests, bugs=tests * 25 // 2 if tests > 1000 else tests * 60 // 7, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        snapshot = stored(account, root)
        facts, loading = _timed(lambda: load_facts(snapshot))
        built, cold = _timed(lambda: update_index(facts, root / "index"))
        _, unchanged = _timed(lambda: update_index(facts, root / "index"))
        size = sum(path.stat().st_size for path in (root / "index").iterdir())
        index, opening = _timed(lambda: open_index(root / "index"))
        if index is None:
            raise RuntimeError("the index that was just written cannot be opened")
        times = sorted(_searches(index, facts, seed))
        index.close()
    return [
        ("facts: tests, bugs", f"{len(facts.tests):,}, {len(facts.bugs):,}"),
        ("facts: load", f"{loading:.2f} s"),
        ("index: rows, size", f"{built.added:,}, {size / 2**20:.1f} MB"),
        ("index: cold, unchanged", f"{cold:.1f} s, {unchanged:.2f} s"),
        ("index: open", f"{1000 * opening:.0f} ms"),
        (
            f"search: p50, p95, worst of {len(times)}",
            ", ".join(f"{_at(times, q):.1f} ms" for q in (0.5, 0.95, 1)),
        ),
        (
            "index: peak memory of this process",
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
        ),
    ]


def stored(account: Account, root: Path) -> Snapshot:
    """The account as a published snapshot, without the way over HTTP."""
    entries = []

    def keep(kind: Kind, number: int, data: object, product_id: int | None = None) -> None:
        document = Document(kind, number, account.now, redact(data))
        entries.append(put(root, document, product_id=product_id))

    for product in account.products():
        product_id = product["id"]
        keep("product", product_id, product, product_id)
        keep("features", product_id, {"features": account.features(product_id)}, product_id)
        for test_id in account.test_ids[product_id]:
            keep("test", test_id, {"test": account.test(test_id), "bugs": account.bugs(test_id)}, product_id)
    keep("reject_reasons", 0, {"reject_reasons": account.reject_reasons()})
    version = new_id(account.now)
    publish(root, Manifest(id=version, created_at=account.now, api_host="127.0.0.1", entries=tuple(entries)))
    return open_snapshot(root, version)


def _searches(index: SearchIndex, facts: Facts, seed: int) -> Iterator[float]:
    chance = random.Random(seed)  # noqa: S311 - which queries are asked, not a secret
    bugs = list(facts.bugs.values())
    products = list(facts.products)
    for _ in range(_SEARCHES):
        words = re.findall(r"\w{2,}", chance.choice(bugs).title) or ["cart"]
        chance.shuffle(words)
        some = words[: chance.choice((1, 2, 2, 3))]
        kind = chance.randrange(10)
        text = " ".join(some)
        filters: dict[str, object] = {}
        if kind == 0:
            text = f"{some[0][:4]}*"
        elif kind == 1:
            neighbours = " ".join(re.findall(r"\w+", chance.choice(bugs).title)[:2])
            text = f'"{neighbours}"'
        elif kind == 2:
            text = f"#{chance.choice(bugs).id}"
        elif kind == 3:
            text = f"{some[0]}xq"
        elif kind in {4, 5}:
            filters = {
                "entities": ["bug"],
                "product_ids": [chance.choice(products)],
                "severity": ["high", "low"],
            }
        elif kind == 6:
            filters = {"start": facts.as_of - timedelta(days=90), "end": facts.as_of}
        start = perf_counter()
        search(index, text, **filters)  # type: ignore[arg-type]
        yield 1000 * (perf_counter() - start)


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    start = perf_counter()
    return work(), perf_counter() - start


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]


if __name__ == "__main__":
    import sys

    for name, value in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 700):
        print(f"{name:40} {value}")

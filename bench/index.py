"""The search index: seconds to write it, milliseconds to ask it, beside reading through all texts."""

import random
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.index import create_in

from build.facts.load import load_facts
from build.search.documents import rows as search_rows
from build.search.index import update_index
from build.search.query import SearchIndex, open_index, search
from quality.model.facts import Facts
from snapshot.reader import open_snapshot

_SEARCHES = 400
_SEED = 7
_T = TypeVar("_T")


def rows(snapshots: Path) -> list[tuple[str, str, str]]:
    """Measure the index of the published version of a snapshot folder."""
    facts = load_facts(open_snapshot(snapshots))
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain_rate(facts)
        begin = process_time()
        built, cold = _timed(lambda: update_index(facts, Path(folder)))
        used = process_time() - begin
        _, unchanged = _timed(lambda: update_index(facts, Path(folder)))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        index, opening = _timed(lambda: open_index(Path(folder)))
        if index is None:
            raise RuntimeError("the index that was just written cannot be opened")
        times = sorted(_searches(index, facts))
        index.close()
    scans = sorted(_scans(facts))
    return [
        (f"written: {built.added:,} rows, {size / 2**20:.1f} MB", f"{cold:.2f} s", ""),
        (
            "rows written a second of CPU",
            f"{built.added / used:,.0f}",
            f"{(built.added / used) / plain:.2f} × Whoosh's writer and standard analyzer",
        ),
        ("unchanged", f"{unchanged:.2f} s", f"{unchanged / cold:.2f} × written"),
        ("opened", f"{1000 * opening:.0f} ms", ""),
        ("every bug's text read through", _quantiles(scans), "baseline"),
        ("search", _quantiles(times), f"{_at(times, 0.5) / _at(scans, 0.5):.2f} × read through"),
    ]


def _plain_rate(facts: Facts) -> float:
    """Write the same rows with Whoosh's own writer and standard analyzer: rows a second of CPU."""
    keys = {name: ID(stored=True) for name in ("uid", "kind", "product", "test")}
    keys |= {name: ID() for name in ("severity", "status", "review", "ended")}
    schema = Schema(**keys, title=TEXT(stored=True), text=TEXT(stored=True), hash=STORED())
    some = list(search_rows(facts))
    with tempfile.TemporaryDirectory() as folder:
        begin = process_time()
        writer = create_in(folder, schema).writer(limitmb=128)
        for row in some:
            writer.add_document(uid=row.uid, **row.keys, title=row.title, text=row.text, hash=row.hash)
        writer.commit()
        return len(some) / (process_time() - begin)


def _quantiles(times: list[float]) -> str:
    p50, p95, worst = (_at(times, share) for share in (0.5, 0.95, 1))
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, worst {worst:.1f} ms"


def _scans(facts: Facts) -> Iterator[float]:
    """Time finding the bugs that hold some words in any text without an index, in milliseconds."""
    bugs = facts.bugs.values()
    texts = [
        " ".join(filter(None, (b.title, *b.steps, b.expected_result, b.actual_result))).casefold()
        for b in bugs
    ]
    for words in _words(facts):
        folded = [word.casefold() for word in words]
        start = perf_counter()
        found = [text for text in texts if all(word in text for word in folded)]
        yield 1000 * (perf_counter() - start)
        if not found:
            raise RuntimeError(f"no bug has the words of a bug: {words}")


def _words(facts: Facts) -> Iterator[list[str]]:
    """Draw one to three words of a bug's title, for each search."""
    chance = random.Random(_SEED)  # noqa: S311 - which queries are asked, not a secret
    bugs = list(facts.bugs.values())
    for _ in range(_SEARCHES):
        words = re.findall(r"\w{2,}", chance.choice(bugs).title) or ["cart"]
        chance.shuffle(words)
        yield words[: chance.choice((1, 2, 2, 3))]


def _searches(index: SearchIndex, facts: Facts) -> Iterator[float]:
    """Time searches of all kinds, in milliseconds: words, beginnings, phrases, ids, misspelt, filtered."""
    chance = random.Random(_SEED)  # noqa: S311 - which queries are asked, not a secret
    bugs = list(facts.bugs.values())
    products = list(facts.products)
    for some in _words(facts):
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

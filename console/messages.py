"""What the tasks tell a person, as lines of plain text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from base.bounds import CLOCK_SLACK
from base.text import shorten
from fetch.refresh.preview import Preview
from fetch.refresh.refresh import RefreshResult
from quality.wording import counted, listing, spoken
from snapshot.diff import Change, Diff
from snapshot.format.kinds import problem_noun
from snapshot.format.manifest import Manifest, Problem
from snapshot.prune import Pruned
from snapshot.versions import VersionSummary

MOST = 20
"""Rows of one kind that are told one by one."""
MEGABYTE = 2**20


def held(counts: Mapping[str, int]) -> str:
    """Return counts in words: `4 products, 120 tests`."""
    return ", ".join(counted(count, name.removesuffix("s")) for name, count in counts.items())


def problem(found: Problem) -> str:
    """Say what could not be fetched, and why."""
    name = problem_noun(found.kind)
    if found.id:
        name = f"{name} {found.id}"
    elif found.position is not None:
        name = "a test"
    owner = f" of product {found.product_id}" if found.product_id and found.kind != "product" else ""
    beside = listing(str(one.id) for one in found.neighbours)
    place = (
        f" (place {found.position + 1} of the list, beside {beside})" if found.position is not None else ""
    )
    return f"{name}{owner}{place}: {found.reason}"


def problems(recorded: Sequence[Problem]) -> Iterator[str]:
    """List the whole record of problems."""
    for found in recorded:
        yield f"{problem(found)} Since {found.since:%Y-%m-%d}, tries: {found.tries}."
    yield f"{counted(len(recorded), 'problem')}."


def cleared(forgotten: Sequence[Problem]) -> Iterator[str]:
    """Say what was taken out of the record."""
    yield f"{counted(len(forgotten), 'problem')} cleared; missing data stays missing until it is fetched."


def refreshed(result: RefreshResult) -> Iterator[str]:
    """Say what a refresh published."""
    yield f"Published {result.version}: {held(result.counts)}."
    yield f"{counted(result.statistics.requests, 'request')} in {result.statistics.seconds:.1f} s."
    if result.problems:
        yield f"{counted(len(result.problems), 'gap')}, which pages and tools name:"
        yield from _first([f"  {problem(found)}" for found in result.problems], "invoke problems lists all")


def previewed(planned: Preview) -> Iterator[str]:
    """Say what a refresh would fetch."""
    for name, count in planned.counts.items():
        yield f"{name:24} {count}"
    yield f"{'requests':24} {planned.requests}, {planned.listing_requests} of them for the lists"


def status(manifest: Manifest, now: datetime) -> Iterator[str]:
    """Say what is published."""
    age = now - manifest.created_at
    taken = f"{manifest.created_at:%Y-%m-%d %H:%M} UTC"
    if age < -CLOCK_SLACK:
        yield f"Version  {manifest.id}, taken {taken}, which is in the future: a clock was wrong"
    else:
        yield f"Version  {manifest.id}, taken {taken}, {spoken(max(age, timedelta(0)))} ago"
    yield f"From     {manifest.api_host}"
    yield f"Holds    {held(manifest.counts)}"
    yield f"Gaps     {len(manifest.problems)}"
    yield from _first([f"  {problem(found)}" for found in manifest.problems], "invoke problems lists all")
    for number, at in sorted(manifest.refreshed.items()):
        yield f"Older    product {number}, last refreshed at {at:%Y-%m-%d %H:%M} UTC"
    if gone := sum(entry.kind == "test" and entry.state == "gone" for entry in manifest.entries):
        yield f"Gone     {counted(gone, 'test')}, which the API no longer has"


def versions(listed: Sequence[VersionSummary]) -> Iterator[str]:
    """List the versions of a folder."""
    for each in listed:
        mark = "*" if each.published else " "
        size = f"{each.bytes / MEGABYTE:7.1f} MB  {counted(each.problems, 'gap'):>8}"
        yield f"{mark} {each.id}  {size}  {each.fault or held(each.counts)}"


def pruned(done: Pruned) -> Iterator[str]:
    """Say what a pruning removed."""
    yield (
        f"{counted(len(done.versions), 'version')} removed, {len(done.kept)} kept,"
        f" {done.bytes / MEGABYTE:.1f} MB freed."
    )
    if done.waiting:
        yield f"A prune in an hour, when readers are done, can free {done.waiting / MEGABYTE:.1f} MB more."


def differing(found: Diff) -> Iterator[str]:
    """Say what changed between two versions."""
    yield f"From {found.before} to {found.after}:"
    for product in found.products:
        yield f"{shorten(product.name, 100)} ({product.product_id})"
        for part, what in (("the product itself", product.product), ("its features", product.features)):
            if what:
                yield f"  {what:9} {part}"
        yield from _first([_change("test", change) for change in product.tests], "--json lists all")
        yield from _first([_change("bug", change) for change in product.bugs], "--json lists all")
    for text in found.unreadable:
        yield f"Not compared: {shorten(text, 100)}"
    totals = [f"{counted(count, noun)} {_spoken(what)}" for (noun, what), count in found.counts().items()]
    if totals or not found.products:
        yield ", ".join(totals) or "Nothing changed."


def _change(noun: str, change: Change) -> str:
    before, after = shorten(change.before or "–", 100), shorten(change.after or "–", 100)
    moved = f" ({before} → {after})" if before != after else ""
    return f"  {_spoken(change.what):9} {noun} {change.id} {shorten(change.title, 100)}{moved}"


def _spoken(what: str) -> str:
    return what.replace("_", "-")


def _first(rows: Sequence[str], where: str) -> Iterator[str]:
    yield from islice(rows, MOST)
    if len(rows) > MOST:
        yield f"  … and {len(rows) - MOST} more; {where}"

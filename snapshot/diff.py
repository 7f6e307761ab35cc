"""What changed between two versions, by the documents and the raw statuses in them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from snapshot.errors import SnapshotError
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot

REVIEWED = frozenset({"accepted", "rejected"})
"""The raw statuses of a bug that was decided on."""

_ID = re.compile("[0-9]{1,18}", re.ASCII)

What = Literal["new", "changed", "reviewed", "auto_accepted", "archived", "gone"]


@dataclass(frozen=True)
class Change:
    """One test or bug that is not as it was.

    Attributes:
        what: `new`, `gone`, or what happened to it. A test is `archived` when it got that status, else
            `reviewed` when a person decided on one of its bugs, else `changed`. A bug is `reviewed` when a
            person decided on it, `auto_accepted` when nobody did in time.
        id: Its id.
        title: Its title, as the later version has it.
        before: Its raw status then, None for a new one.
        after: Its raw status now, None for one that is gone.
        test_id: The test of a bug.
    """

    what: What
    id: int
    title: str
    before: str | None
    after: str | None
    test_id: int | None = None


@dataclass(frozen=True)
class ProductDiff:
    """The changes in one product.

    Attributes:
        product_id: Its id.
        name: Its name, as the later version has it.
        product: What happened to the product's own description, if anything.
        features: What happened to its list of features, if anything.
        tests: By id.
        bugs: By test and id.
    """

    product_id: int
    name: str
    product: What | None = None
    features: What | None = None
    tests: tuple[Change, ...] = ()
    bugs: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Diff:
    """The changes between two versions.

    Attributes:
        before: The earlier version's id.
        after: The later version's id.
        products: The products in which anything changed, by id.
        unreadable: Documents that could not be compared, in words.
    """

    before: str
    after: str
    products: tuple[ProductDiff, ...] = ()
    unreadable: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON can hold it."""
        return asdict(self)

    def counts(self) -> Mapping[tuple[str, What], int]:
        """Count the tests and bugs of each kind of change: `{("test", "new"): 3, …}`."""
        return Counter(
            (noun, change.what)
            for product in self.products
            for noun, changes in (("test", product.tests), ("bug", product.bugs))
            for change in changes
        )


@dataclass
class _Side:
    """One version, and what of it could not be read."""

    snapshot: Snapshot
    unreadable: list[str] = field(default_factory=list)

    def living(self, kind: Kind) -> dict[int, Entry]:
        """Return the entries of a kind, without those that the upstream no longer has."""
        return {entry.id: entry for entry in self.snapshot.entries(kind) if entry.state != "gone"}

    def data(self, entry: Entry | None) -> dict[str, Any] | None:
        """Read a document's data; empty without an entry, None when it cannot be read."""
        if entry is None:
            return {}
        try:
            found: dict[str, Any] = self.snapshot.read(entry).data
        except SnapshotError as error:
            self.unreadable.append(str(error))
            return None
        return found


def diff(before: Snapshot, after: Snapshot) -> Diff:
    """Compare two versions. Only documents whose hashes differ are read; damaged ones are named and left out.

    Args:
        before: The earlier version.
        after: The later version.
    """
    old, new = _Side(before), _Side(after)
    found: dict[int, dict[str, Any]] = {}
    kinds: tuple[Literal["product", "features"], ...] = ("product", "features")
    for kind in kinds:
        for number, was, now in _differing(old, new, kind):
            found.setdefault(number, {})[kind] = _what(was, now)
    for number, was, now in _differing(old, new, "test"):
        raw_was, raw_now = old.data(was), new.data(now)
        if raw_was is None or raw_now is None:
            continue
        bugs = tuple(_bug_changes(number, raw_was, raw_now))
        test = _test_change(number, _what(was, now), _part(raw_was), _part(raw_now), bugs)
        parts = found.setdefault(_product_id(was, now), {})
        parts["tests"] = (*parts.get("tests", ()), test)
        parts["bugs"] = (*parts.get("bugs", ()), *bugs)
    products = tuple(
        ProductDiff(number, _name(number, old, new), **parts) for number, parts in sorted(found.items())
    )
    unreadable = tuple(dict.fromkeys((*old.unreadable, *new.unreadable)))
    return Diff(before.id, after.id, products, unreadable)


def _differing(old: _Side, new: _Side, kind: Kind) -> Iterator[tuple[int, Entry | None, Entry | None]]:
    was, now = old.living(kind), new.living(kind)
    for number in sorted(was | now):
        one, other = was.get(number), now.get(number)
        if one is None or other is None or one.sha256 != other.sha256:
            yield number, one, other


def _what(was: object | None, now: object | None) -> What:
    if was is None:
        return "new"
    return "gone" if now is None else "changed"


def _product_id(was: Entry | None, now: Entry | None) -> int:
    entry = now or was
    return (entry.product_id if entry else None) or 0


def _name(number: int, old: _Side, new: _Side) -> str:
    for side in (new, old):
        name = (side.data(side.living("product").get(number)) or {}).get("name")
        if isinstance(name, str):
            return name
    return ""


def _test_change(
    number: int,
    what: What,
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    bugs: Iterable[Change],
) -> Change:
    before, after = _status(was), _status(now)
    if what == "changed" and after == "archived" != before:
        what = "archived"
    elif what == "changed" and any(change.what == "reviewed" for change in bugs):
        what = "reviewed"
    return Change(what, number, _title(now) or _title(was), before, after)


def _bug_changes(test_id: int, raw_was: Mapping[str, Any], raw_now: Mapping[str, Any]) -> Iterator[Change]:
    was, now = _bugs(raw_was), _bugs(raw_now)
    for number in sorted(was | now):
        one, other = was.get(number), now.get(number)
        if one == other:
            continue
        what = _what(one, other)
        before, after = _status(one), _status(other)
        if what == "changed" and before not in REVIEWED and after in REVIEWED:
            what = "auto_accepted" if after == "accepted" and _is_auto(other) else "reviewed"
        yield Change(what, number, _title(other) or _title(one), before, after, test_id)


def _is_auto(raw: Mapping[str, Any] | None) -> bool:
    return raw is not None and str(raw.get("auto_accepted")).strip().casefold() in {"true", "1", "yes"}


def _bugs(data: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    listed = data.get("bugs")
    found = {}
    for raw in listed if isinstance(listed, list) else ():
        number = str(raw.get("id")) if isinstance(raw, dict) else ""
        if _ID.fullmatch(number):
            found[int(number)] = raw
    return found


def _part(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    part = data.get("test")
    return part if isinstance(part, dict) else None


def _status(raw: Mapping[str, Any] | None) -> str | None:
    status = raw.get("status") if raw else None
    return status if isinstance(status, str) else None


def _title(raw: Mapping[str, Any] | None) -> str:
    title = raw.get("title") if raw else None
    return title if isinstance(title, str) else ""

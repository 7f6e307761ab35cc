"""A build costs what changed: documents parsed, rows indexed and pages written are counted, not timed."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from base.code import code_digest
from build import everything
from build.everything import build_everything
from build.facts import documents
from build.facts.said import said_by
from build.search.index import IndexReport
from build.site import site as whole_site
from snapshot.format.documents import Document
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot
from snapshot.store import publish
from tests.snapshot.documents import NOW, a_test, features, manifest_of, product, raw_bug, store

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
NAMES = {598: "Halo Shop", 599: "Kestrel Bank"}
TESTS = {598: range(1, 7), 599: range(7, 11)}
ROWS = 23
"""Two products, a feature, ten tests and a bug of each."""


@dataclass(frozen=True)
class Cost:
    """What a build did."""

    parsed: list[int]
    index: IndexReport
    written: frozenset[str]

    @property
    def pages(self) -> set[str]:
        """The pages by what they are of: `tests/3` of a test, `products/598` of a product, or the account."""
        return {_of(path) for path in self.written if path.endswith(".html")}


class Days:
    """A folder of snapshots, and a site that each of them is built into."""

    def __init__(self, root: Path, parsed: list[int]) -> None:
        self.root, self.site, self._parsed = root / "snapshots", root / "site", parsed

    def publish(self, at: datetime, *changed: Document, names: dict[int, str] = NAMES) -> None:
        """Publish a version: ten tests of two products, some of them changed or with another name."""
        other = {one.id: one for one in changed}
        entries: list[Entry] = []
        for number, tests in TESTS.items():
            own = [other.get(one, settled(one, at=at)) for one in tests]
            entries += store(self.root, [product(number, names[number], at), *own], number)
        entries += store(self.root, [features(598, "Cart", at=at)], 598)
        publish(self.root, manifest_of(entries, at))

    def build(self) -> Cost:
        """Build the site, and look at what that took."""
        self._parsed.clear()
        before = times(self.site)
        built = build_everything(self.root, self.site)
        after = times(self.site)
        written = frozenset(path for path, time in after.items() if before.get(path) != time)
        assert built.pages.written == len(written)
        return Cost(sorted(self._parsed), built.index, written)

    def full(self, folder: Path) -> dict[str, bytes]:
        """Build the same version from nothing: no cache, no index, no site."""
        shutil.copytree(self.root, folder / "cold", ignore=shutil.ignore_patterns("facts", "index"))
        build_everything(folder / "cold", folder / "anew", workers=1)
        return contents(folder / "anew")


def settled(number: int, at: datetime = NOW, bugs: Iterable[dict[str, object]] = ()) -> Document:
    """A test that ended long ago with nothing open: no day changes what its page says."""
    ended = "2026-09-14T10:00:00Z"
    found = [*bugs, raw_bug(1000 + number, created_at="2026-09-10T10:00:00Z")]
    return a_test(number, "archived", found, at, start_at="2026-09-07T10:00:00Z", end_at=ended)


def _of(path: str) -> str:
    folder, _, rest = path.partition("/")
    if folder == "products":
        return f"products/{rest.split('/')[0].split('-')[0]}"
    return path.removesuffix(".html") if folder == "tests" else "account"


def times(site: Path) -> dict[str, int]:
    return {path: (site / path).stat().st_mtime_ns for path in contents(site)}


def contents(site: Path) -> dict[str, bytes]:
    found = (path for path in site.rglob("*") if path.is_file() and not path.name.startswith(".pages"))
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Days:
    """A site that was built of a first day."""
    parsed: list[int] = []
    real = said_by

    def noting(snapshot: Snapshot, entry: Entry, reasons: object) -> object:
        parsed.append(entry.id)
        return real(snapshot, entry, reasons)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "said_by", noting)
    found = Days(tmp_path / "account", parsed)
    found.publish(NOW)
    first = found.build()
    assert first.parsed == list(range(1, 11))
    assert (first.index.added, first.index.deleted) == (ROWS, 0)
    assert {f"tests/{number}" for number in range(1, 11)} < first.pages
    return found


def test_a_day_with_one_changed_test_parses_one_document_and_writes_its_page_and_its_products(
    days: Days, tmp_path: Path
) -> None:
    changed = settled(3, NOW + DAY, [raw_bug(2000, created_at="2026-09-11T10:00:00Z")])
    days.publish(NOW + DAY, changed)
    cost = days.build()
    assert cost.parsed == [3]
    assert (cost.index.added, cost.index.deleted, cost.index.unchanged) == (1, 0, ROWS)
    assert cost.pages == {"tests/3", "products/598", "products/599", "account"}
    lists = {Path(path).name for path in cost.written if path.startswith("products/599-kestrel-bank/")}
    assert not lists & {"bugs.html", "tests.html", "features.html"}, "of a product whose tests did not change"
    assert contents(days.site) == days.full(tmp_path)


def test_a_day_on_which_nothing_changed_parses_and_indexes_nothing(days: Days, tmp_path: Path) -> None:
    days.publish(NOW + DAY)
    cost = days.build()
    assert cost.parsed == []
    assert (cost.index.added, cost.index.deleted, cost.index.unchanged) == (0, 0, ROWS)
    assert cost.pages == {"products/598", "products/599", "account"}
    assert contents(days.site) == days.full(tmp_path)


def test_a_renamed_product_costs_its_own_pages_and_rows_and_no_parsing(days: Days, tmp_path: Path) -> None:
    days.publish(NOW + DAY, names={**NAMES, 599: "Falcon Bank"})
    cost = days.build()
    assert cost.parsed == []
    assert (cost.index.added, cost.index.deleted, cost.index.unchanged) == (1, 1, ROWS - 1)
    assert cost.pages == {*(f"tests/{one}" for one in TESTS[599]), "products/598", "products/599", "account"}
    assert "products/599-kestrel-bank/index.html" in cost.written, "leads to the new address"
    anew = days.full(tmp_path)
    assert {path: content for path, content in contents(days.site).items() if path in anew} == anew


def test_another_template_or_code_parses_and_indexes_nothing_and_writes_what_it_changes(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real_pages = whole_site.pages_of

    def noting(part: object, site: object) -> object:
        made.append(part.name)  # type: ignore[attr-defined]
        return real_pages(part, site)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_site, "pages_of", noting)
    for module in (whole_site, everything):
        monkeypatch.setattr(module, "code_digest", lambda rooms: f"another {code_digest(rooms)}")
    cost = days.build()
    assert (cost.parsed, cost.written) == ([], frozenset()), "every page is made, and says the same"
    assert len(made) == len(set(made)) == 10 + 2 * 2 + 1
    assert (cost.index.added, cost.index.deleted, cost.index.unchanged) == (0, 0, ROWS)

"""A month of nightly refreshes: cheap, nothing stored twice, and the numbers of full refreshes."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from build.facts.load import load_facts
from demo.account.account import DEMO_NOW, Account, advance, demo_account
from demo.server.server import DemoServer, serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import RefreshResult, refresh
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Measure, measures
from quality.metrics.tally import tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection, select
from snapshot.errors import NoSnapshot
from snapshot.prune import prune
from snapshot.reader import Snapshot, open_snapshot
from snapshot.storage.layout import DOCUMENTS
from snapshot.verify import verify
from snapshot.versions import version_ids
from tests.factories import known_review_days

DAYS = 30
PERIODS = ("all", QualityOptions().default_period)
BY_HISTORY = "median_review_days"
"""The one measure that a single full refresh cannot give: it comes from the versions before."""
IMMUTABLE = {"archived", "cancelled"}


@dataclass(frozen=True)
class Size:
    """An account and what is asked of its month.

    Attributes:
        tests: Of its first day.
        every: How many days lie between those that are compared with a full refresh.
        share: The part of a full refresh's requests that a night may take. The smaller the account, the more
            of it is in motion.
        times: How many times the last version alone all thirty may take; likewise.
    """

    tests: int
    bugs: int
    every: int
    share: float
    times: float


@dataclass(frozen=True)
class Day:
    """One day, what the night's refresh asked for and published, and what was on the disk after it."""

    account: Account
    requests: Sequence[tuple[str, str]]
    result: RefreshResult
    files: Mapping[str, int]


@dataclass(frozen=True)
class Full:
    """A full refresh of one day into a folder of its own."""

    documents: set[tuple[str, int, str]]
    facts: Facts
    requests: int
    bytes: int


@dataclass
class Month:
    """Thirty days with one version each, and full refreshes of some of the days."""

    size: Size
    root: Path
    days: list[Day] = field(default_factory=list)
    full: dict[int, Full] = field(default_factory=dict)

    def snapshot(self, day: int) -> Snapshot:
        return open_snapshot(self.root, self.days[day].result.version)


def lived(size: Size, folder: Path) -> Month:
    """Refresh every night for a month."""
    month = Month(size, folder / "nightly")
    first = demo_account(size.tests, bugs=size.bugs)
    for day in range(DAYS):
        account = advance(first, day)
        with serve(account) as api:
            result = take(month.root, api, account.now)
            month.days.append(Day(account, tuple(api.requests), result, stored(month.root)))
            if day % size.every == 0 or day == DAYS - 1:
                month.full[day] = full_refresh(folder / "full", api, account.now)
    return month


def take(root: Path, api: DemoServer, now: datetime) -> RefreshResult:
    api.requests.clear()
    return asyncio.run(refresh(root, ClientOptions(api.base_url, api.token), now=now))


def full_refresh(root: Path, api: DemoServer, now: datetime) -> Full:
    take(root, api, now)
    snapshot = open_snapshot(root)
    full = Full(documents(snapshot), load_facts(snapshot), len(api.requests), bytes_in(root))
    shutil.rmtree(root)
    return full


def documents(snapshot: Snapshot) -> set[tuple[str, int, str]]:
    return {(entry.kind, entry.id, entry.sha256) for entry in snapshot.manifest.entries}


def stored(root: Path) -> dict[str, int]:
    """The documents on the disk and when each was written, in ns."""
    return {path.stem: path.stat().st_mtime_ns for path in (root / DOCUMENTS).glob("*/*.json")}


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measured(facts: Facts) -> dict[tuple[int, str, str], Measure]:
    """Every measure of the catalogue for each product, over all time and over the default period."""
    found: dict[tuple[int, str, str], Measure] = {}
    for product_id in facts.products:
        for key in PERIODS:
            selection = Selection(product_ids=(product_id,), period=period(key, facts.as_of))
            counted = tally(select(facts, selection))
            found |= {(product_id, key, name): value for name, value in measures(counted).items()}
    return found


def status(row: Mapping[str, Any]) -> str:
    return str(row["status"]).strip().lower()


def in_motion(account: Account) -> set[int]:
    """The tests that could change after that day."""
    return {test_id for test_id in account.plans if status(account.row(test_id)) not in IMMUTABLE}


def floor(before: Account, today: Account) -> int:
    """The fewest requests that see everything that can have changed since the day before.

    A page up to the known boundary, one detail for each test in motion or new, one request for the bugs of
    each 15 of them, the features, which are older than their time to live, and the test environments of
    each product with tests, whose credentials people write into texts.
    """
    new = today.plans.keys() - before.plans.keys()
    tests = len(in_motion(before) | new)
    pages = sum(max(1, -(-len(new.intersection(ids)) // 25)) for ids in today.test_ids.values())
    features = sum(max(1, len(product["sections_with_default"])) for product in today.products())
    environments = sum(bool(ids) for ids in today.test_ids.values())
    return pages + tests + -(-tests // 15) + features + environments


def review_days(month: Month) -> dict[int, float]:
    """Days from the first day with a bug open to the first with a person's decision, from the raw bugs."""
    opened: dict[int, int] = {}
    reviewed: dict[int, int] = {}
    watched: set[int] = set()
    for number, day in enumerate(month.days):
        watched |= in_motion(day.account) | (day.account.plans.keys() - month.days[0].account.plans.keys())
        for bug in (bug for test_id in watched for bug in day.account.bugs(test_id)):
            decided = status(bug) in {"accepted", "rejected"}
            by_hand = decided and not (status(bug) == "accepted" and bug.get("auto_accepted") is True)
            if by_hand:
                reviewed.setdefault(int(bug["id"]), number)
            elif not decided:
                opened.setdefault(int(bug["id"]), number)
    return {bug: float(reviewed[bug] - opened[bug]) for bug in reviewed.keys() & opened.keys()}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(Size(120, 1200, every=1, share=0.3, times=2.0), id="demo", marks=pytest.mark.slow),
        pytest.param(Size(700, 7000, every=10, share=0.15, times=1.8), id="big", marks=pytest.mark.slow),
    ],
)
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A month that nobody may change."""
    return lived(request.param, tmp_path_factory.mktemp("month"))


def test_thirty_nights_give_thirty_whole_versions_without_gaps(month: Month) -> None:
    assert version_ids(month.root) == [day.result.version for day in reversed(month.days)]
    for day in month.days:
        assert day.result.complete
        assert verify(month.root, day.result.version) == []


def test_every_version_holds_what_a_full_refresh_of_its_day_gives(month: Month) -> None:
    for number, full in month.full.items():
        assert documents(month.snapshot(number)) == full.documents, f"day {number}"


def test_the_metrics_of_every_version_are_those_of_a_full_refresh(month: Month) -> None:
    for number, full in month.full.items():
        ours, theirs = measured(load_facts(month.snapshot(number))), measured(full.facts)
        assert len(ours) == len(full.facts.products) * len(PERIODS) * len(METRICS)
        assert {key: value for key, value in ours.items() if key[2] != BY_HISTORY} == {
            key: value for key, value in theirs.items() if key[2] != BY_HISTORY
        }, f"day {number}"


def test_the_month_says_how_long_reviews_take(month: Month) -> None:
    """To the day, as the daily versions show it; a single full refresh cannot know it."""
    facts = load_facts(month.snapshot(DAYS - 1))
    expected = review_days(month)
    assert len(expected) > month.size.bugs / 100
    assert known_review_days(facts) == expected
    assert known_review_days(month.full[DAYS - 1].facts) == {}


def test_a_night_asks_for_a_tenth_more_than_the_floor_at_most(month: Month) -> None:
    for before, day in zip(month.days, month.days[1:], strict=False):
        assert len(day.requests) <= 1.1 * floor(before.account, day.account)


def test_a_night_asks_for_a_small_part_of_what_a_full_refresh_does(month: Month) -> None:
    most = month.size.share * month.full[DAYS - 1].requests
    assert all(len(day.requests) <= most for day in month.days[1:])


def test_no_document_is_written_twice_or_for_nothing(month: Month) -> None:
    """Each night adds exactly the documents that are new, and touches no other file."""
    for before, day in zip(month.days, month.days[1:], strict=False):
        assert before.files == {name: day.files[name] for name in before.files}
        assert day.result.statistics.documents_written == len(day.files) - len(before.files)
    named = {entry.sha256 for number in range(DAYS) for entry in month.snapshot(number).manifest.entries}
    assert named == month.days[-1].files.keys()


def test_a_month_of_versions_takes_little_more_than_one(month: Month) -> None:
    assert bytes_in(month.root) <= month.size.times * month.full[DAYS - 1].bytes


def without_review_days(tests: Mapping[int, Test]) -> dict[int, Test]:
    """The tests without what is counted from all versions that there were."""
    return {
        id_: replace(test, bugs=tuple(structs.replace(bug, review_days=None) for bug in test.bugs))
        for id_, test in tests.items()
    }


def test_pruning_to_a_week_keeps_readers_and_versions_whole(month: Month, tmp_path: Path) -> None:
    root = tmp_path / "pruned"
    shutil.copytree(month.root, root)
    early = open_snapshot(root, month.days[3].result.version)
    week = [day.result.version for day in reversed(month.days[-7:])]
    done = prune(root, keep_daily=7)
    assert len(done.versions) == DAYS - 7
    assert version_ids(root) == week
    for entry in early.manifest.entries:
        assert early.read(entry).id == entry.id
    kept = load_facts(open_snapshot(root)).tests
    assert without_review_days(kept) == without_review_days(month.full[DAYS - 1].facts.tests)
    with pytest.raises(NoSnapshot):
        open_snapshot(root, early.id)
    prune(root, keep_daily=7, grace=timedelta(0))
    assert [verify(root, version) for version in week] == [[]] * 7
    assert bytes_in(root) < bytes_in(month.root)
    with pytest.raises(NoSnapshot, match="pruned"):
        [early.read(entry) for entry in early.manifest.entries]


@pytest.mark.slow
def test_when_nothing_can_change_any_more_a_night_takes_four_requests_a_product(tmp_path: Path) -> None:
    def archived(kind: str, value: dict[str, Any]) -> dict[str, Any]:
        return {**value, "status": "archived"} if kind == "test" else value

    account = replace(demo_account(30, bugs=60), change=archived)
    with serve(account) as api:
        first = take(tmp_path, api, DEMO_NOW)
        for day in (1, 2, 9):
            again = take(tmp_path, api, DEMO_NOW + timedelta(days=day))
            assert len(api.requests) <= 4 * first.counts["products"], f"day {day}"
            assert again.statistics.documents_written == 0

"""Facts are normalised once and kept beside the snapshot; whatever happens to those, they are right."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from build.facts import documents, stored
from build.facts.account import Account, account_before, open_account, whole_test, whole_tests
from build.facts.history import facts_before, version_before
from build.facts.lean import lean
from build.facts.load import load_facts
from build.facts.said import TestSaid, said_by
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views.features import features_table
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from snapshot.errors import Refused
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot, open_snapshot
from tests.snapshot.documents import NOW, a_test, file_of, product, publish_version, raw_bug, reject_reasons


def bare(facts: Facts) -> Facts:
    return replace(facts, tests={test_id: lean(test) for test_id, test in facts.tests.items()})


def as_loaded(root: Path) -> Account:
    """The account as opened, after a look at whether it says what the documents say."""
    snapshot = open_snapshot(root)
    facts, account = load_facts(snapshot), open_account(snapshot)
    assert account.facts == bare(facts)
    assert whole_tests(account, facts.tests) == facts.tests
    return account


@pytest.fixture
def root(demo_snapshot: Path, tmp_path: Path) -> Path:
    """A copy of the demo snapshot, without a cache."""
    shutil.copytree(demo_snapshot, tmp_path / "snapshots")
    return tmp_path / "snapshots"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two days of two products, of which a test changed and two tests list one bug."""
    for day, status in enumerate(("forwarded", "rejected")):
        at = NOW + timedelta(days=day)
        shared = raw_bug(3, test={"id": 12}, steps=["Open it"], comments=[{"body": "Rejected - known."}])
        tests = (
            a_test(11, bugs=[raw_bug(1), shared], at=at, goal="Find it", section={"id": 1, "name": "One"}),
            a_test(12, bugs=[raw_bug(2, status), shared, {"title": "without an id"}], at=at),
        )
        publish_version(tmp_path, [product(at=at), *tests, reject_reasons(at)], at)
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of tests whose documents were normalised."""
    seen: list[int] = []
    real = said_by

    def noting(snapshot: Snapshot, entry: Entry, reasons: object) -> object:
        seen.append(entry.id)
        return real(snapshot, entry, reasons)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "said_by", noting)
    return seen


@pytest.mark.slow
def test_a_cold_and_a_warm_cache_say_what_the_documents_say(root: Path) -> None:
    cold, warm = as_loaded(root), as_loaded(root)
    assert cold.facts == warm.facts
    test_id = next(iter(warm.facts.tests))
    assert whole_test(warm, test_id) == load_facts(open_snapshot(root)).tests[test_id]


@pytest.mark.slow
def test_views_of_numbers_need_no_long_texts(demo_facts: Facts) -> None:
    options = QualityOptions()
    assert portfolio_view(bare(demo_facts), options) == portfolio_view(demo_facts, options)
    for product_id in demo_facts.products:
        for key in REPORT_PERIODS:
            views = [product_view(one, product_id, key, options) for one in (bare(demo_facts), demo_facts)]
            tables = [features_table(view.features) for view in views]
            assert tables[0] == tables[1]
            assert replace(views[0], features=()) == replace(views[1], features=())


def test_bugs_that_two_tests_list_and_unusable_ones_are_counted_as_without_a_cache(small: Path) -> None:
    as_loaded(small)
    account = as_loaded(small)
    assert [bug.id for bug in account.facts.tests[11].bugs] == [1]
    assert whole_test(account, 12).bugs[-1].steps == ("Open it",)
    assert [gap.kind for gap in account.facts.gaps] == ["bugs"]


def test_nothing_is_normalised_twice(small: Path, parsed: list[int]) -> None:
    snapshot = open_snapshot(small)
    open_account(snapshot)
    assert sorted(parsed) == [11, 12]
    account = open_account(snapshot)
    whole_tests(account, (11, 12))
    assert len(parsed) == 2
    whole_test(account, 11)
    assert parsed[2:] == [11]


def test_a_day_later_what_changed_is_normalised_alone(small: Path, parsed: list[int]) -> None:
    days = [
        small / "versions" / name for name in sorted(path.name for path in (small / "versions").iterdir())
    ]
    open_account(open_snapshot(small, days[0].name))
    parsed.clear()
    snapshot = open_snapshot(small)
    before = version_before(snapshot)
    account = open_account(snapshot, before)
    facts = load_facts(snapshot)
    assert parsed == [12, 11, 12], "a test by the cache, and both by the load beside it"
    earlier, slow = account_before(account, before), facts_before(snapshot, facts)
    assert earlier is not None
    assert slow is not None
    assert earlier == bare(slow)
    assert parsed == [12, 11, 12]
    assert account.days == {2: 1.0}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def altered(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def other_code(path: Path) -> None:
    records = msgspec.msgpack.decode(path.read_bytes()[32:])[1]
    content = msgspec.msgpack.encode(["another version", records])
    path.write_bytes(stored._sum(content) + content)


def nonsense(path: Path) -> None:
    """Well-formed, of this code, and of another shape."""
    code, records = msgspec.msgpack.decode(path.read_bytes()[32:])
    content = msgspec.msgpack.encode([code, {key: ["foreign", {}] for key in records}])
    path.write_bytes(stored._sum(content) + content)


@pytest.mark.parametrize("harm", [cut, altered, linked, a_folder, other_code, nonsense, Path.unlink])
def test_a_file_that_cannot_be_used_is_made_again(small: Path, harm: Callable[[Path], None]) -> None:
    whole = as_loaded(small)
    files = sorted((small / "facts").iterdir())
    assert {path.suffix for path in files} == {".again", ".full", ".lean", ".reviews"}
    for path in files:
        harm(path)
    assert as_loaded(small).facts == whole.facts


def test_another_list_of_reject_reasons_makes_it_anew(small: Path) -> None:
    as_loaded(small)
    at = NOW + timedelta(days=2)
    rejected = raw_bug(2, "rejected", comments=[{"body": "Rejected - known."}])
    publish_version(small, [product(at=at), a_test(12, bugs=[rejected], at=at)], at)
    other = as_loaded(small)
    publish_version(
        small,
        [product(at=at), a_test(12, bugs=[rejected], at=at), reject_reasons(at)],
        at + timedelta(hours=1),
    )
    known = as_loaded(small)
    reasons = [one.facts.tests[12].bugs[0].rejection_reason for one in (other, known)]
    assert reasons == ["unspecified", "known_bug"]


def test_a_snapshot_that_cannot_be_written_has_its_cache_elsewhere(
    small: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr(stored, "is_writable", lambda *_: False)
    account = as_loaded(small)
    assert not (small / "facts").exists()
    assert sorted(path.name for path in home.rglob("598.*"))
    parsed.clear()
    assert open_account(open_snapshot(small)).facts == account.facts
    assert parsed == []


def test_where_nothing_can_be_written_everything_is_read_each_time(
    small: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[int], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(stored, "is_writable", lambda *_: False)
    as_loaded(small)
    parsed.clear()
    open_account(open_snapshot(small))
    assert sorted(parsed) == [11, 12]


def test_what_no_version_needs_leaves_the_cache(small: Path) -> None:
    def held() -> int:
        return len(stored.read_records(small, "598.lean", documents._made_of(account.reasons)))

    account = open_account(open_snapshot(small))
    for day in range(3, 6):
        at = NOW + timedelta(days=day)
        publish_version(small, [product(at=at), a_test(12, goal=f"{day}", at=at), reject_reasons(at)], at)
        snapshot = open_snapshot(small)
        account = open_account(snapshot, version_before(snapshot))
    assert held() == 3, "two tests, and what they share"
    assert len(stored.read_records(small, "598-12.full", documents._made_of(account.reasons))) == 1


def test_a_link_in_place_of_the_cache_is_refused_like_any_other(small: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (small / "facts").symlink_to(tmp_path / "other")
    with pytest.raises(Refused, match="facts is a symbolic link"):
        open_snapshot(small)
    assert stored.read_records(small, "598.lean") == {}
    stored.write_records(small, "598.lean", {})
    assert list((tmp_path / "other").iterdir()) == []


def test_a_damaged_document_is_a_gap_and_not_kept(small: Path) -> None:
    snapshot = open_snapshot(small)
    damaged = file_of(small, next(entry for entry in snapshot.entries("test") if entry.id == 11))
    whole = damaged.read_bytes()
    damaged.write_bytes(b"{}")
    assert [gap.state for gap in as_loaded(small).facts.gaps] == ["damaged", "missing"]
    damaged.write_bytes(whole)
    assert as_loaded(small).facts.tests.keys() == {11, 12}


def test_texts_that_are_no_unicode_are_read_without_the_cache(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*arguments: Any) -> TestSaid:
        said = said_by(*arguments)
        assert isinstance(said, TestSaid)
        bugs = (structs.replace(said.test.bugs[0], tester="\ud800"), *said.test.bugs[1:])
        return replace(said, test=replace(said.test, title="\ud800", bugs=bugs))

    monkeypatch.setattr(documents, "said_by", told)
    account = open_account(open_snapshot(small))
    assert [test.title for test in account.facts.tests.values()] == ["\ud800", "\ud800"]


def test_files_of_products_that_are_no_more_are_removed(small: Path) -> None:
    open_account(open_snapshot(small))
    before = {path.name for path in (small / "facts").iterdir()}
    for name in ("notes.txt", "7.lean", "7-3.full"):
        (small / "facts" / name).touch()
    stored.keep_only(small, {598})
    assert {path.name for path in (small / "facts").iterdir()} == before | {"notes.txt"}

"""Facts come from the stored documents; what cannot be read is named and the rest goes on."""

import gc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.facts import duplicates
from build.facts.duplicates import BugOwners
from build.facts.load import load_facts
from demo.account.account import demo_account
from quality.model.entities import Named, Test
from quality.model.facts import Facts
from quality.normalise import from_upstream
from snapshot.errors import NewerFormat
from snapshot.format.documents import Document, fingerprint
from snapshot.format.manifest import Entry, Problem
from snapshot.reader import open_snapshot
from snapshot.storage.layout import document_path
from snapshot.store import publish
from tests.build.account_facts import account_facts
from tests.factories import known_review_days, raw_bug, raw_feature, raw_product, raw_test
from tests.snapshot.documents import NOW, file_of, manifest_of, publish_version, reject_reasons, store


def product(number: int = 598, **fields: Any) -> Document:
    return Document("product", number, NOW, raw_product(id=number, **fields))


def features(number: int = 598, *raw: dict[str, Any]) -> Document:
    return Document("features", number, NOW, {"features": list(raw)})


def a_test(number: int, *bugs: dict[str, Any], **fields: Any) -> Document:
    return Document("test", number, NOW, {"test": raw_test(id=number, **fields), "bugs": list(bugs)})


def bug(number: int, test_id: int, **fields: Any) -> dict[str, Any]:
    return raw_bug(id=number, test={"id": test_id}, **fields)


def loaded(root: Path, *documents: Document, **fields: Any) -> Facts:
    publish_version(root, documents, **fields)
    return load_facts(open_snapshot(root))


def entry_of(root: Path, kind: Any, number: int) -> Entry:
    entry = open_snapshot(root).entry(kind, number)
    assert entry is not None
    return entry


def _setup(test: Test) -> Test:
    return replace(test, bugs=())


def test_everything_that_was_stored_is_there_normalised_and_in_the_order_of_the_ids(tmp_path: Path) -> None:
    facts = loaded(
        tmp_path,
        a_test(12, bug(4002, 12)),
        a_test(11, bug(4001, 11)),
        product(598),
        features(598, raw_feature()),
        reject_reasons(),
    )
    assert facts.snapshot_id == open_snapshot(tmp_path).id
    assert facts.as_of == NOW
    assert list(facts.tests) == [11, 12]
    assert facts.products[598].name == "Halo Shop"
    assert [feature.title for feature in facts.features[598]] == ["Shopping cart"]
    assert facts.bugs[4002].test_id == 12
    assert [reason.key for reason in facts.reject_reasons] == ["known_bug"]
    assert facts.gaps == ()
    assert known_review_days(facts) == {}


def test_the_demo_snapshot_gives_what_its_account_says(demo_snapshot: Path) -> None:
    facts = load_facts(open_snapshot(demo_snapshot))
    expected = account_facts(demo_account())
    assert facts.bugs == expected.bugs
    assert facts.tests.keys() == expected.tests.keys()
    assert all(_setup(facts.tests[one]) == _setup(expected.tests[one]) for one in facts.tests)
    assert facts.products == expected.products
    assert facts.features == expected.features


@pytest.mark.parametrize(("own", "section"), [([], None), ([{"id": 2, "name": "Editor"}], Named(1, "Other"))])
def test_a_test_of_a_product_without_sections_is_in_none(
    tmp_path: Path, own: list[dict[str, Any]], section: Named | None
) -> None:
    facts = loaded(
        tmp_path,
        product(sections=own, sections_with_default=[]),
        a_test(11, section={"id": 1, "name": "Other"}),
    )
    assert facts.tests[11].section == section


def test_without_served_reject_reasons_the_known_ones_are_used(tmp_path: Path) -> None:
    comment = {"id": 1, "body": "The test instructions were not followed."}
    facts = loaded(tmp_path, product(), a_test(11, bug(1, 11, status="rejected", comments=[comment])))
    assert facts.reject_reasons == from_upstream.KNOWN_REJECT_REASONS
    assert facts.bugs[1].rejection_reason == "ignored_instructions"


def test_served_reject_reasons_recognise_their_comments(tmp_path: Path) -> None:
    rejected = bug(1, 11, status="rejected", comments=[{"id": 1, "body": "Rejected - known."}])
    facts = loaded(tmp_path, product(), a_test(11, rejected), reject_reasons())
    assert facts.bugs[1].rejection_reason == "known_bug"


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": 1, "kind": "test"'])
def test_a_damaged_test_is_a_gap_of_its_product_and_counted_nowhere(tmp_path: Path, damage: bytes) -> None:
    publish_version(tmp_path, [product(), a_test(11, bug(1, 11)), a_test(12, bug(2, 12))])
    file_of(tmp_path, entry_of(tmp_path, "test", 11)).write_bytes(damage)
    facts = load_facts(open_snapshot(tmp_path))
    assert list(facts.tests) == [12]
    assert list(facts.bugs) == [2]
    (gap,) = facts.gaps
    assert (gap.kind, gap.id, gap.product_id, gap.state) == ("test", 11, 598, "damaged")
    assert gap.reason.startswith("The stored document cannot be used: ")
    assert str(tmp_path) not in gap.reason


def test_a_product_without_its_document_is_named_as_its_tests_name_it(tmp_path: Path) -> None:
    publish_version(tmp_path, [product(), features(598, raw_feature()), a_test(11, bug(1, 11))])
    file_of(tmp_path, entry_of(tmp_path, "product", 598)).unlink()
    facts = load_facts(open_snapshot(tmp_path))
    assert facts.products[598].name == "Halo Shop"
    assert facts.products[598].type is None
    assert [(gap.kind, gap.id, gap.product_id) for gap in facts.gaps] == [("product", 598, 598)]
    assert 598 in facts.features
    assert 598 in facts.tests_by_product


def test_a_product_that_no_test_names_has_its_id_as_name(tmp_path: Path) -> None:
    facts = loaded(tmp_path, a_test(11, product=None))
    assert facts.products[598].name == "Product 598"


def test_damaged_reject_reasons_concern_every_product(tmp_path: Path) -> None:
    publish_version(tmp_path, [product(), reject_reasons()])
    file_of(tmp_path, entry_of(tmp_path, "reject_reasons", 0)).unlink()
    (gap,) = load_facts(open_snapshot(tmp_path)).gaps
    assert (gap.kind, gap.id, gap.product_id, gap.state) == ("reject_reasons", None, None, "damaged")


def test_a_document_without_usable_content_is_a_gap(tmp_path: Path) -> None:
    facts = loaded(
        tmp_path,
        product(),
        Document("test", 11, NOW, {"test": "gone", "bugs": None}),
        Document("features", 598, NOW, {"features": {"id": "none"}}),
        Document("product", 599, NOW, {"name": "No id"}),
    )
    assert not facts.tests
    assert facts.features == {598: ()}
    assert {(gap.kind, gap.id, gap.state) for gap in facts.gaps} == {
        ("test", 11, "damaged"),
        ("product", 599, "damaged"),
    }


def test_bugs_without_a_usable_id_are_named_and_the_others_counted(tmp_path: Path) -> None:
    facts = loaded(tmp_path, product(), a_test(11, bug(4001, 11), {"id": None}, {"id": "x"}))
    assert list(facts.bugs) == [4001]
    (gap,) = facts.gaps
    assert (gap.kind, gap.id, gap.product_id, gap.state) == ("bugs", 11, 598, "missing")
    assert gap.reason == "2 of its 3 bugs have no usable id; the others are counted."


def test_a_newer_format_is_refused_rather_than_counted_without_it(tmp_path: Path) -> None:
    (entry,) = store(tmp_path, [a_test(11)])
    newer = file_of(tmp_path, entry).read_bytes().replace(b'"format": 1,', b'"format": 9,')
    renamed = entry.model_copy(update={"sha256": fingerprint(newer)})
    file_of(tmp_path, renamed).parent.mkdir(exist_ok=True)
    file_of(tmp_path, renamed).write_bytes(newer)
    publish(tmp_path, manifest_of([renamed]))
    with pytest.raises(NewerFormat):
        load_facts(open_snapshot(tmp_path))


def test_problems_of_the_refresh_are_gaps_with_their_history(tmp_path: Path) -> None:
    since = NOW - timedelta(days=3)
    problems = (
        Problem(kind="test", id=13, product_id=598, reason="It answered 500.", since=since, tries=4),
        Problem(kind="bugs", id=11, product_id=598, reason="Too slow.", since=since, stale=True),
        Problem(kind="tests", product_id=598, reason="A page answered 500.", since=since, position=3),
        Problem(kind="tests", product_id=598, reason="A page answered 500.", since=since, position=9),
        Problem(kind="product", id=600, reason="It answered 404.", since=since),
    )
    facts = loaded(tmp_path, product(), a_test(11), problems=problems)
    assert [(gap.kind, gap.id, gap.product_id, gap.state) for gap in facts.gaps] == [
        ("test", 13, 598, "missing"),
        ("bugs", 11, 598, "stale"),
        ("tests", None, 598, "missing"),
        ("tests", None, 598, "missing"),
        ("product", 600, 600, "missing"),
    ]
    assert (facts.gaps[0].reason, facts.gaps[0].since, facts.gaps[0].tries) == ("It answered 500.", since, 4)


def test_a_stale_test_is_counted_and_named_and_one_that_is_gone_is_only_named(tmp_path: Path) -> None:
    since = NOW - timedelta(days=1)
    fresh, stale, gone, base = store(
        tmp_path, [a_test(11, bug(1, 11)), a_test(12, bug(2, 12)), a_test(13, bug(3, 13)), product()]
    )
    stale = stale.model_copy(update={"state": "stale", "since": since})
    gone = gone.model_copy(update={"state": "gone", "since": since})
    publish(tmp_path, manifest_of([base, fresh, stale, gone]))
    facts = load_facts(open_snapshot(tmp_path))
    assert list(facts.tests) == [11, 12]
    assert list(facts.bugs) == [1, 2]
    assert [(gap.id, gap.state, gap.since, gap.copied_at) for gap in facts.gaps] == [
        (12, "stale", since, stale.fetched_at),
        (13, "gone", since, None),
    ]
    assert facts.copies == {12: stale.fetched_at}


@pytest.mark.parametrize("kind", ["test", "bugs"])
def test_what_the_refresh_says_of_a_stale_test_is_said_once(
    tmp_path: Path, kind: Literal["test", "bugs"]
) -> None:
    entries = store(tmp_path, [product(), a_test(11)])
    stale = entries[1].model_copy(update={"state": "stale", "since": NOW})
    problem = Problem(kind=kind, id=11, product_id=598, reason="It answered 500.", since=NOW, stale=True)
    publish(tmp_path, manifest_of([entries[0], stale], problems=(problem,)))
    facts = load_facts(open_snapshot(tmp_path))
    (gap,) = facts.gaps
    assert (gap.kind, gap.test_id, gap.state, gap.reason) == (kind, 11, "stale", "It answered 500.")
    assert facts.copies == {11: stale.fetched_at}


def test_of_a_damaged_test_only_the_damage_is_told(tmp_path: Path) -> None:
    entries = store(tmp_path, [product(), a_test(11)])
    stale = entries[1].model_copy(update={"state": "stale", "since": NOW})
    problem = Problem(kind="bugs", id=11, product_id=598, reason="It answered 500.", since=NOW, stale=True)
    publish(tmp_path, manifest_of([entries[0], stale], problems=(problem,)))
    document_path(tmp_path, stale.sha256).write_bytes(b"{")
    (gap,) = load_facts(open_snapshot(tmp_path)).gaps
    assert (gap.kind, gap.state) == ("test", "damaged")


def test_the_bugs_of_a_test_are_not_taken_for_the_product_of_the_same_id(tmp_path: Path) -> None:
    entries = store(tmp_path, [product(), a_test(598)])
    stale = [entry.model_copy(update={"state": "stale", "since": NOW}) for entry in entries]
    problem = Problem(kind="bugs", id=598, product_id=598, reason="It answered 500.", since=NOW, stale=True)
    publish(tmp_path, manifest_of(stale, problems=(problem,)))
    assert {(gap.kind, gap.id) for gap in load_facts(open_snapshot(tmp_path)).gaps} == {
        ("bugs", 598), ("product", 598),
    }  # fmt: skip


@pytest.mark.parametrize("named", [11, 12])
def test_a_bug_that_two_tests_list_stays_in_the_one_that_it_names(tmp_path: Path, named: int) -> None:
    twice = bug(1, named)
    facts = loaded(tmp_path, product(), a_test(11, twice, bug(2, 11)), a_test(12, bug(3, 12), twice))
    assert facts.bugs[1].test_id == named
    listed = sorted(one.id for test in facts.tests.values() for one in test.bugs)
    assert listed == [1, 2, 3]


def test_a_bug_that_names_neither_of_its_tests_stays_in_the_first(tmp_path: Path) -> None:
    astray = bug(1, 99)
    facts = loaded(tmp_path, product(), a_test(11, astray), a_test(12, astray))
    assert facts.bugs[1].test_id == 11


def test_a_bug_that_names_another_test_stays_where_it_was_found(tmp_path: Path) -> None:
    facts = loaded(tmp_path, product(), a_test(11, bug(1, 12)), a_test(12))
    assert facts.bugs[1].test_id == 11


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=5), min_size=1, max_size=4)
)
def test_however_bugs_are_listed_each_is_kept_once_and_none_is_lost(
    listed: list[list[tuple[int, int]]],
) -> None:
    owners = BugOwners()
    tests = {}
    for number, claims in enumerate(listed, 1):
        raw = [bug(bug_id, named) for bug_id, named in claims]
        tests[number] = from_upstream.test(raw_test(id=number), raw, product_id=598, reasons=())
        owners.claim(number, duplicates.listed(number, raw))
    lost = owners.losses()
    kept = [one.id for test in tests.values() for one in duplicates.without(test, lost.get(test.id, ())).bugs]
    assert sorted(kept) == sorted({bug_id for claims in listed for bug_id, _ in claims})


def test_equal_snapshots_give_equal_facts_whatever_the_order_of_their_documents(tmp_path: Path) -> None:
    documents = [product(), a_test(11, bug(1, 11)), a_test(12, bug(2, 12)), features(598, raw_feature())]
    one = loaded(tmp_path / "one", *documents)
    two = loaded(tmp_path / "two", *reversed(documents))
    assert replace(one, snapshot_id="x") == replace(two, snapshot_id="x")


def test_after_loading_the_cycle_collector_is_as_it_was(tmp_path: Path) -> None:
    loaded(tmp_path, product(), a_test(11, bug(1, 11)))
    assert gc.isenabled()
    gc.disable()
    try:
        load_facts(open_snapshot(tmp_path))
        assert not gc.isenabled()
    finally:
        gc.enable()

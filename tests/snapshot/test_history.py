"""The history document keeps what became of bugs when the versions that said so are pruned."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.facts.load import load_facts
from quality.model.history import History
from snapshot import history
from snapshot.errors import LinkInside, NewerFormat
from snapshot.format.manifest import Manifest
from snapshot.history import continued, damaged_lines, decode, encode, merged, read_history, seen_in
from snapshot.prune import prune
from snapshot.reader import open_snapshot
from snapshot.remote import pull, push
from snapshot.storage.layout import history_path
from snapshot.verify import verify
from snapshot.versions import version_ids
from tests.factories import known_review_days as of_bugs
from tests.snapshot.documents import NOW, a_test, product, publish_version, raw_bug

STATES: tuple[dict[str, Any], ...] = (
    {"status": "forwarded"},
    {"status": "accepted"},
    {"status": "accepted", "auto_accepted": True},
    {"status": "rejected"},
)
REVIEWED = (STATES[0], STATES[0], STATES[1], STATES[0], STATES[3])


def a_day(root: Path, day: int, *states: dict[str, Any]) -> Manifest:
    """Publish the version of a day, with a bug in each of these states and a test that never changes."""
    at = NOW + timedelta(days=day)
    bugs = [raw_bug(1 + place, **state) for place, state in enumerate(states)]
    return publish_version(root, [product(at=at), a_test(11, bugs=bugs), a_test(12, bugs=[raw_bug(90)])], at)


def days(root: Path, *states: dict[str, Any]) -> None:
    for day, state in enumerate(states):
        a_day(root, day, state)


def remember(root: Path) -> None:
    """Write all that the versions say into the history, as a prune does before it removes any."""
    manifests = [open_snapshot(root, version).manifest for version in version_ids(root)]
    history_path(root).write_bytes(continued(root, manifests) or b"")


def told(root: Path) -> tuple[dict[int, float], dict[int, History]]:
    facts = load_facts(open_snapshot(root))
    return of_bugs(facts), dict(facts.history)


@pytest.mark.slow
@given(
    st.lists(st.lists(st.sampled_from(STATES), max_size=3), min_size=2, max_size=8),
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
)
def test_pruning_loses_no_history_whatever_stays(
    tmp_path_factory: pytest.TempPathFactory, versions: list[list[dict[str, Any]]], keeping: list[int]
) -> None:
    root = tmp_path_factory.mktemp("pruned")
    for day, states in enumerate(versions):
        a_day(root, day, *states)
    before = told(root)
    for keep in sorted(keeping, reverse=True):
        prune(root, keep_last=keep, grace=timedelta(0))
        assert told(root) == before
    a_day(root, len(versions), STATES[3])
    prune(root, keep_last=1, grace=timedelta(0))
    assert told(root)[1][598].begins == NOW


def test_versions_pruned_in_any_order_are_remembered_in_the_order_of_their_times(tmp_path: Path) -> None:
    """Monthly versions stay longer than the days between them."""
    for day, state in zip((-40, -39, -10, 0, 1), REVIEWED, strict=True):
        a_day(tmp_path, day, state)
    before = told(tmp_path)
    assert before[0] == {1: 30.0}
    assert before[1][598].reopened == (1,)
    prune(tmp_path, keep_monthly=9, grace=timedelta(0))
    assert told(tmp_path) == before
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    assert told(tmp_path) == before


def test_an_unchanged_test_is_noted_once_and_only_words_are_kept(tmp_path: Path) -> None:
    odd = {"status": "<b>pass: hunter2</b>", "auto_accepted": "a text", "title": "secret"}
    days(tmp_path, odd, STATES[0], STATES[2])
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    lines = read_history(tmp_path)
    assert [len(list(seen_in(lines["api.test.io", test]))) for test in (11, 12)] == [3, 1]
    assert [one.bugs for one in seen_in(lines["api.test.io", 11])] == [
        {1: "none"},
        {1: "forwarded"},
        {1: "accepted true"},
    ]
    assert b"hunter2" not in history_path(tmp_path).read_bytes()
    assert b"secret" not in history_path(tmp_path).read_bytes()


def test_nothing_is_written_where_nothing_is_pruned_and_nothing_twice(tmp_path: Path) -> None:
    days(tmp_path, *REVIEWED)
    prune(tmp_path, keep_last=9)
    assert not history_path(tmp_path).exists()
    prune(tmp_path, keep_last=2, grace=timedelta(0))
    before = history_path(tmp_path).stat()
    prune(tmp_path, keep_last=2, grace=timedelta(0))
    assert history_path(tmp_path).stat() == before


def test_a_prune_that_is_killed_after_the_history_was_written_counts_nothing_twice(tmp_path: Path) -> None:
    days(tmp_path, *REVIEWED)
    before = told(tmp_path)
    remember(tmp_path)
    assert told(tmp_path) == before
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    assert told(tmp_path) == before


def test_an_older_version_knows_nothing_of_what_was_pruned_after_it(tmp_path: Path) -> None:
    oldest = a_day(tmp_path, -40, STATES[0])
    days(tmp_path, STATES[1], STATES[3])
    prune(tmp_path, keep_monthly=9, grace=timedelta(0))
    facts = load_facts(open_snapshot(tmp_path, oldest.id))
    assert of_bugs(facts) == {}
    assert facts.history == {}


@pytest.mark.parametrize(
    "tear", [lambda raw: raw[:-20], lambda raw: raw[:60] + b"0" + raw[61:], lambda _: b"\x00\xff" * 40]
)
def test_a_torn_file_heals_from_the_versions_that_are_left(tmp_path: Path, tear: Any) -> None:
    days(tmp_path, *REVIEWED)
    before = told(tmp_path)
    remember(tmp_path)
    whole = history_path(tmp_path).read_bytes()
    history_path(tmp_path).write_bytes(tear(whole))
    assert damaged_lines(tmp_path) > 0
    assert told(tmp_path) == before
    assert verify(tmp_path) == []
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    assert history_path(tmp_path).read_bytes() == whole
    assert damaged_lines(tmp_path) == 0
    assert told(tmp_path) == before


def test_a_torn_line_costs_only_its_test_when_no_version_is_left(tmp_path: Path) -> None:
    days(tmp_path, *REVIEWED)
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    head, first, second = history_path(tmp_path).read_bytes().splitlines(keepends=True)
    history_path(tmp_path).write_bytes(head + first[:-9] + b"\n" + second)
    assert damaged_lines(tmp_path) == 1
    assert told(tmp_path)[1][598].begins == NOW
    assert [test for _, test in read_history(tmp_path)] == [12]


def test_line_ends_that_git_changed_do_no_harm(tmp_path: Path) -> None:
    days(tmp_path, *REVIEWED)
    prune(tmp_path, keep_last=1, grace=timedelta(0))
    path = history_path(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert damaged_lines(tmp_path) == 0


def test_a_later_release_s_history_is_refused_and_left_alone(tmp_path: Path) -> None:
    days(tmp_path, *REVIEWED)
    history_path(tmp_path).write_bytes(history._summed(b'{"format":99}'))
    with pytest.raises(NewerFormat, match="99"):
        prune(tmp_path, keep_last=1, grace=timedelta(0))
    assert b"99" in history_path(tmp_path).read_bytes()


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    days(tmp_path / "a", *REVIEWED)
    (tmp_path / "other").write_bytes(b"mine")
    history_path(tmp_path / "a").symlink_to(tmp_path / "other")
    with pytest.raises(LinkInside):
        prune(tmp_path / "a", keep_last=1)
    assert (tmp_path / "other").read_bytes() == b"mine"


def test_of_more_than_fits_the_test_that_changed_longest_ago_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days(tmp_path, *REVIEWED)
    remember(tmp_path)
    known = read_history(tmp_path)
    monkeypatch.setattr(history, "HISTORY_BYTES", len(encode(known)) - 1)
    assert [test for _, test in decode(encode(known))[0]] == [11]


def test_what_two_folders_saw_is_joined(tmp_path: Path) -> None:
    for name, chosen in (("all", range(5)), ("some", (1, 3))):
        for day in chosen:
            a_day(tmp_path / name, day, REVIEWED[day])
        remember(tmp_path / name)
    every, some = (read_history(tmp_path / name) for name in ("all", "some"))
    both = merged(every, some)
    assert merged(some, every) == both
    assert [(one.at - NOW).days for one in seen_in(both["api.test.io", 11])] == [0, 1, 2, 3, 4]


LATER = NOW + timedelta(days=30)


def test_the_history_travels_with_a_version_and_survives_its_pruning_on_both_sides(tmp_path: Path) -> None:
    here, there, url = tmp_path / "here", tmp_path / "there", (tmp_path / "shared").as_uri()
    days(here, *REVIEWED[:4])
    prune(here, keep_last=2, grace=timedelta(0))
    push(here, url, now=LATER)
    pull(there, url, now=LATER)
    assert told(there) == told(here)
    a_day(here, 4, REVIEWED[4])
    push(here, url, now=LATER)
    pull(there, url, now=LATER)
    prune(there, keep_last=1, grace=timedelta(0))
    assert told(there) == told(here)
    assert told(there)[1][598].begins == NOW
    pull(tmp_path / "new", url, now=LATER)
    assert told(tmp_path / "new") == told(here)


def test_a_history_of_another_upstream_of_the_future_or_torn_is_not_pulled(tmp_path: Path) -> None:
    here, url = tmp_path / "here", (tmp_path / "shared").as_uri()
    days(here, *REVIEWED)
    push(here, url, now=LATER)
    path = history_path(tmp_path / "shared")
    line = next(iter(read_history(tmp_path / "shared").values()))
    for place, content in enumerate(
        [
            encode({("elsewhere.test", 11): line.replace(b"api.test.io", b"elsewhere.test")}),
            encode({("api.test.io", 11): line.replace(b"[[17", b"[[97")}),
            history._summed(b'{"format":99}'),
            b"\x00" * 500,
        ]
    ):
        path.write_bytes(content)
        pull(tmp_path / f"{place}", url, now=LATER)
        assert read_history(tmp_path / f"{place}") == {}
        assert told(tmp_path / f"{place}") == ({}, {})

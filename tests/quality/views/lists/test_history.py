"""How long reviews took, how many bugs were open, and what was opened again, as a page shows it."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.measures import measure
from quality.metrics.tally import tally
from quality.model.facts import Facts
from quality.model.history import History
from quality.review_times import Observation, history
from quality.views.lists.history import ReviewHistory, review_history
from quality.views.table import Amount, Text
from tests.factories import NOW, make_bug, make_facts, make_test


def facts_of(*days: float) -> Facts:
    bugs = [make_bug(id=at, title=f"Bug {at}") for at in range(1, len(days) + 2)]
    return make_facts([make_test(bugs, id=1)], review_days=dict(enumerate(days, start=1)))


def figures(shown: ReviewHistory) -> dict[str, float | str | None]:
    cells = [row.cells for row in shown.days.rows]
    return {
        name.text: value.value if isinstance(value, Amount) else value.text
        for name, value in cells
        if isinstance(name, Text) and isinstance(value, Amount | Text)
    }


def test_the_time_to_review_has_median_slowest_tenth_and_share_within_ten_days() -> None:
    facts = facts_of(*range(1, 21))
    assert figures(review_history(facts, 598, [1])) == {
        "Reviews by a person": 20,
        "Median days": 10.5,
        "Days of the slowest tenth, at least": 18,
        "Within 10 days": "10 of 20 (50 %)",
    }
    assert measure("median_review_days", tally(facts.tests.values())).value == 10.5


def test_few_reviews_have_no_share_and_none_have_no_table() -> None:
    assert figures(review_history(facts_of(2.0, 12.0), 598, [1]))["Within 10 days"] == "1 of 2"
    assert review_history(facts_of(), 598, [1]).tables == ()


def test_with_one_snapshot_the_page_says_when_history_begins() -> None:
    begins = review_history(facts_of(), 598, [1]).begins
    assert begins.startswith("History begins with this snapshot: how long reviews take is known")


def test_several_snapshots_say_since_when_and_list_steps_and_reopened_bugs() -> None:
    known = History(NOW - timedelta(days=9), ((NOW - timedelta(days=9), 4), (NOW, 1)), (1, 99))
    shown = review_history(replace(facts_of(), history={598: known}), 598, [1])
    assert shown.begins.startswith("By the snapshots since 11 Nov 2026 (UTC)")
    assert [row.cells[1] for row in shown.open_bugs.rows] == [Amount(4), Amount(1)]
    assert [row.cells[0].text for row in shown.reopened.rows if isinstance(row.cells[0], Text)] == ["Bug 1"]


reviews = st.dictionaries(st.integers(1, 5), st.sampled_from(["open", "rejected", "active_accepted"]))


@given(st.lists(st.lists(reviews, min_size=1, max_size=4), max_size=3))
def test_the_last_step_is_what_is_open_now(tests: list[list[dict[int, str]]]) -> None:
    observed: list[list[Observation]] = [
        [(NOW + timedelta(days=day), seen) for day, seen in enumerate(one)]  # type: ignore[misc]
        for one in tests
    ]
    found = history(NOW, observed)
    now = sum(state == "open" for one in tests for state in one[-1].values())
    assert found.open_bugs[-1][1] == now
    assert all(number >= 0 for _, number in found.open_bugs)

"""A digest tells what is new since a moment, and nothing that was there before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from base.errors import NotFound
from build.site.markdown.digest import MOST, MOST_CHAT_LINES, digest_chat, digest_markdown
from quality.model.context import Owner
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.watch.digest import Digest, digest, digest_json
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.context.contexts import HERE, make_context, make_goals

DAY = timedelta(days=1)
OLD = make_bug(severity="critical", id=1, reported_at=NOW - 9 * DAY)
NEW = make_bug(
    severity="critical", id=2, reported_at=NOW - timedelta(hours=2), title="[x](javascript:1) <!channel> @all"
)
HIGH = make_bug(severity="high", id=3, reported_at=NOW - timedelta(hours=1))
LOW = make_bug(severity="low", id=4, reported_at=NOW)


def new(facts: Facts, earlier: Facts | None = None, product_ids: tuple[int, ...] | None = None) -> Digest:
    return digest(facts, earlier, NOW - DAY, QualityOptions(), product_ids)


def test_new_severe_bugs_are_those_that_the_earlier_snapshot_lacks() -> None:
    before, now = (
        make_facts([make_test([OLD, HIGH], id=1)]),
        make_facts([make_test([HIGH, LOW, NEW, OLD], id=1)]),
    )
    assert [bug.id for bug in new(now, before).news[0].bugs] == [2]
    assert [bug.id for bug in new(now).news[0].bugs] == [2, 3]
    assert new(before, before).empty


def test_a_verdict_that_turned_is_told_with_its_reason() -> None:
    before = make_facts([make_test(make_bugs(active_accepted=20), id=1)], as_of=NOW - DAY)
    now = make_facts([make_test(make_bugs(active_accepted=10, rejected=10), id=1)])
    assert [turn.text for turn in new(now, before).news[0].turned] == [
        "Review verdict: act now, before fine. 10 of 20 decided bugs rejected (50 %)."
    ]
    assert new(now, now).empty


def test_tests_that_began_and_ended_since_are_told_and_cancelled_ones_are_not() -> None:
    tests = [
        make_test(id=1, start_at=NOW - DAY / 2, end_at=NOW + DAY),
        make_test(id=2, start_at=NOW - 9 * DAY, end_at=NOW - DAY / 2),
        make_test(id=3, start_at=NOW - 9 * DAY, end_at=NOW - 2 * DAY),
        make_test(id=4, start_at=NOW - DAY / 2, end_at=NOW - DAY / 3, status="cancelled"),
    ]
    (found,) = new(make_facts(tests)).news
    assert ([one.id for one in found.started], [one.id for one in found.ended]) == ([1], [2])


def test_deadlines_of_the_coming_week_name_who_reviews() -> None:
    tests = [
        make_test([make_bug("open", id=1)], id=1, end_at=NOW - 9 * DAY),
        make_test([make_bug("open", id=2, feature_id=2002)], id=2, end_at=NOW - 8 * DAY),
        make_test([make_bug("open", id=3)], id=3, end_at=NOW - 2 * DAY),
    ]
    owners = (Owner(HERE, "feature", 2002, None, "Jonas"),)
    facts = replace(
        make_facts(tests), context=make_context(owners=owners, goals=(make_goals(review_owner="Mara"),))
    )
    found = new(facts).deadlines
    assert [(one.bug_ids, one.reviewers) for one in found] == [((1,), "Mara"), ((2,), "Jonas")]


def test_only_the_products_that_are_asked_for_are_told() -> None:
    tests = [make_test([NEW], id=1), make_test([structs.replace(NEW, id=9)], id=2, product_id=599)]
    assert [one.product_id for one in new(make_facts(tests), None, (599,)).news] == [599]
    with pytest.raises(NotFound, match="Product 7"):
        new(make_facts(tests), None, (7,))


def test_a_hostile_title_stays_text_in_markdown_and_in_a_chat() -> None:
    found = new(make_facts([make_test([NEW])]))
    assert "](javascript" not in digest_markdown(found).replace("\\](", "")
    chat = "\n".join(digest_chat(found))
    for part in ("](", "<!", " @all"):
        assert part not in chat


def test_a_long_digest_is_cut_and_says_how_much_is_left() -> None:
    bugs = [make_bug(severity="high", id=number, reported_at=NOW) for number in range(1, 20)]
    found = new(make_facts([make_test(bugs)]))
    assert digest_markdown(found).count("New high bug") == MOST
    assert "and 14 more new critical or high bugs" in digest_markdown(found)
    many = replace(found, news=found.news * 20)
    lines = digest_chat(many, "https://quality.example/")
    assert len(lines) == MOST_CHAT_LINES + 2
    assert lines[-1] == "https://quality.example/"


def test_an_empty_digest_says_so() -> None:
    assert "Nothing is new" in digest_markdown(new(make_facts([make_test()])))


def test_json_has_everything_that_is_told() -> None:
    said = digest_json(new(make_facts([make_test([NEW], id=1)])))
    assert (said["since"], said["compared_with"]) == ("2026-11-19T06:00:00Z", None)
    assert "'id': 2" in str(said["products"])

"""What others subscribe to: the calendars of deadlines and the feed of news."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar

from build.site.feeds.atom import ENTRIES, atom_feed
from build.site.feeds.calendar import deadlines_calendar
from build.site.links import Links
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.portfolio import portfolio_view
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.hostile import PAYLOADS

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "https://quality.example/reports"


def waiting(days_ago: float, *, opened: int = 2, **overrides: Any) -> Test:
    return make_test(make_bugs(open=opened), end_at=NOW - timedelta(days=days_ago), **overrides)


def entries(tests: Sequence[Test], now: datetime = NOW) -> list[dict[str, object]]:
    """The entries of the calendar, as another program reads them."""
    content = deadlines_calendar("Halo", tests, now, links=Links(), base_url=BASE)
    read = Calendar.from_ical(content)
    assert read.get("version") == "2.0"
    assert read.get("prodid")
    return [
        {
            "uid": str(one["uid"]),
            "until": one.decoded("dtend"),
            "says": str(one["summary"]),
            "stamp": one.decoded("dtstamp"),
            "url": str(one["url"]),
        }
        for one in read.walk("VEVENT")
    ]


def test_a_deadline_is_an_entry_that_ends_when_the_review_does() -> None:
    test = waiting(3, id=7, title="Release 4.2")
    assert entries([test]) == [
        {
            "uid": "review-of-test-7@testio-reports",
            "until": NOW + timedelta(days=7),
            "says": "Review 2 open bugs: Release 4.2",
            "stamp": NOW,
            "url": f"{BASE}/tests/7.html",
        }
    ]


def test_entries_of_several_products_say_whose_they_are_and_keep_their_identity() -> None:
    tests = [waiting(3, id=7, title="Smoke test"), waiting(3, id=8, title="Smoke test", product_id=599)]
    names = {598: "Halo Shop", 599: "Kestrel Bank"}
    whole, alone = (
        Calendar.from_ical(
            deadlines_calendar("All", tests, NOW, links=Links(), base_url=BASE, names=some)
        ).walk("VEVENT")
        for some in (names, None)
    )
    assert [str(one["summary"]) for one in whole] == [
        "Review 2 open bugs: Halo Shop, Smoke test",
        "Review 2 open bugs: Kestrel Bank, Smoke test",
    ]
    assert [str(one["uid"]) for one in whole] == [str(one["uid"]) for one in alone]


def test_an_entry_keeps_its_identity_in_later_snapshots_and_goes_when_nothing_is_open() -> None:
    before, after = waiting(3, id=7), waiting(2, id=7, opened=1, title="Renamed")
    assert entries([before])[0]["uid"] == entries([after], NOW + timedelta(days=1))[0]["uid"]
    assert entries([make_test(make_bugs(rejected=2), id=7)]) == []
    assert entries([waiting(20)]) == []


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_title_adds_a_line_to_a_calendar(text: str) -> None:
    attack = f"{text}\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"
    (entry,) = entries([waiting(3, id=7, title=attack)])
    assert entry["uid"] == "review-of-test-7@testio-reports"


def feed(facts: Facts, earlier: Facts | None = None, base_url: str | None = BASE) -> ET.Element:
    rows, before = (portfolio_view(one, QualityOptions()).rows if one else () for one in (facts, earlier))
    return ET.fromstring(atom_feed(facts, rows, before, links=Links(), base_url=base_url))  # noqa: S314 - our own


def titles(found: ET.Element) -> list[str | None]:
    return [one.findtext(f"{ATOM}title") for one in found.iter(f"{ATOM}entry")]


def test_the_feed_has_what_atom_asks_for() -> None:
    found = feed(make_facts([make_test([make_bug("open", "critical", title="Lost")], title="Checkout")]))
    for element in (found, *found.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}"), name
        datetime.fromisoformat(str(element.findtext(f"{ATOM}updated"))).astimezone(UTC)
    assert found.findtext(f"{ATOM}author/{ATOM}name")
    ids = [one.text for one in found.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids) == 3
    assert titles(found) == ["Test ended: Halo Shop, Checkout", "Critical bug: Halo Shop, Lost"]
    links = [one.attrib["href"] for one in found.iter(f"{ATOM}link")]
    assert all(link.startswith(BASE) for link in links)


def test_low_bugs_demo_tests_and_what_runs_are_no_news() -> None:
    tests = [
        make_test([make_bug("open", "low")], title="over"),
        make_test([make_bug("open", "critical")], demo=True),
        make_test(end_at=NOW + timedelta(days=1), status="running"),
    ]
    assert titles(feed(make_facts(tests))) == ["Test ended: Halo Shop, over"]


def test_a_changed_verdict_is_news_of_the_snapshot() -> None:
    fine = make_facts([make_test(make_bugs(active_accepted=30))], snapshot_id="20261119T060000Z-000000")
    worse = make_facts([make_test([*make_bugs(rejected=30), make_bug("open", "critical")])])
    found = feed(worse, fine)
    assert "Halo Shop, review: Act now, before Fine" in titles(found)
    assert "Halo Shop, product: Act now, before Fine" in titles(found)
    assert not any("before" in str(title) for title in titles(feed(worse, worse)))


def test_the_feed_is_bounded_and_takes_any_text() -> None:
    bugs = [make_bug("open", "critical", title=f"{text} \x00\x08\ud800") for text in PAYLOADS * 5]
    facts = make_facts([make_test(bugs)])
    assert len(titles(feed(facts))) == ENTRIES
    assert len(titles(feed(replace(facts, tests={})))) == 0

"""Review deadlines as a calendar that others subscribe to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from base.text import shorten
from build.site.feeds.addresses import absolute
from build.site.links import Links
from quality.deadlines import Waiting, waiting
from quality.model.entities import Test
from quality.wording import counted

_LONGEST_TITLE = 100
_LONGEST_PRODUCT = 60
_LENGTH = timedelta(minutes=30)


def deadlines_calendar(
    name: str,
    tests: Iterable[Test],
    now: datetime,
    *,
    links: Links,
    base_url: str | None,
    names: Mapping[int, str] | None = None,
) -> bytes:
    """Write the review deadlines of tests as a calendar: an entry for each test with open bugs.

    An entry keeps its identity from build to build, so that a subscribed calendar moves it, and drops it
    once nothing is open. Deadlines that are over are left out.

    Args:
        name: Of the calendar.
        tests: All tests; those without open bugs have no entry.
        now: The snapshot's time.
        links: The site's paths.
        base_url: Where the site is published, for links; None for none.
        names: Of the products by id, where the calendar is of several.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//testio-reports//review deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Review deadlines: {shorten(name, _LONGEST_TITLE)}")
    for one in waiting(tests, now):
        if not one.overdue:
            calendar.add_component(_entry(one, now, links, base_url, (names or {}).get(one.test.product_id)))
    content: bytes = calendar.to_ical()
    return content


def _entry(one: Waiting, now: datetime, links: Links, base_url: str | None, product: str | None) -> Event:
    event = Event()
    bugs = counted(len(one.bugs), "open bug")
    event.add("uid", f"review-of-test-{one.test.id}@testio-reports")
    event.add("dtstamp", now)
    event.add("dtstart", one.ends_at - _LENGTH)
    event.add("dtend", one.ends_at)
    whose = f"{shorten(product, _LONGEST_PRODUCT)}, " if product else ""
    event.add("summary", f"Review {bugs}: {whose}{shorten(one.test.title, _LONGEST_TITLE)}")
    grave = sum(bug.severity in {"critical", "high"} for bug in one.bugs)
    event.add("description", f"{bugs}, {grave} of them critical or high, will be auto-accepted.")
    if page := absolute(base_url, links.test(one.test.id)):
        event.add("url", page)
    return event

"""News of the account as an Atom feed: grave bugs, tests that ended, verdicts that changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from base.text import clean, shorten
from build.site import labels
from build.site.feeds.addresses import absolute
from build.site.links import Links
from quality.model.facts import Facts
from quality.products import all_products
from quality.views.portfolio import PortfolioRow

ENTRIES = 60
_ATOM = "http://www.w3.org/2005/Atom"
_LONGEST_TITLE = 140
_LONGEST_PRODUCT = 60
_GRAVE = frozenset({"critical", "high"})


@dataclass(frozen=True, slots=True)
class News:
    """An entry; `key` stays the same in later feeds."""

    key: str
    title: str
    path: str
    at: datetime


def atom_feed(
    facts: Facts,
    rows: Iterable[PortfolioRow],
    before: Iterable[PortfolioRow],
    *,
    links: Links,
    base_url: str | None,
) -> bytes:
    """Write the newest news of all products, newest first.

    Args:
        facts: The snapshot.
        rows: The products with their verdicts.
        before: The same of an earlier snapshot; none without one.
        links: The site's paths.
        base_url: Where the site is published; without it links are relative to the feed.
    """
    whose = {one.id: f"{shorten(one.name, _LONGEST_PRODUCT)}, " for one in all_products(facts).values()}
    found = [
        *_bugs(facts, links, whose),
        *_tests(facts, links, whose),
        *_verdicts(facts, rows, before, links, whose),
    ]
    newest = sorted(found, key=lambda one: (one.at, one.key), reverse=True)[:ENTRIES]
    feed = ET.Element("feed", xmlns=_ATOM)
    _add(feed, "title", "Quality reports")
    _add(feed, "id", _urn("feed"))
    _add(feed, "updated", _stamp(newest[0].at if newest else facts.as_of))
    ET.SubElement(feed, "link", rel="self", href=absolute(base_url, "feed.xml") or "feed.xml")
    ET.SubElement(feed, "link", rel="alternate", href=absolute(base_url, "index.html") or "index.html")
    _add(ET.SubElement(feed, "author"), "name", "testio-reports")
    for one in newest:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "title", clean(shorten(one.title, _LONGEST_TITLE)))
        _add(entry, "id", _urn(one.key))
        _add(entry, "updated", _stamp(one.at))
        ET.SubElement(entry, "link", rel="alternate", href=absolute(base_url, one.path) or one.path)
        _add(entry, "content", clean(shorten(one.title, _LONGEST_TITLE)))
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _bugs(facts: Facts, links: Links, whose: Mapping[int, str]) -> Iterator[News]:
    for bug in facts.bugs.values():
        if bug.severity in _GRAVE and bug.reported_at is not None and not facts.tests[bug.test_id].demo:
            title = f"{labels.severity(bug.severity)} bug: {whose[bug.product_id]}{bug.title}"
            yield News(f"bug:{bug.id}", title, links.bug(bug.id, bug.test_id), bug.reported_at)


def _tests(facts: Facts, links: Links, whose: Mapping[int, str]) -> Iterator[News]:
    for test in facts.tests.values():
        if test.executed and not test.demo and test.end_at is not None and test.end_at <= facts.as_of:
            title = f"Test ended: {whose[test.product_id]}{test.title}"
            yield News(f"test:{test.id}", title, links.test(test.id), test.end_at)


def _verdicts(
    facts: Facts,
    rows: Iterable[PortfolioRow],
    before: Iterable[PortfolioRow],
    links: Links,
    whose: Mapping[int, str],
) -> Iterator[News]:
    earlier = {row.product.id: row for row in before}
    for row in rows:
        old = earlier.get(row.product.id)
        if old is None:
            continue
        for name, was, now in (
            ("product", old.product_verdict.level, row.product_verdict.level),
            ("review", old.review_verdict.level, row.review_verdict.level),
        ):
            if was != now:
                title = f"{whose[row.product.id]}{name}: {labels.level(now)}, before {labels.level(was)}"
                key = f"verdict:{row.product.id}:{name}:{facts.snapshot_id}"
                yield News(key, title, links.product(row.product.id), facts.as_of)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _urn(key: str) -> str:
    return f"urn:x-testio-reports:{key}"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

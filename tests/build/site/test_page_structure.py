import re
from collections.abc import Mapping
from itertools import pairwise

import pytest

from build.site.pages.test import test_pages as pages_of_a_test
from build.site.site import site_files, sources
from tests.build.site.parsed_pages import Document, read
from tests.factories import (
    make_bugs,
    make_facts,
    make_test,
)


def test_every_page_is_well_formed_with_unique_ids(pages: Mapping[str, Document]) -> None:
    assert {path: page.faults for path, page in pages.items() if page.faults} == {}


def test_no_page_needs_what_a_strict_policy_forbids(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        for element in page.elements:
            if element.tag == "script":  # what it adds is not needed: see the tests in Chromium
                assert set(element.attributes) == {"src", "defer"}, path
                assert re.fullmatch(r"(\.\./)*assets/\w+\.[0-9a-f]{10}\.js", element.attributes["src"] or "")
                assert element.text == ""
            assert element.tag not in {
                "style",
                "iframe",
                "object",
                "embed",
                "base",
                "form",
                "img",
            }, path
            names = set(element.attributes)
            assert not {"style", "srcdoc", "srcset", "background", "fill", "stroke"} & names, path
            assert not any(name.startswith("on") for name in names), path
            for name in ("href", "src", "action", "xlink:href"):
                value = element.attributes.get(name) or ""
                assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), path


def test_every_page_says_of_when_its_data_are_and_how_to_get_on(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        assert len(list(page.all("h1"))) == 1, path
        if any(meta.attributes.get("http-equiv") == "refresh" for meta in page.all("meta")):
            continue
        text = next(page.all("body")).text
        assert "2026-11-20 06:00 UTC" in text, path
        assert "No gaps." in text, path
        skip = next(page.all("a"))
        assert skip.attributes["href"] == "#content"
        assert "content" in page.ids
        names = [nav.attributes.get("aria-label") for nav in page.all("nav")]
        assert "Site" in names
        assert ("Breadcrumbs" in names) == (path != "index.html")
        assert len(names) == len(set(names)), path


def test_headings_leave_no_level_out(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        levels = [int(element.tag[1]) for element in page.elements if re.fullmatch(r"h[1-6]", element.tag)]
        assert levels[0] == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path


def test_every_table_has_a_name_of_its_own_and_heads_of_its_rows_and_columns(
    pages: Mapping[str, Document],
) -> None:
    for path, page in pages.items():
        names = [table.attributes.get("aria-label") for table in page.all("table")]
        assert all(names), path
        assert len(names) == len(set(names)), path
        assert all(head.attributes.get("scope") in {"row", "col"} for head in page.all("th")), path


def test_every_chart_is_named_and_its_numbers_stand_in_a_table(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        outermost = [svg for svg in page.all("svg") if "svg" not in svg.path]
        charts = [svg for svg in outermost if svg.attributes.get("role") == "img"]
        ways = [svg for svg in outermost if svg.attributes.get("role") == "group"]
        assert all(way.attributes.get("aria-label") for way in ways), path
        assert all(
            svg.attributes.get("aria-hidden") == "true" for svg in outermost if svg not in [*charts, *ways]
        ), path
        for chart in charts:
            for name in ("aria-labelledby", "aria-describedby"):
                assert chart.attributes[name] in page.ids, path
        assert not charts or list(page.all("table")), path


def test_a_long_title_of_a_test_heads_its_page_cut_and_stands_below_it_whole() -> None:
    long = "Checkout of the storefront, " * 11
    facts = make_facts([make_test(id=7, title=long, created_by="x" * 300), make_test(id=8)])
    site = sources(facts).site
    page, other = (read(dict(pages_of_a_test(site, one))[f"tests/{one}.html"].decode()) for one in (7, 8))
    assert len(next(page.all("h1")).text) == 120
    assert long.strip() in [one.text.strip() for one in page.all("p")]
    assert "x" * 73 not in page.elements[0].text
    assert "Test 8" not in [one.text.strip() for one in other.all("p")]


@pytest.mark.slow
def test_long_lists_are_split_into_pages_of_500() -> None:
    bugs = make_bugs(active_accepted=1200)
    tests = [make_test(bugs, id=7), *(make_test(id=1000 + at) for at in range(600))]
    facts = make_facts(tests)
    site = dict(site_files(facts))
    rows = {
        path: sum(
            element.tag == "tr" and "tbody" in element.path for element in read(site[path].decode()).elements
        )
        for path in ("products/598-halo-shop/tests.html", "products/598-halo-shop/tests-2.html")
    }
    assert list(rows.values()) == [500, 101]
    anchors = [
        [one for one in read(site[path].decode()).ids if re.fullmatch(r"bug-\d+", one)]
        for path in ("tests/7.html", "tests/7-2.html", "tests/7-3.html")
    ]
    assert [len(one) for one in anchors] == [500, 500, 200]
    assert {f"bug-{bug.id}" for bug in bugs} == {one for part in anchors for one in part}
    chosen = next(
        one
        for one in read(site["tests/7-2.html"].decode()).all("span")
        if one.attributes.get("id") == "accepted"
    )
    assert chosen.text == "Accepted, 500 of 1,200 bugs on this page, the next 200"

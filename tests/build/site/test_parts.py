"""A page is made only when something changed that it shows; its maker sees nothing else."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from base.code import code_digest
from build.site import site as whole_site
from build.site.kept import LIST, SEEN
from build.site.parts import Part
from build.site.site import MADE_BY, SiteOptions, build_parts, build_site, pages_of, site_files, sources
from demo.account.account import demo_account
from quality.findings.finding import PLANNED
from quality.model.context import Context, Note, Place
from quality.model.entities import Test
from quality.model.facts import Facts, Gap
from quality.options import QualityOptions
from quality.selection import Selection
from quality.views import test as page_of_test
from quality.views.report import report_view
from tests.build.account_facts import account_facts
from tests.factories import NOW, make_bug, make_facts, make_product, make_test

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def demo_of_30() -> Facts:
    facts = account_facts(demo_account(30))
    bugs = [bug for bug in facts.bugs.values() if bug.product_id == 598]
    again = {bug.id: other.id for bug, other in zip(bugs, reversed(bugs), strict=True) if bug.id % 5 == 0}
    gaps = tuple(
        Gap(kind, 7, product_id, "missing", "Gone.")
        for kind in ("test", "tests", "product")
        for product_id in (None, 598)
    )
    return replace(facts, found_again=again, gaps=gaps)


def an_account(*, now: int = 0, **changes: Test) -> Facts:
    """Two products; the first has a settled test, one with an open bug, and one that has found nothing."""
    ended = NOW - 30 * DAY
    tests = {
        "settled": make_test([make_bug(id=1)], id=11, end_at=ended, status="archived"),
        "waiting": make_test([make_bug("open", id=2)], id=12, end_at=NOW - 3 * DAY, status="locked"),
        "quiet": make_test([], id=13, end_at=ended, status="archived"),
        "other": make_test([make_bug(id=3)], id=14, product_id=599, end_at=ended, status="archived"),
    } | changes
    products = [make_product(), make_product(599, "Kestrel Bank")]
    facts = make_facts(tests.values(), products=products)
    at = NOW + now * DAY
    return replace(facts, as_of=at, snapshot_id=f"day {now}", changed={one.id: NOW for one in tests.values()})


def written(site: Path, facts: Facts, options: SiteOptions | None = None) -> set[str]:
    """Build, and return the files that were written."""
    before = times(site)
    report = build_site(facts, site, options)
    changed = {path for path, time in times(site).items() if before.get(path) != time}
    assert report.written == len(changed)
    return changed


def times(site: Path) -> Mapping[str, int]:
    return {
        path.relative_to(site).as_posix(): path.stat().st_mtime_ns
        for path in site.rglob("*")
        if path.is_file() and path.name not in {LIST, SEEN, ".pages.lock"}
    }


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the parts whose pages were made."""
    seen: list[str] = []
    real = whole_site.pages_of

    def noting(part: Part, site: object) -> object:
        seen.append(part.name)
        return real(part, site)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_site, "pages_of", noting)
    return seen


def test_what_a_page_does_not_see_it_does_not_show() -> None:
    made_of = sources(demo_of_30(), earlier=replace(demo_of_30(), as_of=demo_of_30().as_of - DAY))
    parts = list(made_of.parts())
    assert {part.kind for part in parts} == {"test", "product", "lists", "account"}
    for part in parts:
        seen = made_of.seen_by(part)
        moment = replace(made_of.site.facts, as_of=seen.facts.as_of, snapshot_id=seen.facts.snapshot_id)
        assert list(pages_of(part, seen)) == list(pages_of(part, replace(made_of.site, facts=moment))), part


def test_after_a_day_on_which_nothing_changed_only_what_tells_the_day_is_written(
    tmp_path: Path, made: list[str]
) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    changed = written(tmp_path, an_account(now=1))
    assert made == ["test 12", "product 598", "lists 598", "product 599", "lists 599", "account"]
    assert {path for path in changed if path.startswith("tests/")} <= {"tests/12.html"}
    assert not {path for path in changed if "tests.html" in path or "features.html" in path}
    assert {"index.html", "about.html", "products/598-halo-shop/index.html"} <= changed


def test_a_changed_test_writes_its_page_and_those_of_its_product(tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    changed = written(tmp_path, an_account(quiet=make_test([make_bug(id=4)], id=13, end_at=NOW - 30 * DAY)))
    assert made == ["test 13", "product 598", "lists 598", "account"]
    assert {path for path in changed if path.startswith("tests/")} == {"tests/13.html", "tests/13-bugs.csv"}
    assert not {path for path in changed if "599" in path}


def test_an_action_has_the_same_date_on_the_page_of_a_test_and_in_the_report_of_its_product() -> None:
    """Of every test of the demo, however long it has been as it is."""
    demo = account_facts(demo_account())
    options = QualityOptions()
    of_product = {
        product_id: {one.due for one in report.findings if one.due}
        for product_id in demo.products
        for report in [report_view(demo, Selection(product_ids=(product_id,)), options)]
    }
    facts = replace(demo, changed={number: demo.as_of - number % 40 * DAY for number in demo.tests})
    unplanned = {number: one for number, one in facts.tests.items() if one.status not in PLANNED}
    for some, least in ((facts, 5), (replace(facts, tests=unplanned), 0)):
        made_of = sources(some)
        dated = 0
        for number, test in some.tests.items():
            seen = made_of.seen_by(Part("test", number))
            for one in page_of_test.test_view(seen.facts, number, options, seen.now).findings:
                dated += bool(one.due)
                assert not one.due or {one.due} == of_product[test.product_id], (number, one)
        assert (dated > 0) == (least > 0)
        assert dated >= least


def test_pages_with_an_action_are_made_anew_when_its_date_moves(tmp_path: Path, made: list[str]) -> None:
    """The next test of the product is planned, moved and over; without one there is no date to move."""
    grave = make_test([make_bug(severity="critical", id=1)], id=11, end_at=NOW - 30 * DAY, status="archived")
    plans = [
        make_test(id=number, title=f"Next {number}", status="waiting", start_at=NOW + days * DAY, end_at=None)
        for number, days in ((15, 4), (16, 9), (15, 5))
    ]
    dates = []
    for now, some in (
        (0, {}), (0, {"next": plans[0]}), (1, {"next": plans[0], "later": plans[1]}),
        (2, {"next": plans[2], "later": plans[1]}), (4, {"next": plans[2], "later": plans[1]}),
        (5, {}), (6, {}), (7, {}),
    ):  # fmt: skip
        facts = an_account(now=now, settled=grave, **some).of_products((598,))
        made.clear()
        build_site(facts, tmp_path)
        due = "".join(re.findall(r"at the latest (.*?)\.", (tmp_path / "tests/11.html").read_text()))
        dates.append((due, "test 11" in made))
        part = Part("test", 11)
        fresh = dict(pages_of(part, sources(facts).seen_by(part)))["tests/11.html"]
        assert (tmp_path / "tests/11.html").read_bytes().startswith(fresh)
    assert dates == [
        ("", True),
        ("before “Next 15” starts on 24 Nov", True),
        ("before “Next 15” starts on 24 Nov", False),
        ("before “Next 15” starts on 25 Nov", True),
        ("before “Next 16” starts on 29 Nov", True),
        ("", True),
        ("", False),
        ("", False),
    ]


def test_the_same_account_makes_nothing_and_the_list_stays(tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    before = {name: (tmp_path / name).read_bytes() for name in (LIST, SEEN)}
    assert written(tmp_path, an_account()) == set()
    assert made == []
    assert before == {name: (tmp_path / name).read_bytes() for name in (LIST, SEEN)}


def test_a_renamed_product_has_all_pages_that_name_it_made_anew(tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    facts = an_account()
    renamed = replace(facts, products={**facts.products, 599: make_product(599, "Falcon Bank")})
    changed = written(tmp_path, renamed)
    assert made == ["test 14", "product 599", "lists 599", "account"]
    folders = {path.split("/")[1] for path in changed if path.startswith("products/")}
    assert folders == {"599-falcon-bank", "599-kestrel-bank", "599"}
    assert "tests/14.html" in changed
    made.clear()
    assert written(tmp_path, renamed) == set()
    assert made == []


def test_a_vanished_test_takes_its_page_along(tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    facts = an_account()
    left = replace(facts, tests={number: one for number, one in facts.tests.items() if number != 13})
    assert build_site(left, tmp_path).removed == 3, "its page and its data"
    assert made == ["product 598", "lists 598", "account"]


@pytest.mark.parametrize(
    "options", [SiteOptions(customer_name="Halo Group"), SiteOptions(base_url="https://quality.example")]
)
def test_another_setting_makes_every_page_anew(options: SiteOptions, tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    every = list(made)
    made.clear()
    build_site(an_account(), tmp_path, options)
    assert made == every


def test_another_template_or_code_makes_every_page_anew_and_writes_what_it_changes(
    tmp_path: Path, made: list[str]
) -> None:
    build_site(an_account(), tmp_path)
    every = list(made)
    made.clear()
    other = replace(sources(an_account()), code="another version")
    assert other.code != code_digest(MADE_BY)
    assert build_parts(other, tmp_path).written == 0
    assert made == every


def test_a_note_makes_the_pages_anew_that_it_is_for(tmp_path: Path, made: list[str]) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    note = Note(Place("notes.md"), "test", 13, "Look here.", visibility="published")
    build_site(replace(an_account(), context=Context(notes=(note,))), tmp_path)
    assert made == ["test 13", "product 598", "lists 598", "account"]


@pytest.mark.parametrize("harm", ["changed", "same size", "gone", "linked", "a folder"])
def test_a_page_that_is_not_as_it_was_written_is_made_again(
    harm: str, tmp_path: Path, made: list[str]
) -> None:
    build_site(an_account(), tmp_path)
    page = tmp_path / "tests" / "11.html"
    before = page.read_bytes()
    made.clear()
    if harm == "changed":
        page.write_bytes(b"other")
    elif harm == "same size":
        page.write_bytes(before.replace(b"Test 11", b"Test 99"))
    else:
        page.unlink()
    if harm == "linked":
        (tmp_path / "copy").write_bytes(before)
        page.symlink_to(tmp_path / "copy")
    elif harm == "a folder":
        page.mkdir()
    if harm in {"linked", "a folder"}:
        with pytest.raises(Exception, match="in the way"):
            build_site(an_account(), tmp_path)
        return
    assert written(tmp_path, an_account()) == {"tests/11.html"}
    assert made == ["test 11"]
    assert page.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"\xc1", b"\x81\xa1a\x01"], ids=repr)
def test_without_the_note_of_sizes_and_times_files_are_read(
    content: bytes | None, tmp_path: Path, made: list[str]
) -> None:
    build_site(an_account(), tmp_path)
    made.clear()
    if content is None:
        (tmp_path / SEEN).unlink()
    else:
        (tmp_path / SEEN).write_bytes(content)
    (tmp_path / "tests" / "11.html").write_bytes(b"other")
    assert written(tmp_path, an_account()) == {"tests/11.html"}
    assert made == ["test 11"]


def test_only_portfolio_about_and_the_products_own_pages_name_the_snapshot() -> None:
    """Whatever else is made, of new kinds too, changes when its own data do."""
    facts = an_account(now=9)
    named = {path for path, content in site_files(facts) if facts.snapshot_id.encode() in content}
    reports = {
        f"products/{folder}/{name}"
        for folder in ("598-halo-shop", "599-kestrel-bank")
        for name in ("index.html", "handout.html", "report.md", "last-90-days/report.md")
    }
    of_products = {path for path in named if path.startswith(("products/", "tests/", "search/"))}
    assert of_products == reports
    assert {"index.html", "about.html", "api/v1/products.json"} <= named
    assert not {"search.html", "deadlines.ics", "feed.xml", "products.csv"} & named


def test_a_page_says_of_when_its_own_data_are(tmp_path: Path) -> None:
    facts = replace(an_account(now=9), changed={11: NOW, 12: NOW + DAY, 13: NOW, 14: NOW})
    build_site(facts, tmp_path)
    assert "Data of 2026-11-20 06:00 UTC, unchanged since." in (tmp_path / "tests/11.html").read_text()
    lists = (tmp_path / "products/598-halo-shop/tests.html").read_text()
    assert "Data of 2026-11-21 06:00 UTC, unchanged since." in lists
    assert "Snapshot day 9" in (tmp_path / "products/598-halo-shop/index.html").read_text()

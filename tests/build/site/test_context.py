"""What people say stands on the page of what they say it of; what is internal, on none that is published."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from posixpath import dirname, normpath

import pytest

from build.search.index import update_index
from build.search.query import open_index, search
from build.site.site import SiteOptions, build_site, site_files
from quality.model.context import Context, Owner
from quality.model.facts import Facts
from quality.options import QualityOptions
from tests.factories import make_bug, make_bugs, make_facts, make_feature, make_test
from tests.quality.context.contexts import (
    HERE,
    make_action,
    make_context,
    make_goal,
    make_goals,
    make_link,
    make_note,
    make_own,
    make_release,
)

SECRET = "Canary"
PRODUCT, TEST = "products/598-halo-shop/index.html", "tests/1.html"
REPORT = "products/598-halo-shop/report.md"
RELEASE = "products/598-halo-shop/releases/4.3"


BUGS = [make_bug(severity="critical", id=4001), *make_bugs(rejected=10, active_accepted=10)]
FACTS = make_facts([make_test(BUGS, id=1)], features=[make_feature(2001)])


def facts_with(context: Context) -> Facts:
    return replace(FACTS, context=context)


def pages(context: Context, options: SiteOptions | None = None) -> dict[str, str]:
    return {path: content.decode() for path, content in site_files(facts_with(context), options)}


def everywhere(text: str, **overrides: str) -> Context:
    """The text as a note on each kind of thing, and as a record of the team's own kind."""
    targets = {"product": 598, "feature": 2001, "test": 1, "bug": 4001}
    notes = [
        make_note(f"{text} {one}", target=one, id=number, **overrides) for one, number in targets.items()
    ]
    own = (make_own(title=f"{text} own", **overrides),)
    return make_context(notes=tuple(notes), own=own, releases=(make_release(test_ids=(1,)),))


def test_an_internal_note_is_in_no_byte_of_a_site_and_a_published_one_is_on_its_page(tmp_path: Path) -> None:
    """By default, also in its hidden files: a site is published unless somebody says that it is not."""
    build_site(facts_with(everywhere(SECRET)), tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {f"{RELEASE}/{name}" for name in ("index.html", "report.md", "brief.md", "handout.html")} <= {
        path.relative_to(tmp_path).as_posix() for path in written
    }
    assert [path for path in written if SECRET.lower().encode() in path.read_bytes().lower()] == []
    shown = pages(everywhere("Said", visibility="published"))
    assert {"product", "feature", "own"} <= set(_after(shown[PRODUCT], "Said "))
    assert {"product", "feature", "own"} <= set(_after(shown[REPORT], "Said "))
    assert {"test", "bug"} <= set(_after(shown[TEST], "Said "))


def _after(text: str, word: str) -> list[str]:
    return [rest.split("<")[0].split()[0] for rest in text.split(word)[1:]]


def test_the_hand_out_has_the_newest_published_notes_and_no_internal_one_whoever_opens_the_site() -> None:
    about = {"target": "product", "id": 598}
    notes = [
        make_note(f"Said on {day}", date=date(2026, 11, day), visibility="published", **about)
        for day in (3, 9, 6)
    ]
    notes.append(make_note(SECRET, **about))
    shown = pages(make_context(notes=tuple(notes)), SiteOptions(internal_notes=True))
    sheets = shown["products/598-halo-shop/handout.html"].split('<div id="markdown"')[0]
    assert sheets.index("Said on 9") < sheets.index("Said on 6")
    assert "Said on 3" not in sheets
    assert SECRET not in sheets


def test_each_team_has_a_brief_that_the_portfolio_leads_to() -> None:
    hostile = "<b>*Team*</b>\n../../x"
    owners = (Owner(HERE, "product", 598, hostile, "Mara"), Owner(HERE, "feature", 2001, "Checkout"))
    shown = pages(make_context(owners=owners))
    briefs = [path for path in shown if path.startswith("teams/")]
    assert sorted(briefs) == ["teams/b-team-b-x/brief.md", "teams/checkout/brief.md"]
    assert all(f'href="{path}"' in shown["index.html"] for path in briefs)
    for path in briefs:
        assert len(shown[path].splitlines()) <= 5
        assert len(shown[path].split()) <= 80
        assert "<b>" not in shown[path]


def test_a_site_of_the_team_alone_has_internal_notes_and_says_that_they_are() -> None:
    shown = pages(everywhere(SECRET), SiteOptions(internal_notes=True))
    assert f"{SECRET} product" in shown[PRODUCT]
    assert "· internal" in shown[PRODUCT]
    assert f"{SECRET} bug" in shown[TEST]


def test_hostile_notes_stay_text_on_pages_and_in_markdown() -> None:
    hostile = "</p><script>alert(1)</script>\n# Owned\n| a | b |\n[x](javascript:alert(1)) {{ 7*7 }} @team"
    note = make_note(hostile, target="product", id=598, visibility="published", author=hostile)
    link = make_link(key=hostile, url="javascript:alert(1)")
    record = make_own(title=hostile, kind="risk", values=((hostile, hostile),), visibility="published")
    release = make_release(hostile, link="javascript:alert(1)")
    action = make_action(what=hostile, owner=hostile)
    shown = pages(
        make_context(notes=(note,), links=(link,), own=(record,), releases=(release,), actions=(action,))
    )
    for path, text in shown.items():
        if path.endswith(".html"):
            assert "<script>alert" not in text, path
            assert 'href="javascript:' not in text, path
    report = shown[REPORT]
    assert "\n# Owned" not in report
    assert "](javascript:" not in report.replace("\\](", "")
    assert "Owned" in report


def test_a_note_that_has_expired_is_not_shown() -> None:
    notes = (
        make_note("Holds", target="product", id=598, visibility="published", expires=date(2026, 11, 20)),
        make_note("Gone", target="product", id=598, visibility="published", expires=date(2026, 11, 19)),
    )
    text = pages(make_context(notes=notes))[PRODUCT]
    assert ("Holds" in text, "Gone" in text) == (True, False)


def test_releases_goals_actions_and_owners_stand_on_the_product_page_and_in_its_markdown() -> None:
    context = make_context(
        releases=(
            make_release(test_ids=(1,)),
            make_release("4.2", status="shipped", date=date(2026, 10, 30)),
        ),
        goals=(make_goals(make_goal(), review_owner="Mara"),),
        actions=(make_action(),),
    )
    shown = pages(context)
    for text in (shown[PRODUCT].replace("\xa0", " "), shown[REPORT]):
        for part in ("4.3, planned", "at most 20 %", "Describe checkout", "Bugs are reviewed by Mara"):
            assert part in text
        assert "missed since Oct 2026" in text
        assert "moved: 50 % → 48 %" in text
    sheets = shown["products/598-halo-shop/handout.html"].replace("\xa0", " ").split('<div id="markdown"')[0]
    assert "<b>Releases:</b> 4.3, planned 21 Nov 2026; 4.2, shipped 30 Oct 2026.</p>" in sheets
    assert "10 of 21 (48 %), at most 20 %: missed since Oct 2026." in sheets
    figures = shown[PRODUCT].replace("\xa0", " ").split('id="changed"')[1].split("</table>")[0]
    assert "Goal: at most 20 %, missed since Oct 2026" in figures


def test_a_release_has_a_page_that_product_page_switch_and_trend_lead_to() -> None:
    older = make_release("4.2", status="shipped", date=date(2026, 10, 30), test_ids=(1,))
    shown = pages(make_context(releases=(make_release(), older)))
    product = shown[PRODUCT]
    switch = product.split('aria-label="Release"')[1].split("</nav>")[0]
    months = product.split("The months in numbers")[1].split("</table>")[0]
    marks = product.split("Reports of releases: ")[1].split("</p>")[0]
    listed = product.split("<summary>Releases</summary>")[1].split("</table>")[0]
    for part, version in ((switch, "4.3"), (switch, "4.2"), (months, "4.2"), (marks, "4.2"), (listed, "4.3")):
        assert f'href="releases/{version}/index.html"' in part
    page = shown[f"{RELEASE}/index.html"]
    assert 'aria-current="page" dir="auto">Release 4.3</a>' in page
    assert "· Release 4.2, shipped 30 Oct 2026 (UTC)</span>" in page
    for name in ("index.html", "report.md", "handout.html"):
        assert "Before: 4.2" in shown[f"{RELEASE}/{name}"]
    assert "products/598/releases/4.3/release.csv" in shown
    assert json.loads(shown["api/v1/products/598/releases/4.3.json"])["period"]["title"] == "Release 4.3"


@pytest.mark.slow
def test_a_release_of_any_name_stays_in_its_folder_and_every_link_to_it_leads_somewhere() -> None:
    versions = [
        "../../../etc/passwd",
        "x" * 300,
        "😀",
        "🎉",
        "4.2 RC",
        "4.2-rc",
        "CON",
        "<b>&\"'",
        "..",
        "%2e",
    ]
    shown = pages(make_context(releases=tuple(make_release(one) for one in versions)))
    made = [path for path in shown if path.endswith("/index.html") and "/releases/" in path]
    assert len(made) == len(versions)
    for path in shown:
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", path), path
        assert ".." not in path
    for page, folder in ((PRODUCT, "releases/"), (made[0], "../")):
        links = re.findall(rf'href="({folder}[^."#][^"#]*/index.html)"', shown[page])
        assert len(links) > len(versions)
        for link in links:
            assert normpath(f"{dirname(page)}/{link}") in shown, link


@pytest.mark.slow
def test_a_link_to_the_tracker_stands_with_its_bug_and_settles_the_verdict() -> None:
    link = make_link(key="SHOP-12", url="https://tracker.example/SHOP-12", state="fixed", fixed_in="4.3")
    shown = pages(make_context(links=(link,)))
    assert (
        '<a href="https://tracker.example/SHOP-12" rel="noopener noreferrer nofollow" dir="auto">SHOP-12</a>'
        in shown[TEST]
    )
    assert "fixed in 4.3" in shown[TEST]
    assert "4001, SHOP-12 (fixed in 4.3)" in shown["products/598-halo-shop/bugs.html"]
    brief = "products/598-halo-shop/brief.md"
    assert "1 critical bug is accepted" in pages(Context())[brief]
    assert "1 critical bug is accepted" not in shown[brief]


@pytest.mark.slow
def test_what_changes_in_the_context_is_built_and_nothing_else(tmp_path: Path) -> None:
    note = make_note("First", target="test", id=1, visibility="published")
    build_site(facts_with(make_context(notes=(note,))), tmp_path)
    assert build_site(facts_with(make_context(notes=(note,))), tmp_path).written == 0
    changed = replace(note, text="Second")
    assert build_site(facts_with(make_context(notes=(changed,))), tmp_path).written == 1
    assert "Second" in (tmp_path / TEST).read_text(encoding="utf-8")


def test_a_note_is_found_by_search_where_it_belongs(tmp_path: Path) -> None:
    update_index(facts_with(everywhere(SECRET)), tmp_path)
    index = open_index(tmp_path)
    assert index is not None
    for kind in ("product", "feature", "test", "bug"):
        found = search(index, f'"{SECRET} {kind}"')
        assert [hit.kind for hit in found.hits] == [kind]


@pytest.mark.slow
def test_what_the_context_judges_by_is_what_the_page_is_judged_by() -> None:
    limits = make_goals(
        thresholds={"critical_bugs_critical": 2, "rejection_critical": 0.9, "rejection_warning": 0.8}
    )
    options = SiteOptions(QualityOptions())
    strict, mild = (pages(one, options)[PRODUCT] for one in (Context(), make_context(goals=(limits,))))
    assert strict.count("badge-act_now") > mild.count("badge-act_now")

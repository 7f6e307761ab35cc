"""The pages keep to the budgets of words, numbers and bytes that a person and a phone can take in.

Each holds on the demo, on a hostile account with releases, and on one of 700 tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from build.site.assets import load_assets
from build.site.markdown.report import words
from build.site.pages import tests as lists_of_tests
from build.site.pages.bugs import bug_list_pages
from build.site.pages.features import features_page
from build.site.pages.portfolio import portfolio_pages
from build.site.pages.product import product_pages
from build.site.site import sources
from context_files.load import load_context
from context_files.place import EXAMPLE
from demo.account.account import demo_account
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.report import ReportView, report_view
from tests.build.account_facts import account_facts
from tests.build.site.built_sites import build_demo
from tests.build.site.said_once import told_twice
from tests.hostile import PAYLOADS
from tests.hostile import hostile as attacked
from tests.quality.context.contexts import make_context, make_release

MOST_WORDS, MOST_NUMBERS = 45, 9
PAGE_BYTES, PAGE_NODES, LIST_ROWS = 60_000, 2_500, 500
STYLE_BYTES = 15 * 1024  # of one style sheet; lists and hand-outs have their own
SCRIPT_BYTES = 30 * 1024
_SUMMARY = re.compile(r"(products/\d+[^/]*/)?((releases/)?[^/]+/)?index\.html")
_DAY = re.compile(r"\d+ [A-Z][a-z]{2}( \d{4})?(, \d\d:\d\d( UTC)?)?")
_NAME = re.compile("“[^”]*”")
_FOLDED = re.compile(r"<details[^>]*>(?:(?!<details).)*?</details>", re.DOTALL)
_SILENT = re.compile(r"<(title|desc|nav)\b.*?</\1>", re.DOTALL)
every_account = pytest.mark.parametrize("account", ["demo", "hostile", "big"])


def reports(facts: Facts, key: str) -> Iterator[ReportView]:
    for product_id in facts.products:
        chosen = Selection(product_ids=(product_id,), period=period(key, facts.as_of))
        yield report_view(facts, chosen, QualityOptions())


def within_budget(sentences: tuple[str, ...]) -> bool:
    """Whether a headline is short; a name counts as one word, a date or period as no number."""
    text = _DAY.sub("then", _NAME.sub("name", " ".join(sentences)))
    text = text.replace("last 90 days", "last days").replace("90 days to then", "days to then")
    return words(text) <= MOST_WORDS and len(re.findall(r"\d[\d.,]*", text)) <= MOST_NUMBERS


@lru_cache(maxsize=3)
def facts_of(account: str) -> Facts:
    if account != "hostile":
        whole = account_facts(demo_account(700 if account == "big" else 120))
        return replace(whole, context=load_context(EXAMPLE))
    releases = tuple(make_release(attack, product_id=598) for attack in PAYLOADS[::7])
    return replace(account_facts(attacked(demo_account(30))), context=make_context(releases=releases))


@lru_cache(maxsize=3)
def pages_of(account: str) -> Mapping[str, str]:
    """The pages of all products together and of each product, with their Markdown."""
    if account == "demo":
        return built_over_days()
    site = sources(facts_of(account)).site
    made = dict(portfolio_pages(site))
    for product in site.facts.products.values():
        for pages in (product_pages, bug_list_pages, lists_of_tests.test_list_pages):
            made |= dict(pages(site, product))
        made |= dict([features_page(site, product)])
    return {path: page.decode() for path, page in made.items() if path.endswith((".html", ".md"))}


def built_over_days() -> Mapping[str, str]:
    """The demo's pages as its user gets them after five days, by their paths."""
    with TemporaryDirectory() as folder:
        site = Path(folder, "site")
        build_demo(Path(folder, "snapshots"), site, days=5)
        paths = (path for path in site.rglob("*") if path.suffix in {".html", ".md"})
        return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def words_of(page: str) -> int:
    """How many words of a page's content are seen before anything is unfolded, without navigation.

    They are what they are in Markdown: a comma between two links is none.
    """
    content = page[page.index("<main") : page.index("</main>")]
    while (shorter := _FOLDED.sub(" ", content)) != content:
        content = shorter
    return words(re.sub(r"<[^>]+>", " ", _SILENT.sub(" ", content)))


@pytest.mark.parametrize("key", REPORT_PERIODS)
def test_a_headline_has_at_most_45_words_and_9_numbers(demo_facts: Facts, key: str) -> None:
    found = [report.headline for report in reports(demo_facts, key)]
    found.append(portfolio_view(demo_facts, QualityOptions(), period_key=key).headline)
    assert [sentences for sentences in found if not within_budget(sentences)] == []


@pytest.mark.slow
@pytest.mark.parametrize("account", ["hostile", "big"])
def test_every_headline_of_other_accounts_is_as_short(account: str) -> None:
    found = [report.headline for key in REPORT_PERIODS for report in reports(facts_of(account), key)]
    assert [sentences for sentences in found if not within_budget(sentences)] == []


@pytest.mark.slow
@every_account
def test_pages_have_at_most_900_words_reports_700_and_briefs_80(account: str) -> None:
    counted = {"/index.html": (words_of, 900), "/report.md": (words, 700), "/brief.md": (words, 80)}
    for ending, (count, most) in counted.items():
        found = {path: count(text) for path, text in pages_of(account).items() if f"/{path}".endswith(ending)}
        assert len(found) > 30
        assert {path: number for path, number in found.items() if number > most} == {}


@pytest.mark.slow
@every_account
def test_an_id_is_told_once_of_a_test_or_bug(account: str) -> None:
    """Of tests with one name each carries its id, which reports without links add to every test."""
    twice = re.compile(r"\((\d+)\)\W{0,3}\(\1\)")
    assert [path for path, text in pages_of(account).items() if twice.search(text)] == []


@pytest.mark.slow
@every_account
def test_no_page_tells_a_number_twice_in_its_prose(account: str) -> None:
    """Tables and drawings have numbers of their own, and what is folded is read for itself.

    On a hostile portfolio unquoted names are full of numbers.
    """
    told = re.compile(
        r"products/.*/index\.html" if account == "hostile" else r"(.*/)?index\.html|tests/\d+\.html"
    )
    found = {
        path: twice
        for path, page in pages_of(account).items()
        if told.fullmatch(path) and (twice := told_twice(page))
    }
    assert found == {}


@pytest.mark.parametrize(
    "page",
    [
        "<p>Act now: 5 critical bugs are accepted.</p><h3>5 critical bugs are accepted</h3>",
        "<p>50 % of decided bugs rejected, before 14 %.</p><p>54 of 109 decided bugs rejected (50 %).</p>",
        "<p>5 tests found 39 bugs.</p><p>No critical bug is accepted or open in 5 tests.</p>",
        "<p>Review 5 bugs by 21 Nov; 2 more are overdue.</p><ul><li>2 bugs are overdue.</li></ul>",
    ],
)
def test_a_number_told_twice_of_the_same_thing_is_found(page: str) -> None:
    assert told_twice(f"<main>{page}</main>")


@pytest.mark.parametrize(
    "page",
    [
        "<p>5 critical bugs are accepted.</p><p>5 tests found 39 bugs, 5 high.</p>",
        "<p>3 of 8 critical bugs were rejected.</p><p>116 bugs, 8 critical.</p><p>Review 3 bugs by then.</p>",
        "<p>7 bugs.</p><table><tr><td>7 bugs</td></tr></table><details><summary>A</summary>7 bugs</details>",
        "<p>Review 5 bugs by 21 Nov.</p><p>Before “Release 5” starts on 5 Nov.</p>",
    ],
)
def test_equal_numbers_of_other_things_are_no_repetition(page: str) -> None:
    assert told_twice(f"<main>{page}</main>") == []


@pytest.mark.slow
@every_account
def test_no_page_speaks_of_chance_in_numbers_or_of_shares_of_few(account: str) -> None:
    for path, content in pages_of(account).items():
        if not path.endswith(("index.html", ".md")):
            continue
        text = content.replace("\u00a0", " ")
        assert not re.search(r"\bp ?[<=] ?0", text), path
        assert not re.search(r"\d\.\d+ %", text), path
        for _, whole in re.findall(r"(\d+) of (\d+)(?: \w+)? \((?:<b>)?\d+ %", text):
            assert int(whole) >= 20, path


@pytest.mark.slow
@every_account
def test_summary_pages_and_lists_keep_their_budgets_of_bytes_elements_and_rows(account: str) -> None:
    summaries = 0
    for path, page in pages_of(account).items():
        if path.endswith(".html"):
            assert page.count("<tr") <= LIST_ROWS + 40, path  # with the heads of the tables
        if _SUMMARY.fullmatch(path):
            summaries += 1
            assert len(page.encode()) <= PAGE_BYTES, path
            assert page.count("<") - page.count("</") <= PAGE_NODES, path
    assert summaries > 30


def test_styles_and_scripts_keep_their_budgets_of_bytes() -> None:
    files = dict(load_assets().files)
    assert all(len(content) <= STYLE_BYTES for path, content in files.items() if path.endswith(".css"))
    assert sum(len(content) for path, content in files.items() if path.endswith(".js")) <= SCRIPT_BYTES


def test_percentages_in_prose_are_whole(demo_facts: Facts) -> None:
    for report in reports(demo_facts, "last-90-days"):
        texts = [*report.headline, *report.notes, report.product_verdict.reason, report.review_verdict.reason]
        texts += [text for one in report.findings for text in (one.title, one.text, one.action)]
        assert not re.findall(r"\d\.\d+ %", " ".join(texts))

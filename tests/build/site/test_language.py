"""The texts of the demo's pages keep to the budgets of words and numbers that a person can take in."""

import re
from collections.abc import Iterator

import pytest

from build.site.markdown.report import words
from build.site.site import site_files
from demo.account.account import demo_account
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.report import ReportView, report_view
from tests.build.account_facts import account_facts
from tests.hostile import hostile as attacked

MOST_WORDS, MOST_NUMBERS = 45, 9
_DAY = re.compile(r"\d+ [A-Z][a-z]{2}( \d{4})?(, \d\d:\d\d UTC)?")
_NAME = re.compile("“[^”]*”")


def reports(facts: Facts, key: str) -> Iterator[ReportView]:
    for product_id in facts.products:
        chosen = Selection(product_ids=(product_id,), period=period(key, facts.as_of))
        yield report_view(facts, chosen, QualityOptions())


def within_budget(sentences: tuple[str, ...]) -> bool:
    """Whether a headline is short; a name counts as one word, a date or period as no number."""
    text = _DAY.sub("then", _NAME.sub("name", " ".join(sentences))).replace("last 90 days", "last days")
    return len(text.split()) <= MOST_WORDS and len(re.findall(r"\d[\d.,]*", text)) <= MOST_NUMBERS


@pytest.mark.parametrize("key", REPORT_PERIODS)
def test_a_headline_has_at_most_45_words_and_9_numbers(demo_facts: Facts, key: str) -> None:
    found = [report.headline for report in reports(demo_facts, key)]
    found.append(portfolio_view(demo_facts, QualityOptions(), period_key=key).headline)
    assert [sentences for sentences in found if not within_budget(sentences)] == []


_FOLDED = re.compile(r"<details[^>]*>(?:(?!<details).)*?</details>", re.DOTALL)
_SILENT = re.compile(r"<(title|desc|nav)\b.*?</\1>", re.DOTALL)


def words_of(page: str) -> int:
    """How many words of a page's content are seen before anything is unfolded, without navigation."""
    content = page[page.index("<main") : page.index("</main>")]
    while (shorter := _FOLDED.sub(" ", content)) != content:
        content = shorter
    return len(re.sub(r"<[^>]+>", " ", _SILENT.sub(" ", content)).split())


@pytest.mark.slow
@pytest.mark.parametrize("hostile", [False, True], ids=["demo", "hostile"])
def test_pages_have_at_most_900_words_reports_700_and_briefs_80(demo_facts: Facts, hostile: bool) -> None:
    facts = account_facts(attacked(demo_account(30))) if hostile else demo_facts
    built = (
        (path, content) for path, content in site_files(facts) if not path.startswith(("tests/", "api/"))
    )
    files = {path: content.decode() for path, content in built if path.endswith((".html", ".md"))}
    counted = {"/index.html": (words_of, 900), "/report.md": (words, 700), "/brief.md": (words, 80)}
    for ending, (count, most) in counted.items():
        found = {path: count(text) for path, text in files.items() if f"/{path}".endswith(ending)}
        assert len(found) > 30
        assert {path: number for path, number in found.items() if number > most} == {}


@pytest.mark.slow
def test_no_page_speaks_of_chance_in_numbers_or_of_shares_of_few(demo_facts: Facts) -> None:
    for path, content in site_files(demo_facts):
        if not path.endswith(("index.html", ".md")) or path.startswith("tests/"):
            continue
        text = content.decode().replace("\u00a0", " ")
        assert not re.search(r"\bp ?[<=] ?0", text), path
        assert not re.search(r"\d\.\d+ %", text), path
        for _, whole in re.findall(r"(\d+) of (\d+) \((?:<b>)?\d+ %", text):
            assert int(whole) >= 20, path


def test_percentages_in_prose_are_whole(demo_facts: Facts) -> None:
    for report in reports(demo_facts, "last-90-days"):
        texts = [*report.headline, *report.notes, report.product_verdict.reason, report.review_verdict.reason]
        texts += [text for one in report.findings for text in (one.title, one.text, one.action)]
        assert not re.findall(r"\d\.\d+ %", " ".join(texts))

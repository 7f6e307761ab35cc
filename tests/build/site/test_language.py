"""The texts of the demo's pages keep to the budgets of words and numbers that a person can take in."""

import re
from collections.abc import Iterator

import pytest

from build.site.site import site_files
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.report import ReportView, report_view

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


MOST_WORDS_OF_A_PAGE, MOST_WORDS_OF_A_BRIEF = 900, 80
_FOLDED = re.compile(r"<details[^>]*>(?:(?!<details).)*?</details>", re.DOTALL)
_SILENT = re.compile(r"<(title|desc|nav)\b.*?</\1>", re.DOTALL)


def words_of(page: str) -> int:
    """How many words of a page's content are seen before anything is unfolded, without navigation."""
    content = page[page.index("<main") : page.index("</main>")]
    while (shorter := _FOLDED.sub(" ", content)) != content:
        content = shorter
    return len(re.sub(r"<[^>]+>", " ", _SILENT.sub(" ", content)).split())


@pytest.mark.slow
def test_a_product_page_has_at_most_900_words_and_a_brief_80(demo_facts: Facts) -> None:
    files = {path: content.decode() for path, content in site_files(demo_facts) if "products/" in path}
    pages = {
        path: words_of(page)
        for path, page in files.items()
        if path.endswith("/index.html") and "<main" in page
    }
    assert len(pages) > 30
    assert {path: words for path, words in pages.items() if words > MOST_WORDS_OF_A_PAGE} == {}
    briefs = {path: len(text.split()) for path, text in files.items() if path.endswith("brief.md")}
    assert briefs
    assert {path: words for path, words in briefs.items() if words > MOST_WORDS_OF_A_BRIEF} == {}


def test_percentages_in_prose_are_whole(demo_facts: Facts) -> None:
    for report in reports(demo_facts, "last-90-days"):
        texts = [*report.headline, *report.notes, report.product_verdict.reason, report.review_verdict.reason]
        texts += [text for one in report.findings for text in (one.title, one.text, one.action)]
        assert not re.findall(r"\d\.\d+ %", " ".join(texts))

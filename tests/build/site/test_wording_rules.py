"""The pages of the demo and of a hostile account speak as the product does: in fixed words and order.

Names of the upstream are not the product's words: what stands in an element with its own direction or in
quotation marks is read as "name".
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import pytest

from build.site.assets import load_assets
from demo.account.account import DEMO_NOW
from quality.model.entities import SEVERITIES
from quality.periods.periods import REPORT_PERIODS, period
from tests.build.site.built_sites import demo_site, documents, hostile_site
from tests.build.site.parsed_pages import Document, Element

Pages = Mapping[str, Document]
Spoken = Mapping[str, tuple[tuple[Element, str], ...]]
_SAID_IN = frozenset({"p", "h1", "h2", "h3", "li", "th", "td", "dt", "dd", "summary", "title", "desc"})
_NAME = re.compile("“[^”]*”")
_RELATIVE = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|ago|soon|recently|currently"
    r"|in (\d+|a|an|one|two) (minute|hour|day|week|month)s?|\d+ days? (left|late)"
    r"|(this|next) (week|month))\b",
    re.IGNORECASE,
)
_OTHER_COMPARISON = re.compile(
    r"\b(points? (from|of|more|less)|percentage points?|previously|compared (to|with)|vs|versus|than last)\b",
    re.IGNORECASE,
)
_SEVERITY_CODE = re.compile(r"\b([SP][0-5]|sev(erity)? ?\d|prio\w* ?\d|crit)\b", re.IGNORECASE)
_FOUND = re.compile(r"^\d[\d,]* bugs?, .*newest|found \d[\d,]* bugs?")
_DUE_DAY = re.compile(rf"\b\d{{1,2}} [A-Z][a-z]{{2}} {DEMO_NOW.year}\b")
_ZONE = re.compile(r"(?<!\d\d:\d\d )\bUTC\b")
_OUTCOMES = {"accepted": "accepted", "auto-accepted": "auto_accepted", "rejected": "rejected", "open": "open"}
_SPLIT_BY = frozenset({"Month", "Platform", "Browser", "Tester", "Severity", "Rejection reason", "Review"})
"""Tables by these have shares beside their counts of bugs, and no severities."""
_ORDER = (
    "outcome",
    "now",
    "why",
    "grave",
    "release",
    "changed",
    "trend",
    "features",
    "tests",
    "said",
    "more",
)
_ALWAYS = {"now", "why", "grave", "trend", "features", "tests", "more"}


def own_words(page: Document) -> Iterator[tuple[Element, str]]:
    """Yield the elements that hold text, with the product's own words in them."""
    said = list(page.elements[0].said)
    for one in page.elements:
        if one.attributes.get("dir") == "auto" and one.end > one.start:
            said[one.start : one.end] = ["name"] + [""] * (one.end - one.start - 1)
    for one in page.elements:
        if one.tag in _SAID_IN and (text := " ".join("".join(said[one.start : one.end]).split())):
            yield one, _NAME.sub("name", text)


@lru_cache(maxsize=2)
def spoken_on(site: Callable[[], Mapping[str, bytes]]) -> Spoken:
    return {path: tuple(own_words(page)) for path, page in documents(site).items() if not moved(page)}


def moved(page: Document) -> bool:
    return any(meta.attributes.get("http-equiv") == "refresh" for meta in page.all("meta"))


@pytest.fixture
def spoken(pages: Pages, request: pytest.FixtureRequest) -> Spoken:
    assert pages
    return spoken_on({"demo": demo_site, "hostile": hostile_site}[request.node.callspec.id])


def with_class(page: Document, name: str) -> list[Element]:
    return [one for one in page.elements if name in (one.attributes.get("class") or "").split()]


def place(one: Element, page: Document) -> int:
    return next(at for at, other in enumerate(page.elements) if other is one)


def counts(text: str) -> dict[str, int]:
    """`4 accepted, 1 auto-accepted` as reviews and their numbers."""
    parts = re.findall(r"(\d[\d,]*) (accepted|auto-accepted|rejected|open)\b", text)
    return {_OUTCOMES[word]: int(number.replace(",", "")) for number, word in parts}


def broken(spoken: Spoken, rule: re.Pattern[str]) -> set[tuple[str, str]]:
    return {(path, text) for path, said in spoken.items() for _, text in said if rule.search(text)}


def test_what_nobody_decided_in_time_has_one_name(spoken: Spoken) -> None:
    assert broken(spoken, re.compile(r"\bby time\b|accepted automatically|automatically accepted")) == set()


def test_no_page_uses_a_word_that_is_wrong_on_another_day(spoken: Spoken) -> None:
    """`Decide today` is a heading of the hand-out, right on whichever day it is read."""
    found = {(path, text) for path, text in broken(spoken, _RELATIVE) if text != "Decide today"}
    assert found == set()


def test_no_script_adds_such_a_word() -> None:
    scripts = {path: text.decode() for path, text in load_assets().files if path.endswith(".js")}
    assert len(scripts) > 2
    assert {path for path, text in scripts.items() if _RELATIVE.search(text)} == set()


def test_a_comparison_says_before_and_nothing_else(spoken: Spoken) -> None:
    assert broken(spoken, _OTHER_COMPARISON) == set()
    assert len(broken(spoken, re.compile(r"\bbefore \d+( %| of|$)"))) > 5


def test_severities_are_words(spoken: Spoken, pages: Pages) -> None:
    assert broken(spoken, _SEVERITY_CODE) == set()
    tags = {
        one.text
        for page in pages.values()
        for one in with_class(page, "tag")
        if " sev-" in (one.attributes["class"] or "")
    }
    assert {"High", "Low"} < tags <= {severity.capitalize() for severity in SEVERITIES}


def test_a_sentence_that_counts_bugs_found_names_tests_critical_and_high_ones(spoken: Spoken) -> None:
    found = {text for _, text in broken(spoken, _FOUND)}
    assert len(found) > 5
    told = re.compile(r"\d bugs?, ((\d[\d,]* (critical|high))|none critical or high)\b")
    assert {text for text in found if not told.search(text)} == set()
    assert {text for text in found if "found" in text and not re.search(r"\d tests? found", text)} == set()


def test_a_figure_of_bugs_has_its_critical_and_high_ones_below(pages: Pages) -> None:
    seen = 0
    for path, page in pages.items():
        if path == "about.html":  # counts what the snapshot holds
            continue
        said = [one for one in page.elements if one.tag in {"dt", "dd"}]
        for name, value, below in zip(said, said[1:], said[2:], strict=False):
            if name.tag == "dt" and name.text.strip() in {"Bugs", "Open bugs"} and value.text.strip() != "0":
                seen += 1
                assert re.search(r"\b(critical|high)\b", below.text), path
    assert seen > 10


def test_a_table_of_tests_features_or_products_has_critical_and_high_bugs_beside_all(pages: Pages) -> None:
    seen: Counter[str] = Counter()
    for path, page in pages.items():
        for table in page.all("table"):
            inside = (one for one in page.all("th") if table.start <= one.start < table.end)
            heads = [one.text.strip() for one in inside if "thead" in one.path]
            if heads[0] not in _SPLIT_BY and {"Bugs", "Bugs to review", "Decided bugs", "All"} & set(heads):
                seen[heads[0]] += 1
                assert {"critical", "high"} <= set(re.findall(r"critical|high", " ".join(heads).lower())), (
                    path
                )
    assert {"Test", "Tests", "Feature", "Product", "Due (UTC)"} <= set(seen)


def test_the_zone_and_the_year_stand_in_the_header_and_deadlines_keep_the_hour(spoken: Spoken) -> None:
    """The period before, definitions and what is folded name them; tables hold days of many years."""
    found = {
        (path, text)
        for path, said in spoken.items()
        if path != "about.html"
        for one, text in said
        if one.tag in {"p", "h1", "h2", "h3", "li"}
        and {"main"} <= set(one.path)
        and not {"details", "table", "dl"} & set(one.path)
        and one.attributes.get("class") not in {"range", "data-line", "running"}
        and not re.match(r"The (period|release) before|Decided bugs were|No tests? ", text)
        and (_DUE_DAY.search(text) or _ZONE.search(text))
    }
    assert found == set()
    asked = broken(spoken, re.compile(r"^Review \d+ bugs? by "))
    assert asked
    assert {text for _, text in asked if not re.search(r"by \d+ [A-Z][a-z]{2}, \d\d:\d\d UTC", text)} == set()


def test_no_page_but_the_one_on_counting_has_a_key_in_code_or_a_snapshot_id_above_its_footer(
    pages: Pages, spoken: Spoken
) -> None:
    for path in spoken:
        page = pages[path]
        assert path == "about.html" or not list(page.all("code")), path
        for one in page.elements:
            if one.tag == "p" and re.search(r"\b\d{8}T\d{6}Z", one.text):
                assert "footer" in one.path or path == "about.html", path
    assert broken(spoken, re.compile(r"\bp(-value| ?[<=>] ?0)")) == set()


def test_a_running_period_and_month_are_so_far_and_no_other_period(spoken: Spoken) -> None:
    seen: Counter[bool] = Counter()
    for path, said in spoken.items():
        keys = [key for key in REPORT_PERIODS if f"/{key}/" in f"/{path}"]
        if keys:
            running = period(keys[0], DEMO_NOW).running(DEMO_NOW)
            seen[running] += 1
            ranges = [text for one, text in said if one.attributes.get("class") == "range"]
            assert ["· so far" in text for text in ranges] == [running], path
        months = [text for one, text in said if one.tag == "th" and text.startswith("Nov 2026")]
        assert all(text.startswith("Nov 2026 so far") for text in months), path
    assert seen[True] > 2
    assert seen[False] > 10


def test_bugs_accepted_by_time_and_open_ones_stand_apart_in_the_outcome_of_each_test(pages: Pages) -> None:
    """Compared with the review of each bug on the page of its test."""
    seen: Counter[str] = Counter()
    for path, page in pages.items():
        if not re.fullmatch(r"products/[^/]+/tests\.html", path):
            continue
        test = ""
        for one in page.elements:
            if one.tag == "a" and (to := re.search(r"tests/\d+\.html$", one.attributes.get("href") or "")):
                test = to[0]
            if one.attributes.get("data-label") == "Outcome":
                tags = Counter(
                    tag.removeprefix("tag rev-").replace("active_accepted", "accepted")
                    for bug in with_class(pages[test], "tag")
                    if (tag := bug.attributes["class"] or "").startswith("tag rev-") and "details" in bug.path
                )
                assert counts(one.text) == tags, test
                seen += tags
    assert set(seen) == set(_OUTCOMES.values())


def test_the_outcome_of_a_period_adds_up_to_all_bugs_that_its_heading_counts(pages: Pages) -> None:
    seen = 0
    for path, page in pages.items():
        if re.fullmatch(r"products/[^/]+/([^/]+/)?index\.html", path) and not moved(page):
            found = re.search(r"found (\d[\d,]*) bug", " ".join(one.text for one in page.all("h2")))
            if found:
                seen += 1
                outcome = next(one for one in page.all("figure") if one.attributes.get("class") == "outcomes")
                now = next(one for one in page.all("span") if outcome.start <= one.start < outcome.end)
                assert sum(counts(now.text).values()) == int(found[1].replace(",", "")), path
    assert seen > 10


def test_the_parts_of_a_product_page_stand_in_their_order(pages: Pages) -> None:
    seen: set[str] = set()
    for path, page in pages.items():
        if not re.fullmatch(r"products/[^/]+/([^/]+/)?([^/]+/)?index\.html", path) or moved(page):
            continue
        parts = [name for one in page.all("h2") if (name := one.attributes.get("id"))]
        assert parts == [name for name in _ORDER if name in parts], path
        assert set(parts) >= _ALWAYS, path
        seen |= set(parts)
        first = [
            next(page.all("h1")),
            *(
                with_class(page, name)[0]
                for name in ("data-line", "range", "periods", "lead", "verdicts", "foot")
            ),
        ]
        places = [place(one, page) for one in first]
        own = {one.attributes.get("id"): place(one, page) for one in page.all("h2")}
        assert places == sorted(places), path
        assert places[-2] < min(own.get("outcome", own["now"]), own["now"]), path
        assert own["more"] < places[-1], path
        folded = [one for one in page.all("details") if place(one, page) > own["more"]]
        assert len(folded) > 5, path
    assert seen >= _ALWAYS | {"outcome", "changed"}

"""Finding products, features, tests and bugs by their words."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastmcp.tools import ToolResult, tool
from pydantic import Field

from base.errors import InvalidInput, Unavailable
from base.text import listed, shorten
from mcp_reader.answers.base import MAY_ASK_UPSTREAM, echo, result, schema, stamp, warn, warnings_of
from mcp_reader.answers.hits import SearchAnswer, hit_lines, named_bugs
from mcp_reader.arguments.bug_filters import BUG_STATUSES
from mcp_reader.arguments.types import Ids, Text, Word, Words, choice, known
from mcp_reader.context import current_reader
from mcp_reader.lookup.entities import known_products
from mcp_reader.lookup.names import ids_of
from mcp_reader.lookup.variants import widened
from mcp_reader.paging import Offset, Pagination, keep_short
from mcp_reader.sources.snapshot import Edition, Library
from mcp_reader.text import short
from quality.model.entities import REVIEW_STATES, SEVERITIES, TEST_STATUSES
from quality.model.facts import Facts
from quality.periods.dates import parse_range
from quality.periods.periods import ALL_TIME, Period
from quality.wording import counted

if TYPE_CHECKING:
    from build.search.query import EntityKind, SearchResult

LONGEST_QUERY = 2_000
MOST_ALONE = 6
DEFAULT_HITS = 20
MOST_LOOKED_AT = 100
OPERATORS = {"OR", "|", "NOT", "AND"}
KINDS: tuple["EntityKind", ...] = ("product", "feature", "test", "bug")
NO_FILTERS: Mapping[str, Any] = {
    **dict.fromkeys(("entities", "product_ids", "severity", "status", "review", "start", "end", "bugs")),
    "titles": False,
}


@tool(title="Search", annotations=MAY_ASK_UPSTREAM, output_schema=schema(SearchAnswer))
async def search(
    *,
    query: str,
    entities: Words = None,
    product_ids: Ids = None,
    severity: Words = None,
    bug_status: Words = None,
    feature_ids: Ids = None,
    start_date: Text = None,
    end_date: Text = None,
    reported_since: Text = None,
    fields: Word = None,
    limit: Annotated[int | None, Field(ge=1, le=100)] = None,
    offset: Offset = 0,
) -> ToolResult:
    """Find products, features, tests and bugs by words, best first; an id finds itself.

    All words must be there; OR or | is either, -word none; "words in a row", word* any ending.

    Args:
        query: Words, such as: login OR "log in" OR "sign in" -password.
        entities: product, feature, test, bug.
        product_ids: Ids or names.
        severity: Bugs of critical, high (without critical), medium, low, visual, content, custom, unknown.
        bug_status: accepted, rejected, forwarded, …, or a review state: active_accepted, auto_accepted, open.
        feature_ids: Bugs of these features.
        start_date: Tests that end since 2025-07-01 or within `last 30 days`, and their bugs.
        end_date: Tests that end by this.
        reported_since: Bugs reported since.
        fields: title, or all (default).
        limit: Hits, 1 to 100; default 20.
        offset: Hits to skip.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    facts, text, most = edition.facts, shorten(query, LONGEST_QUERY), limit or DEFAULT_HITS
    if not text:
        raise InvalidInput(
            "query is empty.", "There is no word to search for.", "For example query='checkout'."
        )
    products = ids_of(facts, "product", product_ids, "product_ids")
    await known_products(reader, edition, products or ())
    words = _Filters(facts, entities, severity, bug_status)
    period = parse_range(start_date, end_date, facts.as_of)
    filters = {
        "entities": words.kinds,
        "product_ids": products,
        "severity": words.severity,
        "status": words.status,
        "review": words.review,
        "start": period.start,
        "end": period.end,
        "bugs": _bugs(
            facts,
            ids_of(facts, "feature", feature_ids, "feature_ids"),
            parse_range(reported_since, None, facts.as_of),
        ),
        "titles": choice("fields", fields, ("title", "all"), "all") == "title",
    }
    look, said = await _where(reader.library, edition, filters)
    page = {"named": await reader.library.work(named_bugs, facts, text), "limit": most, "offset": offset}
    try:
        found = await reader.library.work(look, text, **page)
    except Unavailable:  # a damaged index is none from now on
        look, said = await _where(reader.library, edition, filters)
        found = await reader.library.work(look, text, **page)
    hits = await reader.library.work(hit_lines, facts, text, found.hits)
    after = offset + len(hits)
    more = [] if offset else await reader.library.work(_more, facts, look, text, found, words)
    answer = SearchAnswer(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, products, *filter(None, (found.notice, said)), *more),
        filters=echo(
            entities=words.kinds,
            product_ids=products,
            severity=[one for one in SEVERITIES if one in (words.severity or ())],
            bug_status=bug_status,
            feature_ids=feature_ids,
            tests_end=period.title if period != ALL_TIME else None,
            reported_since=reported_since,
            fields=fields,
        ),
        matched_in=dict(found.matched) or None,
        hits=hits,
        did_you_mean=found.did_you_mean,
        pagination=Pagination(
            page=1,
            per_page=most,
            offset=offset,
            start_index=offset,
            end_index=after - 1 if hits else -1,
            total_count=found.total,
            has_more=after < found.total,
            next_offset=after if after < found.total else None,
        ),
    )
    if not found.total and not found.did_you_mean:
        warn(answer, await reader.library.work(_nothing, look, text, answer.filters))
    keep_short(answer, "hits", asked=limit is not None, spare=("score", "snippet", "test_id"), size="limit")
    return result(answer)


async def _where(
    library: Library, edition: Edition, filters: dict[str, Any]
) -> tuple["Callable[..., SearchResult]", str]:
    """Return how to look for words by these filters, and what has to be said of where that looks."""
    from build.search.query import search as search_index
    from build.search.scan import scan

    if (index := await library.search_index()) is not None:
        behind = (
            f"The search index is of snapshot {index.snapshot_id}, not of the published one, so newer data "
            "is not found. sync_data, or `invoke build` where the server runs, brings it up to date."
        )
        current = index.snapshot_id == edition.facts.snapshot_id
        return partial(search_index, index, **filters), "" if current else behind
    held = await library.unindexed(edition)
    lean = (
        f"Without a search index the long texts of the {held.without_texts:,} oldest tests were not looked "
        "through, only titles and names. sync_data, or `invoke build` where the server runs, makes the index."
    )
    return partial(scan, held, **filters), lean if held.without_texts else ""


def _more(
    facts: Facts, look: "Callable[..., SearchResult]", text: str, found: "SearchResult", words: "_Filters"
) -> list[str]:
    """Say what other words for the same, and a graver severity, would find."""
    from build.search.scan import TEXT

    said = []
    if other := widened(text):
        query, added = other
        whole = found.total == len(found.hits)
        wider = look(query, limit=MOST_LOOKED_AT if whole else 1)
        if (more := wider.total - found.total) > 0:
            where = f": query={query!r}."
            if whole and wider.total == len(wider.hits):
                known = {(hit.kind, hit.id) for hit in found.hits}
                new = [hit for hit in wider.hits if (hit.kind, hit.id) not in known]
                named = sum(line.matched_in != TEXT for line in hit_lines(facts, query, new))
                only = ", but only in steps and other texts, in no title or feature."
                where = f", {named} of them in a title or feature{where}" if named else only
            said.append(f"{counted(more, 'more hit')} with {listed(added)}{where}")
    if words.severity is not None and set(words.severity) == {"high"}:
        graver = look(text, limit=1, severity=("critical",)).total
        if graver:
            said.append(f"{counted(graver, 'critical bug')} match too, which severity=high leaves out.")
    return said


def _nothing(look: "Callable[..., SearchResult]", text: str, filters: Mapping[str, str] | None) -> str:
    """Say why a query finds nothing: for its filters, for one of its words, or for all."""
    if filters and (anywhere := look(text, limit=1, **NO_FILTERS).total):
        return f"Nothing passes the filters; without them there are {anywhere:,}."
    words = list(dict.fromkeys(text.replace('"', " ").split()))
    if len(words) == 1 or OPERATORS & {*words} or any(word.startswith("-") for word in words):
        return f"Nothing contains {shorten(text, 60)}. Try another word, or its beginning: {_begun(text)}."
    counts = [f"{word} {look(word, limit=1).total}" for word in words[:MOST_ALONE]]
    return (
        f"Nothing contains all of these words. Each alone finds: {listed(counts)}."
        " OR between words finds either, word* any ending."
    )


def _bugs(facts: Facts, feature_ids: Sequence[int] | None, reported: Period) -> list[int] | None:
    """Return the bugs of these features that were reported in a period; None when neither is asked for."""
    if feature_ids is None and reported == ALL_TIME:
        return None
    return [
        bug.id
        for bug in facts.bugs.values()
        if (feature_ids is None or bug.feature_id in feature_ids) and reported.holds(bug.reported_at)
    ]


def _begun(text: str) -> str:
    """`check*`, of the longest word of a query."""
    longest = max(re.findall(r"\w+", text), key=len, default="check")
    return f"{longest[: max(3, len(longest) // 2)]}*"


class _Filters:
    """The filters over closed sets of words, all of them known."""

    def __init__(
        self,
        facts: Facts,
        entities: Sequence[str] | None,
        severity: Sequence[str] | None,
        status: Sequence[str] | None,
    ) -> None:
        kinds = (
            None
            if entities is None
            else [word if word in KINDS else word.removesuffix("s") for word in entities]
        )
        asked = known("entities", kinds, KINDS)
        self.kinds = None if asked is None else [kind for kind in KINDS if kind in asked]
        self.severity = known("severity", severity, SEVERITIES)
        seen = {one for one in facts.test_statuses | facts.bug_statuses if short(one) == one}
        words = known("bug_status", status, {*TEST_STATUSES, *BUG_STATUSES, *REVIEW_STATES, *seen})
        reviewed = words is not None and words <= set(REVIEW_STATES)
        self.status = None if reviewed or words is None else _statuses(words, facts)
        self.review = words if reviewed else None


def _statuses(words: Collection[str], facts: Facts) -> frozenset[str]:
    """Statuses among which review states are too: `open` stands for every status that is not decided.

    Raises:
        InvalidInput: For a review state that no status stands for.
    """
    if unclear := sorted(set(words) & {"active_accepted", "auto_accepted"}):
        raise InvalidInput(
            f"status mixes the review state {unclear[0]} with statuses.",
            "A search can filter by only one of the two.",
            f"Search with review states alone ({listed(REVIEW_STATES)}), or with statuses alone.",
        )
    if "open" not in words:
        return frozenset(words)
    undecided = {*BUG_STATUSES, *(bug.status for bug in facts.bugs.values() if bug.review == "open")}
    return frozenset({*words, *(word for word in undecided if word not in {"accepted", "rejected", None})})

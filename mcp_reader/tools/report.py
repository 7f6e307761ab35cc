"""The quality report of one or several products."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastmcp.tools import ToolResult, tool
from mcp_types import ToolAnnotations
from pydantic import BaseModel
from pydantic_core import to_json

from base.errors import InvalidInput, NotFound
from mcp_reader import output_files
from mcp_reader.answers.base import (
    Answer,
    HealthPart,
    NamedRef,
    Number,
    day,
    health_part,
    number,
    result,
    schema,
    stamp,
    warnings_of,
)
from mcp_reader.arguments.types import Ids, Text, Word, Words, choice
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_tests, known_products
from mcp_reader.sources.snapshot import Edition
from mcp_reader.text import clean, line, short
from quality.model.entities import Facts, Test
from quality.options import QualityOptions
from quality.periods.dates import parse_range
from quality.periods.periods import ALL_TIME, REPORT_PERIODS, Period, period
from quality.selection import Selection
from quality.views.health import health
from quality.views.report import report_view
from quality.views.rows import count
from quality.views.shapes import Breakdown, DeadlineDay, Finding, Measure, ReportView, TestRow
from quality.wording import counted

WRITES_A_FILE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
MOST_EVIDENCE = 8
MOST_DEADLINES = 6
MOST_ROWS = 12
MOST_PRODUCTS = 30

Form = Literal["json", "markdown", "csv"]
_NOTHING_BEFORE = "Nothing is compared: only a period with a start and an end has one before it."
_ENDINGS: Mapping[str, Form] = {".json": "json", ".md": "markdown", ".csv": "csv"}


class PeriodPart(BaseModel):
    """Which tests count by their end; `running` means that the numbers are so far."""

    title: str
    start: str | None = None
    end: str | None = None
    running: bool


class IndicatorPart(BaseModel):
    """One health indicator with its sentence."""

    key: str
    level: str
    small_sample: bool
    text: str


class FindingPart(BaseModel):
    """What stands out, with the recommended action; the ids are the first of the evidence."""

    key: str
    title: str
    level: str
    text: str
    action: str
    bug_ids: list[int] | None = None
    test_ids: list[int] | None = None


class DeadlinePart(BaseModel):
    """A day on which open bugs will be auto-accepted; `bug_count` counts also those without an id here."""

    text: str
    bug_count: int
    product_ids: list[int] | None = None
    test_ids: list[int] | None = None
    bug_ids: list[int] | None = None


class RowPart(BaseModel):
    """One value of a breakdown; `name` is `none` where the label is missing, `health` is a product's."""

    id: int | str | None = None
    name: str
    health: str | None = None
    metrics: dict[str, Number]


class TestPart(BaseModel):
    """One test that counts; only files hold them."""

    __test__ = False

    id: int
    title: str
    product_id: int
    status: str | None = None
    testing_type: str | None = None
    end_at: str | None = None
    metrics: dict[str, Number]


class QualityReport(Answer):
    """The quality report; in Markdown when that was asked for.

    Attributes:
        selection: Which tests count, in words.
        metrics: Every metric that has a value; a rate with its counts and 95 % interval.
        changes: Against the previous period of the same length, in words; only with compare.
        output_file: Where the report was written, inside the reports folder.
    """

    title: str
    products: list[NamedRef]
    product_count: int
    period: PeriodPart
    selection: str
    headline: list[str] | None = None
    notes: list[str] | None = None
    health: HealthPart
    markdown: str | None = None
    indicators: list[IndicatorPart] | None = None
    metrics: dict[str, Number] | None = None
    previous_period: str | None = None
    previous: dict[str, Number] | None = None
    changes: dict[str, str] | None = None
    findings: list[FindingPart] | None = None
    deadlines: list[DeadlinePart] | None = None
    by_product: list[RowPart] | None = None
    by_severity: dict[str, int] | None = None
    by_rejection_reason: dict[str, int] | None = None
    test_count: int
    tests: list[TestPart] | None = None
    output_file: str | None = None
    output_bytes: int | None = None


@tool(title="Quality report", annotations=WRITES_A_FILE, output_schema=schema(QualityReport))
async def generate_quality_report(
    *,
    product_ids: Ids = None,
    test_ids: Ids = None,
    start_date: Text = None,
    end_date: Text = None,
    statuses: Words = None,
    format: Word = None,  # noqa: A002 - the argument's public name
    output_file: Text = None,
    compare: Word = None,
) -> ToolResult:
    """How good the products are: headline, health, metrics, findings, deadlines. Same numbers as the pages.

    Without dates the default report period counts, by the tests' end. Per-test rows are only in files.

    Args:
        product_ids: Products; all when left out.
        test_ids: Exactly these tests instead of products, dates and statuses.
        start_date: 2025-07-01, 2025-Q3, `last 30 days`, `3 months ago`, YTD; or one of last-30-days,
            last-90-days, this-quarter, last-quarter (the calendar's; `last quarter` is 90 days), ytd,
            last-365-days, all.
        end_date: The last day that counts; a start such as 2025-Q3 or `last 30 days` has its own.
        statuses: Instead of the executed ones (running, locked, customer_finalized, archived).
        format: json (default) or markdown.
        output_file: Also write the whole report here, such as halo-shop.md, .json or .csv (tests as rows);
            a relative name inside the reports folder.
        compare: previous_period adds the period of the same length before and what changed.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    facts = edition.facts
    form = _form(format, output_file)
    compared = choice("compare", compare, ("previous_period", "none"), "none") == "previous_period"
    await _see_known(reader, edition, product_ids or (), test_ids or ())
    selection = Selection(
        product_ids=product_ids,
        test_ids=test_ids,
        statuses=statuses,
        period=_period(reader, facts, start_date, end_date, of_tests=test_ids is not None),
    )
    options = reader.settings.quality
    view = report_view(facts, selection, options, facts.as_of)
    answer = _report(facts, view, options, compared=compared, whole=False)
    text = _markdown(reader, view) if form == "markdown" else None
    if output_file is not None:
        path = output_files.place(output_file, tuple(_ENDINGS), reader.shelf)
        content = (
            _csv(view)
            if form == "csv"
            else text
            if text is not None
            else _json(_report(facts, view, options, compared=compared, whole=True), view)
        )
        answer.output_bytes = output_files.write(reader.folder, path, content)
        answer.output_file = str(reader.shelf / path)
    elif text is not None:
        answer = _only_markdown(answer, text)
        return result(answer, text)
    return result(answer)


async def _see_known(
    reader: Reader, edition: Edition, product_ids: Sequence[int], test_ids: Sequence[int]
) -> None:
    """A report counts what the snapshot has; of anything else say whether the upstream has it."""
    facts = edition.facts
    await known_products(reader, edition, product_ids)
    for found in await find_tests(reader, edition, test_ids):
        test = found.entity
        if test.id not in facts.tests:
            raise NotFound(
                f"Test {test.id} {line(test.title, 60)!r} is not in the snapshot.",
                f"The Customer API has it, but the snapshot of {stamp(facts.as_of)} was taken without it.",
                f"`invoke refresh build` takes a new one; get_test_summary(test_id={test.id}) works already.",
            )


def _period(reader: Reader, facts: Facts, start: str | None, end: str | None, *, of_tests: bool) -> Period:
    if start is None and end is None:
        return ALL_TIME if of_tests else reader.default_period(facts)
    if end is None and start is not None and start.casefold() in REPORT_PERIODS:
        return period(start.casefold(), facts.as_of)
    return parse_range(start, end, facts.as_of)


def _form(asked: str | None, output_file: str | None) -> Form:
    aliases = {"md": "markdown"}
    word = choice("format", aliases.get(asked or "", asked), ("json", "markdown"), "")
    if output_file is None:
        return "markdown" if word == "markdown" else "json"
    ending = output_files.place(output_file, tuple(_ENDINGS)).suffix.lower()
    form = _ENDINGS[ending]
    if word and word != form:
        raise InvalidInput(
            f"output_file={line(output_file, 80)!r} does not fit format={word!r}.",
            f"A file that ends in {ending} holds {form}.",
            "Leave format out, or change the ending.",
        )
    return form


def _report(
    facts: Facts, view: ReportView, options: QualityOptions, *, compared: bool, whole: bool
) -> QualityReport:
    """The report; unless it is asked for whole, long lists are cut, which its warnings say."""
    span = view.period
    products = [] if whole else _cut("by_product", MOST_ROWS, len(view.by_product.rows))
    lonely = [_NOTHING_BEFORE] if compared and view.previous is None else []
    known = [one.id for one in view.products if one.id is not None]
    return QualityReport(
        data_as_of=stamp(view.freshness.as_of),
        warnings=warnings_of(facts, known, *products, *lonely),
        title=view.title,
        products=[NamedRef(id=one.id, name=line(one.name)) for one in view.products[:MOST_PRODUCTS]],
        product_count=len(view.products),
        period=PeriodPart(title=span.title, start=day(span.start), end=day(span.end), running=span.running),
        selection=view.selection,
        headline=list(view.headline),
        notes=list(view.notes) or None,
        health=health_part(view.health, span.title),
        indicators=[
            IndicatorPart(key=one.measure.key, level=one.level, small_sample=one.small_sample, text=one.text)
            for one in view.health.indicators
        ],
        metrics=_numbers(view.measures),
        previous_period=view.previous_text or None if compared else None,
        previous=_numbers(view.previous) if compared and view.previous else None,
        changes={key: one.text for key, one in view.changes.items()} or None if compared else None,
        findings=[_finding(one, None if whole else MOST_EVIDENCE) for one in view.findings],
        deadlines=_deadlines(view.deadlines, None if whole else MOST_DEADLINES),
        by_product=_products(facts, view, options, None if whole else MOST_ROWS),
        by_severity=_counts(view.severity),
        by_rejection_reason=_counts(view.reasons),
        test_count=len(view.tests),
    )


def _only_markdown(answer: QualityReport, text: str) -> QualityReport:
    """The Markdown says the rest."""
    return QualityReport(
        data_as_of=answer.data_as_of,
        warnings=answer.warnings,
        title=answer.title,
        products=answer.products,
        product_count=answer.product_count,
        period=answer.period,
        selection=answer.selection,
        health=answer.health,
        test_count=answer.test_count,
        markdown=text,
    )


def _cut(name: str, shown: int, every: int) -> list[str]:
    return [f"{name} has the first {shown} of {every}; output_file has all."] if shown < every else []


def _deadlines(days: Sequence[DeadlineDay], most: int | None) -> list[DeadlinePart] | None:
    """The nearest days, and how much waits after them."""
    parts = [
        DeadlinePart(
            text=day.text,
            bug_count=len(day.bugs),
            product_ids=sorted({bug.product_id for bug in day.bugs}),
            test_ids=sorted({bug.test_id for bug in day.bugs}),
            bug_ids=[bug.id for bug in day.bugs[: None if most is None else MOST_EVIDENCE]],
        )
        for day in days[:most]
    ]
    later = [] if most is None else days[most:]
    if later:
        waiting = sum(len(day.bugs) for day in later)
        text = f"{counted(waiting, 'more open bug')} on {counted(len(later), 'later day')}"
        parts.append(DeadlinePart(text=text, bug_count=waiting))
    return parts or None


def _finding(one: Finding, most: int | None) -> FindingPart:
    """A finding; `text` has the counts, whatever is left out of the ids."""
    return FindingPart(
        key=one.key,
        title=one.title,
        level=one.level,
        text=one.text,
        action=one.action,
        bug_ids=list(one.bug_ids[:most]) or None,
        test_ids=list(one.test_ids[:most]) or None,
    )


def _numbers(measures: Mapping[str, Measure]) -> dict[str, Number]:
    values = ((key, number(measure)) for key, measure in measures.items())
    return {key: value for key, value in values if value is not None}


def _products(
    facts: Facts, view: ReportView, options: QualityOptions, most: int | None
) -> list[RowPart] | None:
    """The products of a report of several, each with its own health."""
    if len(view.products) < 2:  # noqa: PLR2004 - one is the report itself
        return None
    tests: dict[int | None, list[Test]] = defaultdict(list)
    for row in view.tests:
        tests[row.product_id].append(facts.tests[row.id])

    def level(product_id: int | None) -> str:
        return health(count(facts, tests[product_id]), options.thresholds, options.weights).level

    return [
        RowPart(
            id=row.id,
            name=line(row.name, 80) or "none",
            health=level(row.id) if isinstance(row.id, int) else None,
            metrics=_numbers(row.measures),
        )
        for row in view.by_product.rows[:most]
    ]


def _counts(shown: Breakdown) -> dict[str, int] | None:
    """A breakdown's rows by their number of bugs."""
    counts = {
        line(str(row.id), 60) if row.id is not None else "none": int(row.measures["bug_count"].value or 0)
        for row in shown.rows
        if "bug_count" in row.measures
    }
    return counts or None


def _test(row: TestRow) -> TestPart:
    return TestPart(
        id=row.id,
        title=line(row.title, 200),
        product_id=row.product_id,
        status=short(row.status),
        testing_type=short(row.testing_type),
        end_at=stamp(row.end_at) if row.end_at else None,
        metrics=_numbers(row.measures),
    )


def _markdown(reader: Reader, view: ReportView) -> str:
    from build.site.markdown.report import report_markdown

    return report_markdown(view, reader.settings.testio_site_base_url)


def _json(answer: QualityReport, view: ReportView) -> str:
    whole = answer.model_copy(update={"tests": [_test(row) for row in view.tests]})
    return to_json(clean(whole.model_dump(mode="json", exclude_none=True)), indent=2).decode() + "\n"


def _csv(view: ReportView) -> str:
    """The tests as rows; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    metrics = list(view.tests[0].measures) if view.tests else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "title", "product_id", "status", "testing_type", "end_at", *metrics])
    for row in view.tests:
        part = _test(row)
        cells: list[Any] = [part.id, part.title, part.product_id, part.status, part.testing_type, part.end_at]
        cells += [_plain(row.measures[key].value) for key in metrics]
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _plain(value: float | None) -> float | None:
    """A count without a decimal point."""
    return int(value) if value is not None and value.is_integer() else value


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t|") else value

"""The quality report of one or several products."""

from collections.abc import Mapping, Sequence
from typing import Literal

from fastmcp.server.dependencies import get_context
from fastmcp.tools import ToolResult, tool
from mcp_types import ToolAnnotations

from base.errors import InvalidInput, NotFound
from base.text import shorten
from mcp_reader import output_files
from mcp_reader.answers.base import (
    result,
    schema,
    stamp,
)
from mcp_reader.answers.lean_report import keep_lean, without_json
from mcp_reader.answers.report import QualityReport, fill_report
from mcp_reader.answers.report_files import as_csv, as_json, as_markdown, with_notes
from mcp_reader.answers.said import releases_part
from mcp_reader.arguments.test_filters import statuses_of, types_of
from mcp_reader.arguments.types import Ids, Text, Word, Words, choice
from mcp_reader.chat import SHOWN, shown
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_tests, known_products
from mcp_reader.lookup.names import ids_of
from mcp_reader.lookup.spans import release_of
from mcp_reader.sources.snapshot import Edition
from quality.compared import recent_changes
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.dates import parse_range
from quality.periods.periods import ALL_TIME, Period
from quality.product_verdict import LONGEST
from quality.selection import Selection
from quality.views.report import ReportView, report_view

WRITES_A_FILE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)

Form = Literal["json", "markdown", "csv"]
STEPS = 2
PREVIOUS = "previous_period"
_ENDINGS: Mapping[str, Form] = {".json": "json", ".md": "markdown", ".csv": "csv"}


@tool(title="Quality report", annotations=WRITES_A_FILE, output_schema=schema(QualityReport), meta=SHOWN)
async def generate_quality_report(
    *,
    product_ids: Ids = None,
    test_ids: Ids = None,
    include_test_ids: Ids = None,
    exclude_test_ids: Ids = None,
    testing_type: Words = None,
    feature_ids: Ids = None,
    start_date: Text = None,
    end_date: Text = None,
    statuses: Words = None,
    format: Word = None,  # noqa: A002 - the argument's public name
    output_file: Text = None,
    compare: Word = None,
) -> ToolResult:
    """Report how good products are: verdicts, headline, metrics, findings, deadlines; as on the pages.

    Without dates the default report period counts, by the tests' end. Per-test rows are only in files.

    Args:
        product_ids: Ids or names; default: all.
        test_ids: Exactly these tests, without other filters.
        include_test_ids: Count these too, whatever their dates.
        exclude_test_ids: Leave these out.
        testing_type: Only these types of tests.
        feature_ids: Only tests with one of these features.
        start_date: 2025-07-01, 2025, 2025-Q3, July 2025, `last 90 days`, `last quarter`
            (the calendar's last whole one), `3 months ago`, YTD, all-time, `release 4.2`.
        end_date: The last day that counts; 2025-Q3 or `last 30 days` as a start has its own.
        statuses: Instead of the executed ones.
        format: json (default) or markdown.
        output_file: Write the whole report to this name in the reports folder (halo-shop.md, .json, or .csv:
            tests as rows); the answer has its path.
        compare: previous_period: what got better or worse, and if by more than chance (p < 0.01), against
            as many days or whole months before; and in the last 90 days.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    facts = edition.facts
    form = _form(format, output_file)
    compare = PREVIOUS if compare in {"true", "yes", "previous"} else compare
    compared = choice("compare", compare, (PREVIOUS, "none"), "none") == PREVIOUS
    products = ids_of(facts, "product", product_ids, "product_ids")
    tests = ids_of(facts, "test", test_ids, "test_ids")
    also = ids_of(facts, "test", include_test_ids, "include_test_ids") or ()
    without = ids_of(facts, "test", exclude_test_ids, "exclude_test_ids") or ()
    await _see_known(reader, edition, products or (), (*(tests or ()), *also))
    types, wanted = types_of(facts, testing_type), statuses_of(facts, statuses)
    release = release_of(facts, products, start_date, end_date)
    if release is not None and products is None:
        products = (release.release.product_id,)
    selection = Selection(
        product_ids=products,
        testing_types=None if types is None else tuple(sorted(types)),
        feature_ids=ids_of(facts, "feature", feature_ids, "feature_ids"),
        also=also,
        without=without,
        test_ids=tests,
        statuses=None if wanted is None else tuple(sorted(wanted)),
        period=release.period
        if release
        else _period(reader, facts, start_date, end_date, of_tests=test_ids is not None),
    )
    options, tell = reader.quality(facts), get_context().report_progress
    await tell(0, STEPS, "Counting")
    view = await reader.library.work(report_view, facts, selection, options, facts.as_of)
    await tell(1, STEPS, "Writing")
    if output_file is not None:
        return result(_written(reader, view, facts, output_file, form, compared=compared))
    recent = None
    if compared and _leaves_out_now(selection):
        recent = await reader.library.work(recent_changes, facts, selection, options, facts.as_of)
    answer = fill_report(facts, view, compared=compared, whole=False, recent=recent)
    if release is not None:
        answer.release, answer.release_before = releases_part(facts, release, options)
    if form == "markdown":
        text = as_markdown(reader, view)
        lean = without_json(answer, text)
        told = result(lean, with_notes(text, lean.notes))
    else:
        keep_lean(answer, {"findings": len(view.findings), "by_product": len(view.by_product.rows)})
        told = result(answer)
    return await shown(told, reader, _fragment, facts, view, options, reader.settings.testio_site_base_url)


def _leaves_out_now(selection: Selection) -> bool:
    """Tell whether a period says nothing of the last days as such."""
    span = selection.period
    return span.key != LONGEST and span.tests is None and span.start is not None and span.end is not None


def _fragment(facts: Facts, view: ReportView, options: QualityOptions, base_url: str | None) -> str:
    from build.site.chat.fragments import report_fragment

    return report_fragment(facts, view, options, base_url)


def _written(
    reader: Reader, view: ReportView, facts: Facts, output_file: str, form: Form, *, compared: bool
) -> QualityReport:
    """Write the report, and return its headline and where it is."""
    path = output_files.place(output_file, tuple(_ENDINGS), reader.shelf)
    whole = fill_report(facts, view, compared=compared, whole=True)
    content = (
        as_csv(view)
        if form == "csv"
        else as_markdown(reader, view)
        if form == "markdown"
        else as_json(whole, view)
    )
    target = reader.folder / path
    there = target.is_file()
    answer = without_json(whole, None)
    answer.headline = whole.headline
    answer.output_bytes = output_files.write(reader.folder, path, content)
    answer.output_file = str(reader.shelf / path)
    answer.output_path = str(target.absolute())
    answer.overwritten = there or None
    return answer


async def _see_known(
    reader: Reader, edition: Edition, product_ids: Sequence[int], test_ids: Sequence[int]
) -> None:
    """Say whether the upstream has what the snapshot lacks: a report counts only what that has."""
    facts = edition.facts
    await known_products(reader, edition, product_ids)
    for found in await find_tests(reader, edition, test_ids):
        test = found.entity
        if test.id not in facts.tests:
            raise NotFound(
                f"Test {test.id} {shorten(test.title, 60)!r} is not in the snapshot.",
                f"The Customer API has it, but the snapshot of {stamp(facts.as_of)} was taken without it.",
                f"sync_data takes a new one; get_test_summary(test_id={test.id}) works now.",
            )


def _period(reader: Reader, facts: Facts, start: str | None, end: str | None, *, of_tests: bool) -> Period:
    if start is None and end is None:
        return ALL_TIME if of_tests else reader.default_period(facts)
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
            f"output_file={shorten(output_file, 80)!r} does not fit format={word!r}.",
            f"A file that ends in {ending} holds {form}.",
            "Leave format out, or change the ending.",
        )
    return form

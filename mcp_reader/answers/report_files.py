"""Write a report as Markdown, JSON or CSV for a file."""

import csv
import io
from typing import Any

from pydantic_core import to_json

from mcp_reader.answers.report import QualityReport, test_part
from mcp_reader.context import Reader
from mcp_reader.text import clean
from quality.views.report import ReportView


def as_markdown(reader: Reader, view: ReportView) -> str:
    """Write a report as Markdown."""
    from build.site.markdown.report import report_markdown

    return report_markdown(view, reader.settings.testio_site_base_url)


def as_json(answer: QualityReport, view: ReportView) -> str:
    """Write a report with a row for every test as JSON."""
    whole = answer.model_copy(update={"tests": [test_part(row) for row in view.tests]})
    return to_json(clean(whole.model_dump(mode="json", exclude_none=True)), indent=2).decode() + "\n"


def as_csv(view: ReportView) -> str:
    """The tests as rows; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    metrics = list(view.tests[0].measures) if view.tests else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "title", "product_id", "status", "testing_type", "end_at", *metrics])
    for row in view.tests:
        part = test_part(row)
        cells: list[Any] = [part.id, part.title, part.product_id, part.status, part.testing_type, part.end_at]
        cells += [_plain(row.measures[key].value) for key in metrics]
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _plain(value: float | None) -> float | None:
    """A count without a decimal point."""
    return int(value) if value is not None and value.is_integer() else value


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t|") else value

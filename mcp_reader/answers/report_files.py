"""Write a report as Markdown, JSON or CSV for a file."""

from collections.abc import Sequence

from pydantic_core import to_json

from mcp_reader.answers.report import QualityReport, TestPart
from mcp_reader.context import Reader
from mcp_reader.text import clean_values
from quality.views.report import ReportView
from quality.views.rows import table_of_tests


def as_markdown(reader: Reader, view: ReportView) -> str:
    """Write a report as Markdown."""
    from build.site.markdown.report import report_markdown

    return report_markdown(view, reader.settings.testio_site_base_url)


def with_notes(text: str, notes: Sequence[str] | None) -> str:
    """Add to a Markdown what its answer says beside it."""
    from build.site.markdown.escape import escape

    return text + "".join(f"\n{escape(note)}\n" for note in notes or ())


def as_json(answer: QualityReport, view: ReportView) -> str:
    """Write a report with a row for every test as JSON."""
    from build.site.data.json import table_json

    tests = [TestPart.model_validate(row) for row in table_json(table_of_tests(view.tests))]
    whole = answer.model_copy(update={"tests": tests})
    return to_json(clean_values(whole.model_dump(mode="json", exclude_none=True)), indent=2).decode() + "\n"


def as_csv(view: ReportView) -> str:
    """Write the tests of a report as CSV."""
    from build.site.data.csv import table_csv

    return table_csv(table_of_tests(view.tests))

"""A period's numbers are the same on its page, in its Markdown, in CSV and in the tools' answer."""

import csv
import io
import re

import pytest

from build.site.charts.figures import measured
from build.site.data.csv import table_csv
from build.site.site import site_files
from mcp_reader.answers.report import fill_report
from quality.metrics.columns import COMPARED_SHOWN, MARKDOWN_FIGURES
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views.product import product_view
from quality.views.report import figures_table
from tests.build.site.golden import OPTIONS, golden_facts

FACTS = golden_facts()


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {path: content.decode(errors="replace") for path, content in site_files(FACTS, OPTIONS)}


@pytest.mark.slow
@pytest.mark.parametrize("key", REPORT_PERIODS)
def test_a_period_has_the_same_numbers_everywhere(files: dict[str, str], key: str) -> None:
    report = product_view(FACTS, 598, key, QualityOptions()).report
    folder = f"products/598-halo-shop/{key}"
    page = re.sub(r"</?a\b[^>]*>", "", files[f"{folder}/index.html"].replace("\u00a0", " "))
    markdown, brief = files[f"{folder}/report.md"], files[f"{folder}/brief.md"]
    answer = fill_report(FACTS, report, compared=True, whole=True)
    assert answer.metrics is not None
    written = table_csv(figures_table(report, MARKDOWN_FIGURES))
    rows = {row[0]: row[1] for row in csv.reader(io.StringIO(written))}
    for metric in MARKDOWN_FIGURES:
        shown = report.measures[metric]
        assert f"| {shown.title} | {shown.detail} |" in markdown
        assert (float(rows[shown.title]) if rows[shown.title] else None) == shown.value
        told = answer.metrics.get(metric)
        value = told if isinstance(told, int | float) else told and told.value
        assert value == (None if shown.value is None else pytest.approx(shown.value, abs=1e-6))
    for metric in COMPARED_SHOWN:
        if report.previous is not None and report.measures[metric].value is not None:
            assert f"<td>{measured(report.measures[metric], 'bare')}</td>" in page
    for verdict, part in (
        (report.product_verdict, answer.product_verdict),
        (report.review_verdict, answer.review_verdict),
    ):
        assert (part.level, part.reason) == (verdict.level, verdict.reason)
        assert all(verdict.reason in text for text in (page, markdown, brief))

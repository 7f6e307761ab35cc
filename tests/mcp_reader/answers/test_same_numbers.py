"""A period's numbers are the same on pages, in Markdown, CSV and JSON and in the tools' answer."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from build.facts.load import load_facts
from build.site.charts.figures import measured
from build.site.page import open_site
from build.site.pages.product import product_pages
from build.site.site import SiteOptions
from build.site.table_files import portfolio_files
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, COMPARED, COMPARED_SHOWN, MARKDOWN_FIGURES, OF_NOW, OPEN, TESTS
from quality.metrics.numbers import plain
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, Json, to_digits


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    return load_facts(open_snapshot(demo_snapshot))


@pytest.fixture(scope="module")
def files(facts: Facts) -> dict[str, str]:
    """The reports of every product over every period, and the portfolio's files, as a build writes them."""
    site = open_site(facts, SiteOptions())
    made: dict[str, bytes] = {}
    for product in facts.products.values():
        made |= dict(product_pages(site, product))
    for key in REPORT_PERIODS:
        made |= dict(portfolio_files(site, portfolio_view(facts, QualityOptions(), period_key=key)))
    return {path: content.decode() for path, content in made.items()}


def _told(numbers: Json) -> Json:
    """The numbers that have a value; of a rate its share."""
    values = {key: value.get("value") if isinstance(value, dict) else value for key, value in numbers.items()}
    return {key: value for key, value in values.items() if value is not None}


@pytest.mark.slow
@pytest.mark.parametrize("key", REPORT_PERIODS)
async def test_a_period_has_the_same_numbers_everywhere(
    files: dict[str, str], facts: Facts, ask: Asking, key: str
) -> None:
    portfolio = json.loads(files[f"api/v1/portfolio/{key}.json"])["products"]
    assert {row["id"] for row in portfolio} == facts.products.keys()
    for row in portfolio:
        view = product_view(facts, row["id"], key, QualityOptions())
        report, folder = view.report, f"products/{view.slug}/{key}"
        address = folder if key != QualityOptions().default_period else f"products/{view.slug}"
        page = re.sub(r"</?a\b[^>]*>", "", files[f"{address}/index.html"].replace("\u00a0", " "))
        markdown, brief = files[f"{folder}/report.md"], files[f"{folder}/brief.md"]
        by_title = {report.measures[metric].title: metric for metric in COMPARED}
        twin = json.loads(files[f"api/v1/products/{row['id']}/{key}.json"])
        answer = await ask(
            "generate_quality_report", product_ids=row["id"], start_date=key, compare="previous_period"
        )
        assert (
            twin["metrics"] == row["metrics"] == {name: plain(one) for name, one in report.measures.items()}
        )
        asked = await ask(
            "query_metrics", metrics=list(METRICS), filters={"product": row["id"]}, start_date=key
        )
        shown_everywhere = _told(twin["metrics"])
        assert _told(asked["totals"]) == shown_everywhere
        told = _told(answer["metrics"])
        assert told == {name: shown_everywhere[name] for name in told}
        assert {TESTS, BUGS, OPEN} <= told.keys()
        path = f"products/{row['id']}/{key}/figures.csv"
        assert (path in files) == ("/figures.csv" in files[f"{address}/index.html"])
        written = csv.DictReader(io.StringIO(files.get(path, "").lstrip("\ufeff")))
        for one in written:
            metric = by_title[one["figure"]]
            now, before = report.measures[metric], (report.previous or {}).get(metric)
            digits = 3 if now.unit == "rate" else 1
            earlier = before.value if before and metric not in OF_NOW else None
            cells = tuple(float(one[name]) if one[name] else None for name in ("now", "before"))
            assert cells == (to_digits(now.value, digits), to_digits(earlier, digits))
        for metric in MARKDOWN_FIGURES:
            shown = report.measures[metric]
            assert f"| {shown.title} | {shown.detail} |" in markdown
        for metric in COMPARED_SHOWN:
            if path in files and report.measures[metric].value is not None:
                assert f"<td>{measured(report.measures[metric], 'bare')}</td>" in page
        for name, verdict in (
            ("product_verdict", report.product_verdict),
            ("review_verdict", report.review_verdict),
        ):
            judged = {"level": verdict.level, "reason": verdict.reason}
            assert answer[name] == twin[name] == row[name] == judged
            assert verdict.reason in brief
            assert (verdict.beside or verdict.reason) in markdown
            assert (verdict.beside or verdict.reason) in page
            assert all(one.text in page for one in verdict.signals)

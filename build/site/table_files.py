"""The tables of the pages as CSV and JSON files, and where they lie."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from build.site.data import api
from build.site.data.csv import csv_rows, table_csv
from build.site.data.values import values
from build.site.page import Page, Site
from quality.metrics.columns import COMPARED
from quality.model.entities import WAITING_FOR_TESTER, Product
from quality.views.breakdowns import breakdown_table
from quality.views.deadlines import due_table
from quality.views.features import features_table as features_of_report
from quality.views.features import stories_table
from quality.views.freshness import freshness
from quality.views.lists.bug_table import table_of_bugs, table_of_grave_bugs
from quality.views.lists.bugs import TestBugs, bugs_by_test
from quality.views.lists.features import list_of_features
from quality.views.lists.products import deadlines_table, products_table
from quality.views.lists.tests import list_of_tests
from quality.views.periods import PeriodLink
from quality.views.portfolio import PortfolioView
from quality.views.product import ProductView
from quality.views.report import figures_table
from quality.views.report import months_table as spark_table
from quality.views.rows import table_of_tests
from quality.views.table import Table, select
from quality.views.test import EXECUTION, TestView, execution_table, features_table
from quality.views.test import stories_table as test_stories
from quality.views.todo import todo_list
from quality.views.trend import trend_table

_OF_A_TEST = (
    "id", "title", "severity", "review", "rejection_reason", WAITING_FOR_TESTER, "found_again",
    "fix_confirmation", "exported_at", "known", "feature", "tester", "platforms", "reported_at",
)  # fmt: skip


ALL_TESTS = "all_tests"
"""The key of the table of tests on a report: its file is the list of all tests of the product."""
_COUNTED = {"severity": "bugs", "review": "bugs"}
_ONLY_JSON = frozenset({"device_category", "due", "months", "tests"})
"""Tables that no page shows."""


@dataclass(frozen=True, slots=True)
class Twins:
    """The files of a page's tables: the path of the CSV by the table's key, and of the JSON with all."""

    json: str
    csv: Mapping[str, str] = field(default_factory=dict)


def report_twins(view: ProductView, keys: Iterable[str]) -> Twins:
    """Return the files of a report's tables, at addresses that stay whatever the product's name becomes."""
    product_id, key = view.product.id, view.report.period.key
    csv = {table: f"products/{product_id}/{key}/{table}.csv" for table in keys if table not in _ONLY_JSON}
    listed = {ALL_TESTS: f"products/{product_id}/tests.csv"}
    return Twins(f"api/v1/products/{product_id}/{key}.json", csv | listed)


def report_tables(site: Site, view: ProductView) -> list[Table]:
    """Return the tables of a report in full; those without rows are left out."""
    report = view.report
    every = (
        todo_list(report.todo),
        due_table(report.deadlines),
        table_of_grave_bugs(site.facts, [site.facts.tests[row.id] for row in report.tests]),
        *([view.release] if view.release else []),
        figures_table(report, COMPARED),
        trend_table(report.trend, report.trend_note),
        spark_table(report.kpis),
        *(
            breakdown_table(one)
            for one in (
                report.severity,
                report.reasons,
                view.platforms,
                view.browsers,
                view.devices,
                view.testers,
            )
        ),
        features_of_report(view.features),
        stories_table(view.stories),
        table_of_tests(report.tests),
        *view.said.tables,
    )
    return [table for table in every if table.rows]


def report_files(site: Site, view: ProductView, tables: Sequence[Table], twins: Twins) -> Iterator[Page]:
    """Make the files of a report."""
    said = [(table, values(table)) for table in tables]
    yield from _csv(said, twins)
    still = freshness(site.facts, (view.product.id,), still=True)
    yield twins.json, api.as_json(api.report_document(view, said, still.as_of))


def list_twins(product_id: int, key: str) -> Twins:
    """Return the files of a product's list of bugs, tests or features."""
    return Twins(f"api/v1/products/{product_id}/{key}.json", {key: f"products/{product_id}/{key}.csv"})


def list_files(site: Site, product: Product) -> Iterator[Page]:
    """Make the files of a product's lists, each in full; the bugs of one test at a time are in memory."""
    tests = site.facts.tests_by_product.get(product.id, ())
    groups = bugs_by_test(site.facts, product.id)
    again = site.facts.found_again
    yield from _list(product.id, table_of_bugs((), again), (table_of_bugs((one,), again) for one in groups))
    for table in (
        list_of_tests(site.facts, tests, site.now),
        list_of_features(site.facts, product.id, site.now),
    ):
        yield from _list(product.id, replace(table, rows=()), (table,))


def _list(product_id: int, empty: Table, parts: Iterable[Table]) -> Iterator[Page]:
    """Make the files of a list, which comes in parts."""
    twins = list_twins(product_id, empty.key)
    lines, texts = [table_csv(empty)], []
    for part in parts:
        rows = values(part)
        lines.append(csv_rows(rows))
        texts.append(api.rows_json(part, rows))
    yield twins.csv[empty.key], "".join(lines).encode()
    yield twins.json, api.list_json(product_id, empty.key, texts)


def tables_of_test(site: Site, view: TestView) -> list[Table]:
    """Return the tables of a test in full; those without rows are left out."""
    test = view.test
    bugs = table_of_bugs([TestBugs(test, test.bugs, ())], site.facts.found_again)
    every = (
        *((breakdown_table(view.severity), breakdown_table(view.review)) if test.bugs else ()),
        features_table(test),
        test_stories(test),
        execution_table(test.execution),
        select(bugs, _OF_A_TEST),
    )
    return [table for table in every if table.rows]


def twins_of_test(test_id: int, tables: Iterable[Table]) -> Twins:
    """Return the files of a test with these tables; those of counts have the bugs that they count.

    Files of their own for some rows of counts would be half of all files of a site.
    """
    files = ((table.key, _COUNTED.get(table.key, table.key)) for table in tables)
    csv = {key: f"tests/{test_id}-{file}.csv" for key, file in files if key != EXECUTION}
    return Twins(f"api/v1/tests/{test_id}.json", csv)


def files_of_test(view: TestView, tables: Sequence[Table], twins: Twins) -> Iterator[Page]:
    """Make the files of a test."""
    said = [(table, values(table)) for table in tables]
    yield from _csv((one for one in said if one[0].key not in _COUNTED), twins)
    yield twins.json, api.as_json(api.document_of_test(view, said))


def portfolio_twins(period: PeriodLink) -> Twins:
    """Return the files of the portfolio over a period; deadlines are those of now in each."""
    products = "products.csv" if period.default else f"{period.key}/products.csv"
    return Twins(f"api/v1/portfolio/{period.key}.json", {"products": products, "deadlines": "deadlines.csv"})


def portfolio_files(site: Site, view: PortfolioView) -> Iterator[Page]:
    """Make the files of the portfolio over a period; those of the default one have a plain address, too."""
    key = view.period.key
    products = products_table(view.rows, key)
    document = api.as_json(api.products_document(site.facts, view))
    twins = portfolio_twins(view.period)
    yield from _csv([(products, values(products))], twins)
    yield twins.json, document
    if view.period.default:
        due = deadlines_table(view.deadlines)
        yield from _csv([(due, values(due))], twins)
        yield "api/v1/products.json", document


def _csv(tables: Iterable[tuple[Table, api.Rows]], twins: Twins) -> Iterator[Page]:
    for table, rows in tables:
        if table.key in twins.csv:
            yield twins.csv[table.key], table_csv(table, rows).encode()

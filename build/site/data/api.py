"""The reports as JSON for programs: the same numbers as on the pages, each table in full."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from build.site.data.json import table_json
from build.site.data.values import Value
from quality.findings.finding import Finding
from quality.metrics.measures import Measure
from quality.metrics.numbers import plain
from quality.model.facts import Facts
from quality.verdicts import Verdict
from quality.views.deadlines import DeadlineDay
from quality.views.lists.products import deadlines_table
from quality.views.portfolio import PortfolioView
from quality.views.product import ProductView
from quality.views.table import Table
from quality.views.test import TestView

Json = dict[str, Any]
Rows = Sequence[Sequence[Value]]
"""What `values` makes of a table."""


def as_json(document: Json) -> bytes:
    """Write a document as UTF-8, in the order of its keys."""
    return _text(document).encode("utf-8", "replace") + b"\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def products_document(facts: Facts, view: PortfolioView) -> Json:
    """Return all products with both verdicts over a period and the one before, and what is due now."""
    return {
        **_source(facts),
        "period": view.period.key,
        "products": [
            {
                "id": row.product.id,
                "name": row.product.name,
                "product_verdict": _verdict(row.product_verdict),
                "review_verdict": _verdict(row.review_verdict),
                "metrics": _metrics(row.measures),
                "previous": None if row.previous is None else _metrics(row.previous),
                "due_at": _moment(row.due.at) if row.due else None,
                "overdue": row.due.overdue if row.due else 0,
            }
            for row in view.rows
        ],
        "deadlines": table_json(deadlines_table(view.deadlines)),
    }


def report_document(view: ProductView, tables: Iterable[tuple[Table, Rows]], data_of: datetime) -> Json:
    """Return the report of a product over a period, and since when its data are as they are."""
    report = view.report
    span = report.period
    return {
        "data_of": _moment(data_of),
        "product": {"id": view.product.id, "name": view.product.name},
        "period": {
            "key": span.key,
            "title": span.title,
            "start": _moment(span.start),
            "end": _moment(span.end),
            "running": span.running,
        },
        "headline": list(report.headline),
        "product_verdict": _verdict(report.product_verdict),
        "review_verdict": _verdict(report.review_verdict),
        "metrics": _metrics(report.measures),
        "previous": None if report.previous is None else _metrics(report.previous),
        "findings": [_finding(one) for one in report.findings],
        "deadlines": [_deadline(one) for one in report.deadlines],
        "notes": list(report.notes),
        "gaps": list(report.freshness.gap_texts),
        "tables": {table.key: table_json(table, rows) for table, rows in tables},
    }


def document_of_test(view: TestView, tables: Iterable[tuple[Table, Rows]]) -> Json:
    """Return one test with its verdicts and numbers."""
    test = view.test
    return {
        "test": {
            "id": test.id,
            "title": test.title,
            "product_id": test.product_id,
            "status": test.status,
            "start_at": _moment(test.start_at),
            "end_at": _moment(test.end_at),
        },
        "product_verdict": _verdict(view.product_verdict),
        "review_verdict": _verdict(view.review_verdict),
        "metrics": _metrics(view.measures),
        "findings": [_finding(one) for one in view.findings],
        "tables": {table.key: table_json(table, rows) for table, rows in tables},
    }


def list_json(product_id: int, key: str, parts: Iterable[str]) -> bytes:
    """Write a list of everything of a product, its bugs, tests or features, from the texts of `rows_json`."""
    rows = ",".join(part for part in parts if part)
    return f'{{"product_id":{product_id},"{key}":[{rows}]}}\n'.encode("utf-8", "replace")


def rows_json(table: Table, rows: Rows) -> str:
    """Write the rows of a table as they stand in a list."""
    return _text(table_json(table, rows))[1:-1]


def _source(facts: Facts) -> Json:
    return {"snapshot": facts.snapshot_id, "as_of": _moment(facts.as_of)}


def _verdict(verdict: Verdict) -> Json:
    return {"level": verdict.level, "reason": verdict.reason}


def _metrics(measures: Mapping[str, Measure]) -> Json:
    return {key: plain(measure) for key, measure in measures.items()}


def _finding(finding: Finding) -> Json:
    return {
        "key": finding.key,
        "level": finding.level,
        "title": finding.title,
        "text": finding.text,
        "action": finding.action,
        "bug_ids": list(finding.bug_ids),
        "test_ids": list(finding.test_ids),
    }


def _deadline(day: DeadlineDay) -> Json:
    return {
        "day": day.day.isoformat(),
        "overdue": day.overdue,
        "first_at": _moment(day.first_at),
        "bug_ids": [bug.id for bug in day.bugs],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

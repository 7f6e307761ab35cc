"""Shorten the answer of generate_quality_report to what a model reads."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from base.text import listed
from mcp_reader.answers.base import Number, Rate, warn, without_bounds
from mcp_reader.answers.report import QualityReport, short_evidence
from mcp_reader.text import LIMIT
from quality.findings.criticals import CRITICALS
from quality.findings.reviews import DEADLINE
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, COMPARED, COMPARED_SHOWN, HEADLINE, NOISE, OPEN, TESTS

FEW_IDS = 4
NOTICE = 150
"""Characters that the warning of what was left out may take."""
SAME = "the same"
_REVIEWER = re.compile(r" \(reviewer: [^()]*\)$")
PRODUCT_ROW = frozenset({TESTS, BUGS, OPEN, NOISE})


def keep_lean(answer: QualityReport, every: Mapping[str, int] = MappingProxyType({})) -> None:
    """Leave out of an answer what another tool or a file tells better, until it is short.

    Metrics are those that pages compare; of a rate the counts say how sure it is. Signals that are fine, ids
    of evidence and the numbers of the period before go first, the last products only after all findings but
    one; warnings say so. The names of several products stand in their rows, and the days of the deadlines in
    `deadlines` alone.

    Args:
        answer: The report.
        every: How many rows a part has in the whole report, by its name.
    """
    if answer.by_product:
        answer.products = None
    answer.metrics = {
        key: without_bounds(value) for key, value in (answer.metrics or {}).items() if key in COMPARED
    }
    answer.changes = {key: text for key, text in (answer.changes or {}).items() if key in COMPARED} or None
    answer.previous = None
    answer.signals = [one for one in answer.signals or () if one.level in {"act_now", "watch"}] or None
    for finding in answer.findings or ():
        short_evidence(finding, FEW_IDS)
        if finding.key == DEADLINE and answer.deadlines:
            finding.text = "deadlines has them by day."
    for deadline in answer.deadlines or ():
        deadline.product_ids = deadline.test_ids = deadline.bug_ids = None
    _shorten_rows(answer)
    left = _without_the_same(answer) if _is_long(answer) else []
    if _is_long(answer):
        left += _without_counts(answer)
        _shorten_texts(answer)
    for name, rows in (
        ("signals", 0),
        ("health", 0),
        ("by_rejection_reason", 0),
        ("findings", 2),
        ("findings", 1),
        ("by_product", 6),
        ("by_product", 3),
        ("by_product", 1),
    ):
        if not _is_long(answer):
            break
        left += _kept_first(answer, name, rows, every)
    if left:
        warn(answer, f"Left out to keep it short: {listed(left)}; output_file has all.")


def _is_long(answer: QualityReport) -> bool:
    return len(answer.model_dump_json(exclude_none=True)) > LIMIT - NOTICE


def _without_the_same(answer: QualityReport) -> list[str]:
    """Leave out changes of nothing; return what to say of it."""
    before = answer.changes or {}
    answer.changes = {key: text for key, text in before.items() if not text.startswith(SAME)} or None
    left = len(before) - len(answer.changes or ())
    return [f"changes of what is the same ({left})"] if left else []


def _without_counts(answer: QualityReport) -> list[str]:
    """Leave out changes of counts that pages do not compare; return what to say of it."""
    before = answer.changes or {}
    answer.changes = {
        key: text for key, text in before.items() if METRICS[key].unit == "rate" or key in COMPARED_SHOWN
    } or None
    left = len(before) - len(answer.changes or ())
    return [f"changes of other counts ({left})"] if left else []


def _shorten_texts(answer: QualityReport) -> None:
    """Leave out names that another part of the answer, or another tool, has."""
    for deadline in answer.deadlines or ():
        deadline.text = _REVIEWER.sub("", deadline.text)
    for finding in answer.findings or ():
        if finding.key == CRITICALS and finding.bugs_in_all:
            finding.text = "list_bugs has all."
    for row in answer.by_product or ():
        if row.changes and NOISE in row.changes:  # what is accepted of decided bugs is what is not rejected
            row.changes = {key: text for key, text in row.changes.items() if key != HEADLINE}


def _kept_first(answer: QualityReport, name: str, rows: int, every: Mapping[str, int]) -> list[str]:
    """Keep the first rows of a part and say how many there are; of none kept, return what to say."""
    held = getattr(answer, name)
    if held and not rows:
        setattr(answer, name, None)
        return [name if isinstance(held, BaseModel) else f"{name} ({len(held)})"]
    if held and len(held) > rows:
        setattr(answer, name, held[:rows])
        _say_cut(answer, name, rows, every.get(name, len(held)))
    return []


def _say_cut(answer: QualityReport, name: str, rows: int, every: int) -> None:
    """Say how many rows a part has now, in the place of an earlier such warning."""
    before = f"{name} has the first "
    answer.warnings = [one for one in answer.warnings or () if not one.startswith(before)]
    warn(answer, f"{before}{rows} of {every}; output_file has all.")


def _shorten_rows(answer: QualityReport) -> None:
    for row in answer.by_product or ():
        row.health = None
        told = {key: without_bounds(value) for key, value in row.metrics.items() if key in PRODUCT_ROW}
        row.metrics = {
            key: value for key, value in told.items() if row.metrics.get(TESTS) and _is_known(value)
        }


def _is_known(value: Number) -> bool:
    return not isinstance(value, Rate) or value.value is not None


def without_json(answer: QualityReport, text: str | None) -> QualityReport:
    """Leave out what the Markdown says, but not a note that it lacks, such as which changes may be chance."""
    return QualityReport(
        data_as_of=answer.data_as_of,
        warnings=answer.warnings,
        title=answer.title,
        products=answer.products,
        product_count=answer.product_count,
        period=answer.period,
        selection=answer.selection,
        product_verdict=answer.product_verdict,
        review_verdict=answer.review_verdict,
        health=answer.health,
        test_count=answer.test_count,
        notes=[one for one in answer.notes or () if text and one not in text] or None,
        release=answer.release,
        release_before=answer.release_before,
        markdown=text,
    )

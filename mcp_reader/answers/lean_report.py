"""Shorten the answer of generate_quality_report to what a model reads."""

from mcp_reader.answers.base import Number, Rate, warn
from mcp_reader.answers.report import QualityReport
from mcp_reader.text import LIMIT
from quality.findings.reviews import DEADLINE
from quality.metrics.columns import BUGS, COMPARED, NOISE, OPEN, TESTS

FEW_IDS = 4
SAME = "the same"
PRODUCT_ROW = frozenset({TESTS, BUGS, OPEN, NOISE})


def keep_lean(answer: QualityReport) -> None:
    """Leave out of an answer what another tool or a file tells better, until it is short.

    Metrics are those that pages compare; of a rate the counts say how sure it is. Signals that are fine, ids
    of evidence and the numbers of the period before go first, the last products only after all findings but
    one. The names of several
    products stand in their rows, and the days of the deadlines in `deadlines` alone.
    """
    if answer.by_product:
        answer.products = None
    answer.metrics = {key: _short(value) for key, value in (answer.metrics or {}).items() if key in COMPARED}
    answer.changes = {key: text for key, text in (answer.changes or {}).items() if key in COMPARED} or None
    answer.previous = None
    answer.signals = [one for one in answer.signals or () if one.level in {"act_now", "watch"}] or None
    for finding in answer.findings or ():
        finding.bug_ids = (finding.bug_ids or [])[:FEW_IDS] or None
        finding.test_ids = (finding.test_ids or [])[:FEW_IDS] or None
        if finding.key == DEADLINE and answer.deadlines:
            finding.text = "deadlines has them by day."
    for deadline in answer.deadlines or ():
        deadline.product_ids = deadline.test_ids = deadline.bug_ids = None
    _shorten_rows(answer)
    if len(answer.model_dump_json(exclude_none=True)) > LIMIT and answer.changes:
        answer.changes = {key: text for key, text in answer.changes.items() if not text.startswith(SAME)}
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
        if len(answer.model_dump_json(exclude_none=True)) <= LIMIT:
            return
        _keep_first(answer, name, rows)


def _keep_first(answer: QualityReport, name: str, rows: int) -> None:
    """Keep the first rows of a part, and say so; of none nothing is said."""
    held = getattr(answer, name)
    if held and not rows:
        setattr(answer, name, None)
    elif held and len(held) > rows:
        setattr(answer, name, held[:rows])
        before = f"{name} has the first "
        answer.warnings = [one for one in answer.warnings or () if not one.startswith(before)]
        warn(answer, f"{before}{rows} of them; output_file has all.")


def _shorten_rows(answer: QualityReport) -> None:
    for row in answer.by_product or ():
        row.health = None
        told = {key: _short(value) for key, value in row.metrics.items() if key in PRODUCT_ROW}
        row.metrics = {
            key: value for key, value in told.items() if row.metrics.get(TESTS) and _is_known(value)
        }


def _is_known(value: Number) -> bool:
    return not isinstance(value, Rate) or value.value is not None


def _short(value: Number) -> Number:
    """Return a rate without its interval."""
    return (
        Rate(**value.model_dump(include={"value", "numerator", "denominator"}))
        if isinstance(value, Rate)
        else value
    )


def without_json(answer: QualityReport, text: str | None) -> QualityReport:
    """Leave out what the Markdown says."""
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
        release=answer.release,
        release_before=answer.release_before,
        markdown=text,
    )

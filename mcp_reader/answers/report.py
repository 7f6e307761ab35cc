"""Fill the answer of generate_quality_report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import (
    Answer,
    HealthPart,
    NamedRef,
    Number,
    VerdictPart,
    day,
    health_part,
    number,
    stamp,
    verdict_part,
    warnings_of,
)
from mcp_reader.answers.said import ReleasePart
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.findings.rules import SHOWN
from quality.metrics.columns import BUGS, INDICATORS
from quality.metrics.measures import Change, Measure, share_sentence
from quality.model.facts import Facts
from quality.verdicts import FORMER_LEVELS
from quality.views.breakdowns import Breakdown
from quality.views.deadlines import DeadlineDay
from quality.views.report import ReportView
from quality.wording import counted

MOST_EVIDENCE = 8
MOST_DEADLINES = 6
MOST_ROWS = 12
MOST_PRODUCTS = 30
MOST_RECENT = 4
_CHANCE = {True: "; better, more than chance", False: "; worse, more than chance", None: ""}


RUNS = (
    "This period runs: no change of it is judged yet, though what was found is; `last quarter` and"
    " `last 90 days` are whole periods."
)
SURE_ONLY = "Changes of rates that do not say so are not more than chance (p < 0.01); counts are not judged."
NONE_SURE = (
    "No change of a rate, of all or of one product, is more than chance (p < 0.01); counts are not judged."
)
RECENT = "Last 90 days against the 90 before, by more than chance"
_NOTHING_BEFORE = "Nothing is compared: only a period with a start and an end has one before it."
_NO_RELEASE_BEFORE = "Nothing is compared: no release before this one is known."


class PeriodPart(BaseModel):
    """The period that selects tests by their end; `running` means that the numbers are so far."""

    title: str
    start: str | None = None
    end: str | None = None
    running: bool


class SignalPart(BaseModel):
    """One signal of a verdict with its counts."""

    key: str
    level: str
    text: str


class FindingPart(BaseModel):
    """A finding with its action; ids with a count beside them are the first of so many."""

    key: str
    title: str
    level: str
    text: str
    action: str
    bug_ids: list[int] | None = None
    bugs_in_all: int | None = None
    test_ids: list[int] | None = None
    tests_in_all: int | None = None


class DeadlinePart(BaseModel):
    """A day on which open bugs will be auto-accepted; `bug_count` counts also those without an id here."""

    text: str
    bug_count: int
    product_ids: list[int] | None = None
    test_ids: list[int] | None = None
    bug_ids: list[int] | None = None


class RowPart(BaseModel):
    """One value of a breakdown; `name` is `none` where the label is missing, verdicts are a product's.

    Attributes:
        changes: Of a product; an answer has only those that are more than chance.
    """

    id: int | str | None = None
    name: str
    product_verdict: str | None = None
    review_verdict: str | None = None
    health: str | None = None
    metrics: dict[str, Number]
    changes: dict[str, str] | None = None


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
        changes: Against the previous period, in words; of a rate whether it is more than chance; only with
            compare.
        tests_by_status: Of the tests that count; so are the types.
        release: At the report of a release, its own; so is the one before it.
        output_file: Where the report was written, inside the reports folder.
        output_path: The same on the machine of the server, in full.
    """

    title: str
    products: list[NamedRef] | None = None
    product_count: int
    period: PeriodPart
    selection: str
    headline: list[str] | None = None
    notes: list[str] | None = None
    product_verdict: VerdictPart
    review_verdict: VerdictPart
    health: HealthPart | None = None
    markdown: str | None = None
    signals: list[SignalPart] | None = None
    metrics: dict[str, Number] | None = None
    previous_period: str | None = None
    previous: dict[str, Number] | None = None
    changes: dict[str, str] | None = None
    release: ReleasePart | None = None
    release_before: ReleasePart | None = None
    findings: list[FindingPart] | None = None
    deadlines: list[DeadlinePart] | None = None
    by_product: list[RowPart] | None = None
    by_severity: dict[str, int] | None = None
    by_rejection_reason: dict[str, int] | None = None
    test_count: int
    tests_by_status: dict[str, int] | None = None
    tests_by_type: dict[str, int] | None = None
    tests: list[TestPart] | None = None
    output_file: str | None = None
    output_path: str | None = None
    output_bytes: int | None = None
    overwritten: bool | None = None


def fill_report(
    facts: Facts, view: ReportView, *, compared: bool, whole: bool, recent: Sequence[str] | None = None
) -> QualityReport:
    """Fill in the report; unless it is asked for whole, long lists are cut, which its warnings say.

    Args:
        facts: The snapshot.
        view: The report.
        compared: Whether the changes are asked for.
        whole: Whether all of it is.
        recent: What changed in the last days, of a report over others; None where nothing is to be said.
    """
    span = view.period
    products = [] if whole else _cut("by_product", MOST_ROWS, len(view.by_product.rows))
    if not whole:
        products += _cut("findings", SHOWN, len(view.findings))
    alone = _NO_RELEASE_BEFORE if span.release else _NOTHING_BEFORE
    lonely = [alone] if compared and view.previous is None else []
    known = [one.id for one in view.products if one.id is not None]
    return QualityReport(
        data_as_of=stamp(view.freshness.as_of),
        warnings=warnings_of(facts, known, *products, *lonely),
        title=view.title,
        products=[NamedRef(id=one.id, name=shorten(one.name)) for one in view.products[:MOST_PRODUCTS]],
        product_count=len(view.products),
        period=PeriodPart(title=span.title, start=day(span.start), end=day(span.end), running=span.running),
        selection=view.selection,
        headline=_headline(view),
        notes=[*view.notes, *_compared(view, whole=whole), *_recent(recent)]
        if compared
        else list(view.notes) or None,
        product_verdict=verdict_part(view.product_verdict),
        review_verdict=verdict_part(view.review_verdict),
        health=health_part(view.review_verdict, span.title),
        signals=[
            SignalPart(key=one.key, level=one.level, text=one.text)
            for one in (*view.product_verdict.signals, *view.review_verdict.signals)
        ]
        or None,
        metrics=_numbers(view.measures),
        previous_period=view.previous_text or None if compared else None,
        previous=_numbers(view.previous) if compared and view.previous else None,
        changes=_changes(view.changes) if compared else None,
        findings=[
            _finding(one, None if whole else MOST_EVIDENCE)
            for one in view.findings[: None if whole else SHOWN]
        ],
        deadlines=_deadlines(view.deadlines, None if whole else MOST_DEADLINES),
        by_product=_products(view, None if whole else MOST_ROWS, compared=compared),
        by_severity=_counts(view.severity),
        by_rejection_reason=_counts(view.reasons),
        test_count=len(view.tests),
        tests_by_status=_spread(test.status for test in view.tests),
        tests_by_type=_spread(test.testing_type for test in view.tests),
    )


def _headline(view: ReportView) -> list[str]:
    """Return the headline of the page; a change that it tells and that may be chance is called so."""
    unsure = tuple(
        f"{share_sentence(view.measures[key])}, before {one.before}."
        for key, one in view.changes.items()
        if one.better is None and key in INDICATORS
    )
    return [f"{text[:-1]} (within chance)." if text.endswith(unsure) else text for text in view.headline]


def _compared(view: ReportView, *, whole: bool) -> list[str]:
    """Say what the changes of an answer leave out."""
    if view.period.running and view.previous:
        return [RUNS]
    every = (view.changes, *view.product_changes.values())
    if view.changes and all(one.better is None for changes in every for one in changes.values()):
        return [NONE_SURE]
    return [SURE_ONLY] if view.changes and not whole else []


def _recent(changes: Sequence[str] | None) -> list[str]:
    """Say in a line what changed in the last days, which the period that was asked for does not show."""
    if changes is None:
        return []
    more = len(changes) - MOST_RECENT
    said = [*changes[:MOST_RECENT], *([f"{more} more (start_date='last 90 days')"] if more > 0 else [])]
    return [f"{RECENT}: {'. '.join(said) or 'nothing'}."]


def _spread(words: Iterable[str | None]) -> dict[str, int] | None:
    counts = Counter(shorten(word, 40) or "none" for word in words)
    return dict(counts.most_common(12)) or None


def _cut(name: str, shown: int, every: int) -> list[str]:
    return [f"{name} has the first {shown} of {every}; output_file has all."] if shown < every else []


def _deadlines(days: Sequence[DeadlineDay], most: int | None) -> list[DeadlinePart] | None:
    """Return the nearest days, and how much waits after them."""
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


def short_evidence(finding: FindingPart, most: int) -> None:
    """Keep the first ids of a finding's evidence, and how many there are where some are left out."""
    for ids, count in (("bug_ids", "bugs_in_all"), ("test_ids", "tests_in_all")):
        held = getattr(finding, ids)
        if held and len(held) > most:
            setattr(finding, count, getattr(finding, count) or len(held))
            setattr(finding, ids, held[:most])


def _finding(one: Finding, most: int | None) -> FindingPart:
    """Return a finding; `text` has the counts, whatever is left out of the ids."""
    part = FindingPart(
        key=one.key,
        title=f"{one.title} now, over all periods" if one.key == DEADLINE else one.title,
        level=one.level,
        text=one.text,
        action=one.action,
        bug_ids=list(one.bug_ids) or None,
        test_ids=list(one.test_ids) or None,
    )
    if most is not None:
        short_evidence(part, most)
    return part


def _numbers(measures: Mapping[str, Measure]) -> dict[str, Number]:
    values = ((key, number(measure)) for key, measure in measures.items())
    return {key: value for key, value in values if value is not None}


def _changes(changes: Mapping[str, Change]) -> dict[str, str] | None:
    """Tell changes, of a rate with whether it is more than chance; counts are not judged."""
    return {key: f"{one.step}, {one.text}{_CHANCE[one.better]}" for key, one in changes.items()} or None


def _products(view: ReportView, most: int | None, *, compared: bool) -> list[RowPart] | None:
    """Return the products of a report of several, each with its own verdicts."""
    if len(view.products) < 2:  # noqa: PLR2004 - one is the report itself
        return None
    parts = []
    for row in view.by_product.rows[:most]:
        part = RowPart(id=row.id, name=shorten(row.name, 80) or "none", metrics=_numbers(row.measures))
        verdicts = view.verdicts.get(row.id) if isinstance(row.id, int) else None
        if verdicts:
            part.product_verdict, part.review_verdict = (one.level for one in verdicts)
            part.health = FORMER_LEVELS[verdicts[1].level]
        if compared and isinstance(row.id, int):
            changes = view.product_changes.get(row.id, {})
            sure = {key: one for key, one in changes.items() if most is None or one.better is not None}
            part.changes = _changes(sure)
        parts.append(part)
    return parts


def _counts(shown: Breakdown) -> dict[str, int] | None:
    """Return a breakdown's rows by their number of bugs."""
    counts = {
        shorten(str(row.id), 60) if row.id is not None else "none": int(row.measures[BUGS].value or 0)
        for row in shown.rows
    }
    return counts or None

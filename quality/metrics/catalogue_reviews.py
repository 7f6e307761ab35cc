"""The metrics of what became of the bugs: accepted, rejected, still open, and by whom."""

from collections.abc import Mapping
from statistics import median

from quality.metrics.metric import Evidence, Metric
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally
from quality.model.entities import Severity
from quality.wording import counted, quoted


def _accepted_of(severity: Severity) -> Metric:
    return Metric(
        key=f"accepted_{severity}",
        title=f"Accepted {severity} bugs",
        unit="count",
        formula=f"accepted bugs with severity {severity}",
        help=f"Bugs of severity {severity} that a person accepted or that were auto-accepted.",
        value=lambda tally, _: tally.accepted_of(severity),
        noun=f"accepted {severity} bug",
        short=f"{severity.capitalize()}, accepted",
    )


def _auto_accepted_among(tally: Tally) -> str:
    return f"{tally.auto_accepted:,} auto-accepted" if tally.auto_accepted else ""


def _overdue_among(tally: Tally) -> str:
    return f"{tally.overdue:,} of them overdue" if tally.overdue else ""


def _main_reason(tally: Tally, reasons: Mapping[str, str]) -> str:
    if not tally.reasons:
        return ""
    reason, number = min(tally.reasons.items(), key=lambda item: (-item[1], item[0]))
    return f", most often for {quoted(reasons.get(reason, reason))} ({number:,} of {tally.rejected:,})"


def _nobody_in_time(*_: object) -> str:
    return ", because nobody reviewed them in time"


def _of_exports(tally: Tally) -> str:
    return f"the median of {counted(len(tally.export_days), 'export')}" if tally.export_days else ""


REVIEWS = (
    Metric(
        key="total_accepted",
        title="Accepted bugs",
        unit="count",
        formula="active_accepted + auto_accepted",
        help="Accepted by a person, or automatically when the 10-day review window ran out.",
        value=lambda tally, _: tally.accepted,
        noun="accepted bug",
        note=_auto_accepted_among,
    ),
    Metric(
        key="reviewed",
        title="Reviewed bugs",
        unit="count",
        formula="active_accepted + rejected",
        help="Bugs about which a person decided; auto-accepted ones are not among them.",
        value=lambda tally, _: tally.reviewed,
        noun="reviewed bug",
    ),
    Metric(
        key="open_bugs",
        title="Open bugs",
        unit="count",
        formula="bugs whose review is open",
        help="Bugs that are neither accepted nor rejected yet. They are in no judged rate.",
        value=lambda tally, _: tally.open,
        noun="open bug",
        note=_overdue_among,
    ),
    Metric(
        key="decided",
        title="Decided bugs",
        unit="count",
        formula="bug_count - open_bugs",
        help="Bugs accepted by a person, auto-accepted, or rejected: what judged rates divide by.",
        value=lambda tally, _: tally.decided,
        noun="decided bug",
    ),
    Metric(
        key="overdue_bugs",
        title="Overdue bugs",
        unit="count",
        formula="open bugs of a test that ended more than 10 days before now and is not archived",
        help="Their review days are over and nothing has happened: ask Test IO. Now is the snapshot's time."
        " An archived test can change no more, so that its open bugs are late for nothing.",
        value=lambda tally, _: tally.overdue,
        noun="overdue bug",
    ),
    Metric(
        key="waiting_for_tester",
        title="Bugs waiting for the tester",
        unit="count",
        formula="open bugs with the status requested",
        help="The customer has asked the tester something, who has 24 hours to answer."
        " They are a part of the open bugs.",
        value=lambda tally, _: tally.waiting_for_tester,
        noun="bug waiting for the tester",
    ),
    _accepted_of("critical"),
    _accepted_of("high"),
    Metric(
        key="acceptance_rate",
        title="Acceptance rate",
        unit="rate",
        formula="total_accepted / decided",
        help="Accepted bugs, by a person or automatically, of the decided ones.",
        value=lambda tally, _: Rate(tally.accepted, tally.decided),
        better="up",
        noun="accepted bug",
        divisor="decided bug",
        verb="decided bugs accepted",
        short="Accepted",
        subject="reviews",
        judged=True,
        note=_auto_accepted_among,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected",)),
        action="Look at what was rejected.",
        style="accepted",
    ),
    Metric(
        key="rejection_rate_of_decided",
        title="Rejection rate of decided bugs",
        unit="rate",
        formula="rejected / decided",
        help="Rejected bugs of the decided ones; the reasons say whether test or product has to be"
        " explained better.",
        value=lambda tally, _: Rate(tally.rejected, tally.decided),
        better="down",
        noun="rejected bug",
        divisor="decided bug",
        verb="decided bugs rejected",
        short="Rejected",
        subject="reviews",
        judged=True,
        limits="rejection",
        cause=_main_reason,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected",)),
        action="Look at the rejection reasons, and say in the instructions what is not wanted.",
        style="rejected",
    ),
    Metric(
        key="person_review_rate",
        title="Reviewed by a person",
        unit="rate",
        formula="reviewed / decided",
        help="Decided bugs about which a person decided; the others were auto-accepted.",
        value=lambda tally, _: Rate(tally.reviewed, tally.decided),
        better="up",
        noun="reviewed bug",
        divisor="decided bug",
        verb="decided bugs reviewed by a person",
        short="Reviewed",
        subject="reviews",
        judged=True,
        limits="review",
        evidence=Evidence(good=("active_accepted", "rejected"), bad=("auto_accepted",)),
        action="Review bugs within the ten days; plan narrower tests if they are too many.",
        style="reviewed",
    ),
    Metric(
        key="active_acceptance_of_decided",
        title="Accepted by a person",
        unit="rate",
        formula="active_accepted / decided",
        help="Bugs that a person accepted, of the decided ones.",
        value=lambda tally, _: Rate(tally.active_accepted, tally.decided),
        better="up",
        noun="bug accepted by a person",
        divisor="decided bug",
        verb="decided bugs accepted by a person",
        subject="reviews",
        judged=True,
        limits="active_acceptance",
        evidence=Evidence(good=("active_accepted",), bad=("rejected", "auto_accepted")),
        action="Look at what was rejected, and at what nobody reviewed in time.",
    ),
    Metric(
        key="overall_acceptance_rate",
        title="Acceptance rate of all bugs",
        unit="rate",
        formula="total_accepted / bug_count",
        help="Accepted bugs, by a person or automatically, of all bugs; open bugs are in the divisor.",
        value=lambda tally, _: Rate(tally.accepted, tally.bug_count),
        better="up",
        noun="accepted bug",
        divisor="bug",
        verb="accepted",
        short="Accepted",
        subject="reviews",
        note=_auto_accepted_among,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected", "open")),
        action="Look at what was rejected and what is still open.",
        style="accepted",
    ),
    Metric(
        key="active_acceptance_rate",
        title="Active acceptance rate of all bugs",
        unit="rate",
        formula="active_accepted / bug_count",
        help="Bugs that a person accepted, of all bugs; open bugs are in the divisor.",
        value=lambda tally, _: Rate(tally.active_accepted, tally.bug_count),
        better="up",
        noun="bug accepted by a person",
        divisor="bug",
        verb="accepted by a person",
        subject="reviews",
        evidence=Evidence(good=("active_accepted",), bad=("rejected", "auto_accepted", "open")),
        action="Look at what was rejected, and at what nobody reviewed in time.",
    ),
    Metric(
        key="auto_acceptance_rate",
        title="Auto-acceptance rate",
        unit="rate",
        formula="auto_accepted / total_accepted",
        help="Accepted bugs that nobody looked at in time, of all accepted bugs.",
        value=lambda tally, _: Rate(tally.auto_accepted, tally.accepted),
        better="down",
        noun="auto-accepted bug",
        divisor="accepted bug",
        verb="accepted bugs auto-accepted",
        subject="reviews",
        judged=True,
        limits="auto_acceptance",
        cause=_nobody_in_time,
        evidence=Evidence(good=("active_accepted",), bad=("auto_accepted",)),
        action="Review bugs within the ten days; plan narrower tests if they are too many.",
    ),
    Metric(
        key="rejection_rate",
        title="Rejection rate of all bugs",
        unit="rate",
        formula="rejected / bug_count",
        help="Rejected bugs of all bugs; open bugs are in the divisor.",
        value=lambda tally, _: Rate(tally.rejected, tally.bug_count),
        better="down",
        noun="rejected bug",
        divisor="bug",
        verb="rejected",
        short="Rejected",
        subject="reviews",
        cause=_main_reason,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected",)),
        action="Look at the rejection reasons, and say in the instructions what is not wanted.",
        style="rejected",
    ),
    Metric(
        key="review_rate",
        title="Review rate of all bugs",
        unit="rate",
        formula="reviewed / bug_count",
        help="Bugs about which a person decided, of all bugs; open bugs are in the divisor.",
        value=lambda tally, _: Rate(tally.reviewed, tally.bug_count),
        better="up",
        noun="reviewed bug",
        divisor="bug",
        verb="reviewed by a person",
        subject="reviews",
        evidence=Evidence(good=("active_accepted", "rejected"), bad=("auto_accepted", "open")),
        action="Review the open bugs; plan narrower tests if they are too many.",
        style="reviewed",
    ),
    Metric(
        key="exported",
        title="Exported bugs",
        unit="count",
        formula="bugs with exported_at",
        help="Bugs that were exported to the customer's tracker.",
        value=lambda tally, _: tally.exported,
        noun="exported bug",
    ),
    Metric(
        key="export_days",
        title="Median days to export",
        unit="days",
        formula="median of (exported_at - reported_at)",
        help="From the report of a bug to its export into the customer's tracker.",
        value=lambda tally, _: median(tally.export_days) if tally.export_days else None,
        better="down",
        note=_of_exports,
        no_data="Days to export need exported bugs.",
    ),
    Metric(
        key="verified_fixed",
        title="Fixes confirmed",
        unit="count",
        formula="bugs whose last fix confirmation passed",
        help="A comment says so: a bug fix confirmation that passed, or that the bug is fixed.",
        value=lambda tally, _: tally.confirmations["passed"],
        noun="confirmed fix",
    ),
    Metric(
        key="confirmation_failed",
        title="Fixes not confirmed",
        unit="count",
        formula="bugs whose last fix confirmation failed",
        help="A comment says so: the bug was still there when a tester looked again.",
        value=lambda tally, _: tally.confirmations["failed"],
        noun="fix that was not confirmed",
    ),
)

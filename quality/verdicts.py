"""The levels of a verdict, and the verdict on the review: how the customer handles the bugs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from quality.metrics.catalogue import METRICS, rate
from quality.metrics.columns import BY_A_PERSON, INDICATORS, NOISE
from quality.metrics.measures import Measure, measure, sentence, share_sentence
from quality.metrics.metric import Weights
from quality.metrics.rates import SMALL_SAMPLE, Rate
from quality.metrics.tally import Tally
from quality.thresholds import Thresholds
from quality.wording import capital, counted, limit, listing, plural

Level = Literal["act_now", "watch", "fine", "unknown"]

WORST_FIRST: tuple[Level, ...] = ("act_now", "watch", "fine", "unknown")
LEVEL_WORDS: Mapping[Level, str] = {
    "act_now": "act now",
    "watch": "watch",
    "fine": "fine",
    "unknown": "too few to judge",
}
FORMER_LEVELS: Mapping[Level, str] = {
    "act_now": "critical",
    "watch": "warning",
    "fine": "healthy",
    "unknown": "unknown",
}
"""The names that `health` had for the levels; it stays for one release."""
_MOST_REASONS = 2
NOT_TESTED = "Not tested in this period."


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of a verdict: what was looked at, its level, and a clause with the counts.

    Attributes:
        measure: The rate that was judged; None for a signal that is a count.
        brief: The clause with as few counts as a headline has room for; empty when that is `text`.
        plain: The clause without a number, for a place beside which the number stands.
        limits: From where on a rate is judged otherwise: `watch from 20 %, act now from 35 %`.
    """

    key: str
    title: str
    level: Level
    text: str
    measure: Measure | None = None
    brief: str = ""
    plain: str = ""
    limits: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst signal that could be judged, and the reason in one sentence.

    Attributes:
        first: What comes first of the reason, for a headline: a clause, or the sentence itself.
        beside: The reason beside a headline: without the numbers that it tells; empty when that is `reason`.
    """

    level: Level
    reason: str
    signals: tuple[Signal, ...] = ()
    first: str = ""
    beside: str = ""

    @property
    def word(self) -> str:
        """Return what to call the level: nothing was judged of what was not tested."""
        return "not tested" if self.reason == NOT_TESTED else LEVEL_WORDS[self.level]

    @property
    def headline(self) -> str:
        """Return the shortest sentence that gives the reason."""
        return f"{capital(self.first)}." if self.first else self.reason


def worst(levels: Iterable[Level]) -> Level:
    """Return the worst level that is not unknown; unknown when there is none."""
    found = set(levels)
    return next((one for one in WORST_FIRST if one in found), "unknown")


def level(key: str, value: Rate, thresholds: Thresholds) -> Level:
    """Return the level of a rate (not rounded); unknown without anything to divide."""
    share = value.value
    if share is None:
        return "unknown"
    warning, critical = thresholds.of(key)
    if METRICS[key].better == "up":
        share, warning, critical = -share, -warning, -critical
    if share >= critical:
        return "act_now"
    return "watch" if share >= warning else "fine"


def review_level(key: str, found: Tally, thresholds: Thresholds) -> Level:
    """Return the level of an indicator of the review; unknown under 20 decided bugs, or under its own 20.

    Auto-acceptance divides by the accepted bugs: a share of fewer than 20 of them judges nothing either.
    """
    value = rate(key, found)
    few = min(found.decided, value.denominator) < SMALL_SAMPLE
    return "unknown" if few else level(key, value, thresholds)


def review_verdict(found: Tally, thresholds: Thresholds, weights: Weights | None = None) -> Verdict:
    """Return how the customer handles the bugs: the worst indicator, and watch when bugs are overdue."""
    signals = [
        _indicator(review_level(key, found, thresholds), measure(key, found, weights), thresholds)
        for key in INDICATORS
    ]
    if found.overdue:
        verb = "is" if found.overdue == 1 else "are"
        text = f"{counted(found.overdue, 'open bug')} {verb} overdue"
        late = "an open bug is overdue" if found.overdue == 1 else "open bugs are overdue"
        signals.append(Signal("overdue", "Overdue bugs", "watch", text, plain=late))
    judged = worst(signal.level for signal in signals)
    first = next((one for one in signals if one.level == judged in {"act_now", "watch"}), None)
    brief = "" if first is None else f"{first.brief or first.text}{_so_far(found)}"
    reason, beside = _reason(judged, signals, found), _beside(judged, signals, found)
    return Verdict(judged, reason, tuple(signals), brief, beside)


def _indicator(judged: Level, shown: Measure, thresholds: Thresholds) -> Signal:
    metric = METRICS[shown.key]
    if shown.value is None:
        text = f"no {plural(metric.divisor)}"
    elif judged == "unknown":
        text = f"{shown.numerator:,} of {shown.denominator:,} {metric.verb}: {LEVEL_WORDS[judged]}"
    else:
        text = sentence(shown)
    plain = f"too {'many' if metric.better == 'down' else 'few'} {metric.verb}"
    side = "from" if metric.better == "down" else "up to"
    limits = ", ".join(
        f"{LEVEL_WORDS[level]} {side} {limit(value)}"
        for level, value in zip(_WORSE, thresholds.of(shown.key), strict=True)
    )
    return Signal(shown.key, shown.title, judged, text, shown, share_sentence(shown), plain, limits)


_WORSE: tuple[Level, Level] = ("watch", "act_now")


def _said(judged: Level, signals: list[Signal]) -> list[Signal]:
    """Return the signals that give the reason."""
    if judged == "fine":
        return [one for one in signals if one.key in {NOISE, BY_A_PERSON}]
    return [one for one in signals if one.level == judged][:_MOST_REASONS]


def _beside(judged: Level, signals: list[Signal], found: Tally) -> str:
    """Return the reason without the rate that a headline tells, and without overdue bugs, which it counts."""
    if judged == "unknown":
        return "No bug is decided yet." if found.bug_count and not found.decided else ""
    said = _said(judged, signals)
    told = [] if judged == "fine" else [one for one in said if one.measure][:1]
    clauses = [one.plain if one in told or not one.brief else one.brief for one in said]
    return f"{capital(listing(clauses))}{_so_far(found)}."


def _reason(judged: Level, signals: list[Signal], found: Tally) -> str:
    if judged != "unknown":
        said = [one.text for one in _said(judged, signals)]
        return f"{capital(listing(said))}{_so_far(found)}."
    if not found.test_count:
        return NOT_TESTED
    if not found.bug_count:
        return "No bug was reported."
    if not found.decided:
        return f"No bug is decided yet, {found.bug_count:,} open."
    verb = "is" if found.decided == 1 else "are"
    return f"{counted(found.decided, 'bug')} {verb} decided, at least {SMALL_SAMPLE} are needed."


def _so_far(found: Tally) -> str:
    return ", so far" if found.so_far and found.decided >= SMALL_SAMPLE else ""

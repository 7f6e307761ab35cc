"""The verdict on the product: what its tests found."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from quality.metrics.columns import STORIES
from quality.metrics.measures import measure, sentence, share_sentence
from quality.metrics.rates import SURE_BELOW, Ratio, poisson_p
from quality.metrics.tally import Tally
from quality.model.entities import Bug, Test
from quality.periods.periods import Period, period
from quality.thresholds import Thresholds
from quality.verdicts import NOT_TESTED, Level, Signal, Verdict, level, worst
from quality.wording import capital, counted, decimal, listing, near, quoted

LEAST_STORIES = 10
_MOST_REASONS = 2
_MOST_NAMED = 2
"""So many failed features are named in a reason."""
LONGEST = "last-90-days"
"""Of a longer period only the last days are judged; the key of those."""
_SEVERE = frozenset({"critical", "high"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what a verdict on the product rests on.

    Attributes:
        found: The tests of the period, of at most its last 90 days.
        before: Those of as many days before; None without a period before.
        recent: What texts call these days when the period is longer: `last 90 days`; else empty.
        older: The other tests of such a period.
    """

    found: Tally = field(default_factory=Tally)
    before: Tally | None = None
    recent: str = ""
    older: Tally = field(default_factory=Tally)

    def of_product(self, product_id: int) -> "Judged":
        """Return what belongs to one product."""
        before = None if self.before is None else self.before.of_product(product_id)
        older = self.older.of_product(product_id)
        return Judged(self.found.of_product(product_id), before, self.recent, older)


def window(span: Period, now: datetime) -> tuple[Period, Period] | None:
    """Return the last 90 days of a period, and the same without an open end; None for one no longer.

    A release is judged by its own tests, however long they took.
    """
    if span.tests is not None:
        return None
    end = now if span.end is None or span.end > now else span.end
    last = period(LONGEST, end)
    if span.start is not None and last.start is not None and span.start >= last.start:
        return None
    return replace(last, end=span.end), last


def recent_days(last: Period, now: datetime) -> str:
    """Return what texts call the days judged: `last 90 days`, or `90 days to 30 Sep` when they are over."""
    if last.end is None or last.end >= now:
        return "last 90 days"
    return f"90 days to {near(last.end, now)}"


def stands(bug: Bug, settled: Collection[int]) -> bool:
    """Tell whether a bug weighs on the product: accepted or open, and neither settled nor its fix confirmed.

    Args:
        bug: The bug.
        settled: Ids of bugs that are fixed or accepted as a risk, by what people say.
    """
    return bug.review != "rejected" and bug.confirmation != "passed" and bug.id not in settled


def product_verdict(
    judged: Judged, thresholds: Thresholds, settled: Mapping[int, str] = MappingProxyType({})
) -> Verdict:
    """Return what the tests found of the product: its worst signal.

    Of a longer period than 90 days the older critical bugs are named beside it, and not judged.

    Args:
        judged: What it rests on.
        thresholds: Of the product.
        settled: What became of bugs that are fixed or accepted as a risk, by id.
    """
    found, recent, older = judged.found, judged.recent, _older(judged, settled)
    weighty = bool(standing(judged.older, settled))
    if not any(test.executed for test in found.tests.values()):
        if not recent:
            return Verdict("unknown", NOT_TESTED)
        untested = f"not tested in the {recent}"
        return Verdict(
            "unknown",
            f"{capital(untested)}{older}.",
            first=f"{untested}{older}" if weighty else "",
            beside=f"{capital(untested)}.",
        )
    signals: tuple[Signal, ...] = (
        _criticals(found, thresholds, settled),
        _severe(found, judged.before),
        _stories(found, thresholds),
        _features(found, thresholds),
    )
    result = worst(signal.level for signal in signals)
    said = [one for one in signals if result != "fine" and one.level == result]
    if signals[0] not in said and (not said or standing(found, settled)):
        said.insert(0, signals[0])
    shown = said[: _MOST_REASONS - weighty]
    reason, first = listing(one.text for one in shown), said[0].brief or said[0].text
    beside = listing([said[0].plain, *(one.brief or one.text for one in shown[1:])])
    if recent:
        ones = "ones" if said[0] is signals[0] else "critical bugs"
        then = f"in the {recent}" if recent.endswith("days") else f"in the {recent},"
        reason, first = f"{then} {reason}{older}", f"{then} {first}"
        if weighty:  # a headline has no room for what is left of both
            first = first.partition(" (")[0]
        first += _older(judged, settled, ones)
        beside = f"{then} {beside}{_older(judged, settled, told=False)}"
        signals = tuple(replace(one, text=f"{then} {one.text}") for one in signals)
    return Verdict(result, f"{capital(reason)}.", signals, first, f"{capital(beside)}.")


def last_results(tests: Mapping[int, Test]) -> dict[int, tuple[str, str, Test]]:
    """Return what the last test that executed a feature said of it, by the feature's id.

    That are the result, the feature's name, and the test.
    """
    results: dict[int, tuple[str, str, Test]] = {}
    dated = sorted(
        tests.values(), key=lambda test: (test.end_at.timestamp() if test.end_at else 0.0, test.id)
    )
    for test in dated:
        for one in test.features:
            if one.feature_id is not None and one.execution_status not in {None, "", "not_tested"}:
                results[one.feature_id] = str(one.execution_status), one.title, test
    return results


def failed_features(tests: Mapping[int, Test]) -> list[tuple[str, Test]]:
    """Return the features whose last execution failed, each with that test."""
    return [(name, test) for result, name, test in last_results(tests).values() if result == "failed"]


def standing(found: Tally, settled: Collection[int]) -> list[Bug]:
    """Return the critical bugs that weigh on the product."""
    return [bug for bug in found.bugs.values() if bug.severity == "critical" and stands(bug, settled)]


def _settled(found: Tally, settled: Collection[int]) -> list[Bug]:
    """Return the critical bugs, accepted or open, that no longer weigh on the product."""
    return [
        bug
        for bug in found.bugs.values()
        if bug.severity == "critical" and bug.review != "rejected" and not stands(bug, settled)
    ]


def _older(judged: Judged, settled: Mapping[int, str], ones: str = "", *, told: bool = True) -> str:
    """Return what a sentence on the last days adds on the other critical bugs of the period.

    Args:
        judged: What the verdict rests on.
        settled: What became of bugs that do not count, by id.
        ones: What to call several of them where there is no room for their number, as in a headline.
        told: Whether it says how many are to fix, and what became of the others.
    """
    bugs = standing(judged.older, settled)
    rest = _settled(judged.older, settled)
    if not bugs:
        if ones or not rest:
            return ""
        number = counted(len(rest), f"{older_word(judged, rest)} critical bug")
        return f"; {number} {'is' if len(rest) == 1 else 'are'} {_became(rest, settled)}"
    word = older_word(judged, bugs)
    if ones:
        one = f"one {word}" if ones == "ones" else f"one {word} critical bug"
        return f"; {one if len(bugs) == 1 else f'{word} {ones}'} {_states(bugs)}"
    text = _counted(bugs, rest, settled, word)
    return f"; {text if told else text.partition(' (')[0]}"


def older_word(judged: Judged, bugs: Iterable[Bug]) -> str:
    """Return what to call bugs that are not of the last days: `other` where an end is not known."""
    dated = {test.id for test in judged.older.tests.values() if test.end_at is not None}
    return "older" if all(bug.test_id in dated for bug in bugs) else "other"


def _states(bugs: Collection[Bug]) -> str:
    """Return `accepted or open`, without what no bug is."""
    waiting = sum(bug.review == "open" for bug in bugs)
    said = ((len(bugs) - waiting, "accepted"), (waiting, "open"))
    return " or ".join(word for count, word in said if count)


def _counted(
    bugs: Collection[Bug],
    rest: Collection[Bug],
    settled: Mapping[int, str],
    word: str = "",
    *,
    few: bool = False,
) -> str:
    """Return `5 critical bugs are accepted (4 to fix, 1 fixed in 4.15)`: all of them, then which.

    Args:
        bugs: Those that weigh on the product.
        rest: Those that do no longer.
        settled: What became of these, by id.
        word: What to call them, such as `older`.
        few: Whether those to fix and to review are one number.
    """
    every = [*bugs, *rest]
    waiting = sum(bug.review == "open" for bug in bugs)
    number = counted(len(every), f"{word} critical bug".strip())
    text = f"{number} {'is' if len(every) == 1 else 'are'} {_states(every)}"
    accepted = len(bugs) - waiting
    left = [(len(bugs), "to settle")] if few and accepted and waiting else []
    parts = [*(left or ((accepted, "to fix"), (waiting, "to review"))), (len(rest), _became(rest, settled))]
    told = [f"{count:,} {what}" for count, what in parts if count]
    return f"{text} ({', '.join(told)})" if rest or len(told) > 1 else text


def _became(bugs: Iterable[Bug], settled: Mapping[int, str]) -> str:
    """Return what became of settled bugs: `fixed in 4.15`; `settled` when that is not the same of all."""
    words = {settled.get(bug.id, "fixed") for bug in bugs}
    return words.pop() if len(words) == 1 else "settled"


def _criticals(found: Tally, thresholds: Thresholds, settled: Mapping[int, str]) -> Signal:
    bugs, rest = standing(found, settled), _settled(found, settled)
    brief = ""
    if bugs:
        text = _counted(bugs, rest, settled)
        brief = _counted(bugs, rest, settled, few=True)
        plain = f"{'a critical bug is' if len(bugs) == 1 else 'critical bugs are'} {_states(bugs)}"
    elif rest:
        plain = text = "every accepted or open critical bug is fixed or an accepted risk"
    else:
        plain = brief = "no critical bug is accepted or open"
        text = f"{brief} in {counted(found.test_count, 'test')}"
    grave = len(bugs) >= thresholds.critical_bugs_critical
    return Signal(
        "criticals", "Critical bugs", "act_now" if grave else "fine", text, brief=brief, plain=plain
    )


def _severe(found: Tally, before: Tally | None) -> Signal:
    """Compare what was found: a fix counts in neither period, as earlier bugs had longer to be fixed."""
    now = _per_test(found)
    earlier = None if before is None else _per_test(before)
    counts = f"{counted(now.numerator, 'critical or high bug')} in {counted(now.denominator, 'test')}"
    text = f"{counts} ({decimal(now.value or 0)} a test)"
    brief = f"{decimal(now.value or 0)} critical or high bugs a test"
    grown = False
    if earlier is not None and earlier.denominator:
        text += f", before {decimal(earlier.value or 0)}"
        brief += f", before {decimal(earlier.value or 0)}"
        p = poisson_p(now, earlier)
        more = now.numerator * earlier.denominator > earlier.numerator * now.denominator
        grown = more and p is not None and p < SURE_BELOW
    judged: Level = "watch" if grown else "fine"
    plain = "more critical and high bugs a test than before"
    return Signal("severe", "Critical and high bugs a test", judged, text, brief=brief, plain=plain)


def _per_test(found: Tally) -> Ratio:
    severe = sum(bug.severity in _SEVERE and bug.review != "rejected" for bug in found.bugs.values())
    return Ratio(severe, found.test_count)


def _stories(found: Tally, thresholds: Thresholds) -> Signal:
    shown = measure(STORIES, found)
    enough = (shown.denominator or 0) >= LEAST_STORIES
    judged: Level = level(STORIES, found.stories_passed, thresholds) if enough else "unknown"
    plain = "too few tested story executions passed"
    return Signal("stories", shown.title, judged, sentence(shown), shown, share_sentence(shown), plain)


def _features(found: Tally, thresholds: Thresholds) -> Signal:
    names = [name for name, _ in failed_features(found.tests)]
    failed, tested = len(names), len(last_results(found.tests))
    latest = f"failed in {'its' if failed == 1 else 'their'} latest test"
    which = f": {listing(quoted(name, 40) for name in names)}" if 0 < failed <= _MOST_NAMED else ""
    text = f"{failed:,} of {counted(tested, 'tested feature')} {latest}{which}"
    judged: Level = "unknown" if not tested else "fine"
    if failed >= thresholds.failed_features_warning:
        judged = "act_now" if failed > thresholds.failed_features_critical * tested else "watch"
    brief = f"{counted(failed, 'feature')} {latest}{which}"
    plain = f"{'a feature' if failed == 1 else 'features'} {latest}"
    return Signal("failed_features", "Failed features", judged, text, brief=brief, plain=plain)

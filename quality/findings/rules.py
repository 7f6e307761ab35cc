"""All rules, the most actionable first, and the findings that remain: one per cause, by what is at stake."""

from collections.abc import Iterable

from quality.findings import criticals, pace, places, rejections, reviews
from quality.findings.finding import FALLBACK_DAYS, Case, Finding, Rule
from quality.verdicts import WORST_FIRST
from quality.wording import capital

SHOWN = 3
"""How many findings stand before "more"."""
_BEFORE = "before the next planned test"

RULES: tuple[Rule, ...] = (
    Rule(
        "Critical bugs",
        "accepted or open critical bugs of the period, each named",
        "fix or confirm them before the next release",
        criticals.accepted_or_open,
    ),
    Rule(
        "Critical bugs rejected",
        "a rejected bug of severity critical",
        f"look again at it {_BEFORE}",
        criticals.rejected,
    ),
    Rule(
        "Review deadline",
        "open bugs by due date: overdue ones in one line, then every coming date",
        "review them by the named hour",
        reviews.deadline,
    ),
    Rule(
        "Found again",
        "a bug much like one of the same product that was accepted or rejected before",
        "verify the fix, or settle the two decisions that contradict",
        reviews.found_again,
    ),
    Rule(
        "Testers did not know what is intended",
        "half or more of at least 5 rejections say that it is intended or instructions were not followed",
        "describe the intended behaviour of the features with most (true everywhere), or mend the"
        " instructions of the tests with most",
        rejections.misunderstood,
    ),
    Rule(
        "Not reproducible",
        "a quarter or more of the rejections, and at least 5, because the bug was not reproducible",
        "request information while the test runs; audit the test environment",
        rejections.not_reproducible,
    ),
    Rule(
        "Known bugs come back",
        "a fifth or more of at least 5 rejections because the bug was known",
        "keep the list of known bugs in the instructions",
        rejections.known,
    ),
    Rule(
        "Review bandwidth",
        "so many bugs were auto-accepted that the review says act now",
        "plan narrower tests or a slower cadence",
        reviews.bandwidth,
    ),
    Rule(
        "Fragile feature",
        "accepted critical and high bugs a test at least twice the product's, over at least 3 tests",
        "add regression tests there",
        places.fragile,
    ),
    Rule(
        "One platform stands out",
        "at least 10 decided bugs of a platform, of which more or fewer are rejected, or critical or high,"
        " than elsewhere, by more than chance",
        "find out why",
        places.platform,
    ),
    Rule("Goal missed", "a goal of the product that was not met", "agree what to do about it", pace.goals),
    Rule(
        "Change",
        "a judged rate differs from the previous period of the same length, of a quarter from the quarter"
        " before, by more than chance; both have at least 20 decided bugs, and neither is so far",
        "look at both values and both counts, which the finding names",
        pace.change,
    ),
    Rule(
        "Fewer tests",
        "the last whole month had half the tests a month of the three months before, or less",
        "say so before anyone reads fewer bugs as better",
        pace.fewer_tests,
    ),
    Rule(
        "Failed feature",
        "a feature whose last execution in the period failed",
        "find out what fails there",
        places.failed,
    ),
    Rule(
        "No test yet",
        "a product without a test, running and planned ones included",
        "plan a first one of its first features",
        places.never_tested,
    ),
    Rule(
        "Untested feature",
        "no executed test in the period",
        "include it in the next test",
        places.untested,
    ),
)
UNTIL = (
    "Actions are due before the next planned test of the product, "
    f"else by the last Friday of the next {FALLBACK_DAYS} days."
)


def findings(case: Case) -> tuple[Finding, ...]:
    """Return one finding per cause, by what is at stake.

    Critical bugs that stand come first, then the review deadlines, then by level, critical bugs first, and
    number of bugs: the order of every list of what there is to do. What is not judged comes last.
    """
    found = [one for rule in RULES for one in rule.apply(case)]
    kept = one_per_cause(sorted(found, key=_unjudged))
    return tuple(sorted(kept, key=_stake))


def decisions(found: Iterable[Finding]) -> tuple[str, ...]:
    """Return what findings ask to be done, in their order, each once: `Before 23 Nov, fix 4 critical bugs`.

    Until when stands first, where paper cuts nothing.
    """
    return tuple(dict.fromkeys(_decision(one) for one in found if one.level != "fine"))


def _decision(one: Finding) -> str:
    return f"{capital(one.due)}, {one.do[:1].lower()}{one.do[1:]}." if one.due else one.action


def one_per_cause(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those whose evidence an earlier, more actionable one has told of mostly."""
    kept: list[tuple[Finding, frozenset[int]]] = []
    for one in found:
        bugs = frozenset(one.bug_ids)
        if not any(_told_by(other, told, one, bugs) for other, told in kept):
            kept.append((one, bugs))
    return [one for one, _ in kept]


def _told_by(earlier: Finding, told: frozenset[int], one: Finding, bugs: frozenset[int]) -> bool:
    """Tell whether an earlier finding holds more than half of this one's bugs; of its tests without bugs.

    A finding on many bugs stays beside one on a few of them: it has a cause of its own.
    """
    if told or bugs:
        return 2 * len(bugs & told) > len(bugs)
    mine = set(one.test_ids)
    return 2 * len(mine & set(earlier.test_ids)) > len(mine)


def _unjudged(found: Finding) -> bool:
    """Tell whether too few bugs are decided to judge: such a finding never speaks for one that is judged."""
    return found.level == "unknown"


def _stake(found: Finding) -> tuple[bool, bool, int, bool, int]:
    grave = found.key == criticals.CRITICALS and found.level == "act_now"
    level = WORST_FIRST.index(found.level)
    return not grave, found.key != reviews.DEADLINE, level, not found.critical, -len(found.bug_ids)

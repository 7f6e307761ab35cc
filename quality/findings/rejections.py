"""Findings on why bugs were rejected."""

from collections import Counter
from collections.abc import Iterable, Sequence

from quality.findings.finding import Case, Finding, finding, of_products, ranked, until
from quality.metrics.columns import NOISE
from quality.metrics.measures import of_whole
from quality.metrics.rates import SMALL_SAMPLE, Rate
from quality.model.entities import Bug
from quality.verdicts import Level, review_level, worst
from quality.wording import capital, listing, quoted

LEAST_REJECTIONS = 5
INTENDED, IGNORED = "intended_behavior", "ignored_instructions"
_MISUNDERSTOOD_FROM, _UNSEEN_FROM, _KNOWN_FROM = 0.50, 0.25, 0.20
_NAMED = 2


def misunderstood(case: Case) -> Iterable[Finding]:
    """Yield when most rejections say that testers did not know what is intended."""
    rejected = case.rejected
    bugs = [bug for bug in rejected if bug.rejection_reason in {INTENDED, IGNORED}]
    if len(rejected) < LEAST_REJECTIONS or len(bugs) < _MISUNDERSTOOD_FROM * len(rejected):
        return
    intended = sum(bug.rejection_reason == INTENDED for bug in bugs)
    ignored = len(bugs) - intended
    parts = (
        (intended, "because the app works as intended"),
        (ignored, "because instructions were not followed"),
    )
    features = ranked(Counter(bug.feature for bug in bugs if bug.feature), _NAMED)
    titles = (case.found.tests[bug.test_id].title for bug in bugs if bug.test_id in case.found.tests)
    tests = ranked(Counter(titles), _NAMED)
    described = intended >= ignored and features
    word, names = ("features", features) if described else ("tests", tests)
    action = (
        f"describe the intended behaviour of {_names(features)}"
        if described
        else f"mend the instructions of {_names(tests)}"
    )
    made = [(number, why) for number, why in parts if number]
    reasons = ", ".join(f"{number:,} {why}" if len(made) > 1 else why for number, why in made)
    colon = ":" if len(made) > 1 else ""
    most = f"; most in the {word} {_counted(names)}" if names else ""
    level = _level(case, review_level(NOISE, case.found, case.thresholds))
    yield finding(
        "misunderstood",
        level,
        title=f"Testers {'may not' if level == 'unknown' else 'did not'} know what is intended",
        text=f"{_share(bugs, rejected)}{colon} {reasons}{most}.",
        do=capital(action),
        until=until(case, of_products(bugs)),
        bugs=bugs,
    )


def not_reproducible(case: Case) -> Iterable[Finding]:
    """Yield when many rejections say that the bug could not be seen again."""
    bugs = _of_reason(case, "not_reproducible")
    if len(bugs) < LEAST_REJECTIONS or len(bugs) < _UNSEEN_FROM * len(case.rejected):
        return
    yield finding(
        "not_reproducible",
        _level(case),
        title="Bugs could not be reproduced",
        text=f"{_share(bugs, case.rejected)} were made because the bug was not reproducible.",
        do="Ask testers for information while the test runs, and audit the test environment",
        until=until(case, of_products(bugs)),
        bugs=bugs,
    )


def known(case: Case) -> Iterable[Finding]:
    """Yield when many rejections say that the bug is known."""
    bugs, rejected = _of_reason(case, "known_bug"), case.rejected
    if len(rejected) < LEAST_REJECTIONS or len(bugs) < _KNOWN_FROM * len(rejected):
        return
    yield finding(
        "known",
        _level(case),
        title="Known bugs come back",
        text=f"{_share(bugs, rejected)} were made because the bug was known.",
        do="Name the known bugs in the instructions",
        until=until(case, of_products(bugs)),
        bugs=bugs,
    )


def _level(case: Case, noise: Level = "watch") -> Level:
    """Return watch, or `noise` where that is worse; unknown where too few bugs are decided to judge.

    These are under 20 rejections, unless the share of rejected bugs is itself judged, and is too large.
    """
    judged = review_level(NOISE, case.found, case.thresholds) in {"act_now", "watch"}
    enough = judged or len(case.rejected) >= SMALL_SAMPLE
    return worst(("watch", noise)) if enough else "unknown"


def _share(bugs: Sequence[Bug], rejected: Sequence[Bug]) -> str:
    return of_whole(Rate(len(bugs), len(rejected)), "rejections")


def _of_reason(case: Case, reason: str) -> list[Bug]:
    return [bug for bug in case.rejected if bug.rejection_reason == reason]


def _names(counts: Sequence[tuple[str, int]]) -> str:
    return listing(quoted(name, 40) for name, _ in counts)


def _counted(counts: Sequence[tuple[str, int]]) -> str:
    return listing(f"{quoted(name, 40)} ({count:,})" for name, count in counts)

"""Findings on where bugs are: platforms that stand out, fragile features and untested ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from base.text import shorten
from quality.findings.finding import MOST_NAMED, Case, Finding, finding, named, of_products, of_several, until
from quality.metrics.measures import of_whole
from quality.metrics.rates import SMALL_SAMPLE, SURE_BELOW, Rate, two_proportion_p
from quality.model.entities import Bug, Test
from quality.product_verdict import failed_features, last_results
from quality.wording import counted, decimal, quoted

FAILED_FEATURES = "failed_features"
"""The key of the finding that features failed in their latest test."""
LEAST_DECIDED = 10
LEAST_TESTS = 3
FRAGILE_FROM = 2
_FEW = 2
"""So many features are named in an action, which a headline may tell."""
_SEVERE = frozenset({"critical", "high"})


@dataclass(frozen=True, slots=True)
class _Outlier:
    platform: str
    word: str
    here: Rate
    elsewhere: Rate
    bugs: tuple[Bug, ...]
    p: float

    @property
    def more(self) -> bool:
        return (self.here.value or 0) > (self.elsewhere.value or 0)


def platform(case: Case) -> Iterable[Finding]:
    """Yield the platform whose decided bugs differ by more than chance, one with more of them first."""
    outliers = [one for one in _outliers(case) if one.p < SURE_BELOW]
    if not outliers:
        return
    one = min(outliers, key=lambda one: (not one.more, one.p, one.platform, one.word))
    name = shorten(one.platform, 60)
    yield finding(
        "platform",
        "watch" if case.found.decided >= SMALL_SAMPLE else "unknown",
        title=f"{name} stands out",
        text=f"{of_whole(one.here)} decided bugs on {name} were {one.word},"
        f" elsewhere {of_whole(one.elsewhere)}.",
        do=f"Find out why so {'many' if one.more else 'few'} decided bugs on {name} were {one.word}",
        until=until(case, of_products(one.bugs)),
        bugs=one.bugs,
    )


def fragile(case: Case) -> Iterable[Finding]:
    """Yield the features with at least twice the accepted critical and high bugs a test of their product."""
    shown = [one for product_id in case.product_ids for one in _fragile(case, product_id)]
    if not shown:
        return
    shown.sort(key=lambda one: (-len(one[1]) / len(one[2]), one[0]))
    bugs = [bug for _, found, _ in shown for bug in found]
    feature, found, tests = shown[0]
    one = len(shown) == 1
    yield finding(
        "fragile",
        "watch",
        title="A feature is fragile" if one else f"{len(shown):,} features are fragile",
        text="At least twice as many accepted critical and high bugs a test as the product;"
        f" {quoted(feature)} {decimal(len(found) / len(tests))} ({len(found):,} in {len(tests):,}).",
        do=f"Add regression tests of {named([one[0] for one in shown], _FEW)}",
        until=until(case, of_products(bugs)),
        bugs=bugs,
    )


def failed(case: Case) -> Iterable[Finding]:
    """Yield the features whose last execution in the period failed."""
    found = failed_features(case.judged.found.tests)
    if not found:
        return
    names, tests = [name for name, _ in found], list({test.id: test for _, test in found}.values())
    where = f" in {quoted(tests[0].title)}" if len(tests) == 1 else ""
    grave = len(found) > case.thresholds.failed_features_critical * len(last_results(case.judged.found.tests))
    one = len(found) == 1
    yield finding(
        FAILED_FEATURES,
        "act_now" if grave else "watch",
        title=f"{'A feature' if one else 'Features'} failed in {'its' if one else 'their'} latest test",
        text=f"{named(names, len(names) if len(names) <= MOST_NAMED else _FEW)}{where}.",
        do=f"Find out what fails in {named(names, _FEW)}",
        until=until(case, {test.product_id for test in tests}),
        tests=tests,
    )


def never_tested(case: Case) -> Iterable[Finding]:
    """Yield the products without any test, of any status: they wait for their first one."""
    had = {test.product_id for test in case.every}
    for product_id in case.product_ids:
        if product_id in had:
            continue
        titles = [shorten(one.title, 40) for one in case.features if one.product_id == product_id]
        more = [f"{len(titles) - MOST_NAMED:,} more"] if len(titles) > MOST_NAMED else []
        what = f": {', '.join([*titles[:MOST_NAMED], *more])}" if titles else ""
        yield finding(
            "never_tested",
            "watch",
            title=f"There is no test{of_several(case, (product_id,))} yet",
            text="",
            do=f"Plan a first test{of_several(case, (product_id,))}{what}",
            until=until(case, (product_id,)),
        )


def untested(case: Case) -> Iterable[Finding]:
    """Yield the features of the catalogue that no executed test of the period had."""
    tests = case.found.tests.values()
    products = {test.product_id for test in tests}
    seen = {one.feature_id for test in tests for one in test.features}
    seen |= {bug.feature_id for bug in case.found.bugs.values()}
    features = [one for one in case.features if one.product_id in products]
    missing = [one for one in features if one.id not in seen]
    if missing:
        verb = "was" if len(missing) == 1 else "were"
        titles = named([one.title for one in missing], _FEW)
        last = until(case, {one.product_id for one in missing})
        yield finding(
            "untested",
            "watch",
            title=f"{len(missing):,} of {counted(len(features), 'feature')} {verb} not tested",
            text=f"No executed test of this period had {'it' if len(missing) == 1 else 'them'}.",
            do=f"Include {titles} in {last.test or 'the next test'}",
            until=last,
            aside=True,
            action=f"Include {titles} in {last.test}, {last.brief}." if last.test else "",
        )


def _outliers(case: Case) -> Iterable[_Outlier]:
    decided = [bug for bug in case.found.bugs.values() if bug.review != "open"]
    on: dict[str, list[Bug]] = {}
    for bug in decided:
        for name in set(bug.platforms):
            on.setdefault(name, []).append(bug)
    whole = {word: len(marked(decided)) for word, marked in _MARKS.items()}
    for name in sorted(on.keys() - {"unknown"}):
        here = on[name]
        if len(here) < LEAST_DECIDED:
            continue
        for word, marked in _MARKS.items():
            bugs = marked(here)
            inside = Rate(len(bugs), len(here))
            outside = Rate(whole[word] - len(bugs), len(decided) - len(here))
            p = two_proportion_p(inside, outside)
            if p is not None:
                yield _Outlier(name, word, inside, outside, tuple(bugs), p)


_MARKS: Mapping[str, Callable[[Iterable[Bug]], list[Bug]]] = {
    "rejected": lambda bugs: [bug for bug in bugs if bug.review == "rejected"],
    "critical or high": lambda bugs: [bug for bug in bugs if bug.severity in _SEVERE],
}


def _fragile(case: Case, product_id: int) -> Iterable[tuple[str, list[Bug], set[int]]]:
    tests = [test for test in case.found.tests.values() if test.product_id == product_id]
    severe = [
        bug
        for test in tests
        for bug in test.bugs
        if bug.id in case.found.bugs and bug.severity in _SEVERE and bug.review in _ACCEPTED
    ]
    names, exposed = _exposed(tests)
    for feature_id, in_tests in exposed.items():
        bugs = [bug for bug in severe if bug.feature_id == feature_id]
        often = len(bugs) * len(tests) >= FRAGILE_FROM * len(severe) * len(in_tests)
        if bugs and often and len(in_tests) >= LEAST_TESTS:
            yield names[feature_id], bugs, in_tests


def _exposed(tests: Iterable[Test]) -> tuple[dict[int, str], dict[int, set[int]]]:
    """Return the names of the features, and the tests that had each of them."""
    names: dict[int, str] = {}
    exposed: dict[int, set[int]] = {}
    for test in tests:
        had: dict[int | None, str] = {}
        for one in test.features:
            had.setdefault(one.feature_id, one.title)
        for bug in test.bugs:
            if bug.feature_id not in had:
                had[bug.feature_id] = bug.feature or f"Feature {bug.feature_id}"
        for feature_id, title in had.items():
            if feature_id is not None:
                names.setdefault(feature_id, title)
                exposed.setdefault(feature_id, set()).add(test.id)
    return names, exposed


_ACCEPTED = frozenset({"active_accepted", "auto_accepted"})

"""The brief of a team: its verdicts, what it has to review, and its critical bugs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from quality.context.teams import Team, team_of, teams
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.product_verdict import LONGEST, stands
from quality.scope import scope, verdicts
from quality.selection import Selection, select
from quality.verdicts import LEVEL_WORDS
from quality.views import headline
from quality.views.deadlines import deadline_days
from quality.wording import counted, listing, quoted

_MOST_NAMED = 3
_MOST_BUGS = 2
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class TeamBrief:
    """Hold what a team is told.

    Attributes:
        owns: Its products with both verdicts, and its features.
        asked: What it has to review.
        critical: Its critical bugs of the last 90 days that are accepted or open and not settled.
    """

    team: Team
    owns: str
    asked: str
    critical: str


def team_briefs(facts: Facts, options: QualityOptions, now: datetime) -> tuple[TeamBrief, ...]:
    """Return the brief of each team, by name."""
    every = teams(facts)
    if not every:
        return ()
    tests = [test for test in facts.tests.values() if not test.demo]
    recent = select(facts, Selection(period=period(LONGEST, now)))
    return tuple(
        TeamBrief(
            team,
            _owns(facts, team, options, now),
            headline.ask(deadline_days(facts, _own(facts, team, tests), now), (), (), now),
            _critical(facts, team, recent, options),
        )
        for team in every
    )


def _own(facts: Facts, team: Team, tests: Iterable[Test]) -> list[Test]:
    """Return the tests with the team's own bugs alone."""
    own = ((test, tuple(bug for bug in test.bugs if team_of(facts, bug) == team.name)) for test in tests)
    return [replace(test, bugs=bugs) for test, bugs in own if bugs]


def _owns(facts: Facts, team: Team, options: QualityOptions, now: datetime) -> str:
    named = []
    for one in team.products[:_MOST_NAMED]:
        chosen = Selection(product_ids=(one.id or 0,), period=period(options.default_period, now))
        product, review = verdicts(scope(facts, chosen, now), options)
        told = f"product {LEVEL_WORDS[product.level]}, review {LEVEL_WORDS[review.level]}"
        named.append(f"{quoted(one.name or '', 40)}: {told}")
    features = listing(quoted(one.name or "", 40) for one in team.features[:_MOST_NAMED])
    rest = len(team.products[_MOST_NAMED:]) + len(team.features[_MOST_NAMED:])
    parts = [*named, f"Features: {features}" if features else "", f"And {rest} more" if rest else ""]
    return " ".join(f"{part}." for part in parts if part)


def _critical(facts: Facts, team: Team, recent: Iterable[Test], options: QualityOptions) -> str:
    found: list[Bug] = [
        bug
        for test in _own(facts, team, recent)
        for bug in test.bugs
        if bug.severity == "critical" and stands(bug, options.settled)
    ]
    if not found:
        return "No critical bug is accepted or open."
    names = [quoted(bug.title, _LONGEST_TITLE) for bug in found[:_MOST_BUGS]]
    rest = len(found) - _MOST_BUGS
    shown = listing([*names, f"{rest} more"] if rest > 0 else names)
    verb = "is" if len(found) == 1 else "are"
    return f"{counted(len(found), 'critical bug')} {verb} accepted or open: {shown}."

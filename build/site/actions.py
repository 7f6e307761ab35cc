"""What a report asks of its reader, and what is new: cut to what fits, with a word on the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from build.site import labels
from build.site.labels import brief
from build.site.links import Links
from quality import wording
from quality.findings.finding import Finding
from quality.findings.rules import SHOWN
from quality.model.entities import Bug, Severity, Test
from quality.model.facts import Facts
from quality.verdicts import Level
from quality.views.changes import SinceSnapshot

_EVIDENCE_SHOWN = 3
_EVIDENCE_NAMED = 1
_NEWS_OF_A_KIND = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """A bug or test that shows a finding to be true; `short` names it by its id."""

    path: str
    title: str
    short: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with links to its evidence: the first by title, some others by id, and a word on the rest."""

    title: str
    level: Level
    text: str
    action: str
    evidence: tuple[Evidence, ...]
    more: tuple[Evidence, ...]
    evidence_text: str
    rest: str


@dataclass(frozen=True, slots=True)
class ShownFindings:
    """The findings to act on first, and the others."""

    first: tuple[ShownFinding, ...]
    others: tuple[ShownFinding, ...]
    others_text: str


def shown_findings(findings: Sequence[Finding], facts: Facts, links: Links) -> ShownFindings:
    """Return the findings with their evidence."""
    shown = tuple(_finding(finding, facts, links) for finding in findings)
    others = shown[SHOWN:]
    return ShownFindings(shown[:SHOWN], others, wording.counted(len(others), "more finding"))


def _finding(finding: Finding, facts: Facts, links: Links) -> ShownFinding:
    bugs = [facts.bugs[bug_id] for bug_id in finding.bug_ids if bug_id in facts.bugs]
    tests = [facts.tests[test_id] for test_id in finding.test_ids if test_id in facts.tests]
    evidence = [
        *(
            Evidence(links.bug(bug.id, bug.test_id), brief(bug.title), f"bug {bug.id}", bug.severity)
            for bug in bugs
        ),
        *(Evidence(links.test(test.id), brief(test.title), f"test {test.id}") for test in tests),
    ]
    more = evidence[_EVIDENCE_SHOWN:]
    rest = len(more) - _EVIDENCE_NAMED
    return ShownFinding(
        title=finding.title,
        level=finding.level,
        text=finding.text,
        action=finding.action,
        evidence=tuple(evidence[:_EVIDENCE_SHOWN]),
        more=tuple(more[:_EVIDENCE_NAMED]),
        evidence_text=f"Which {wording.listing(noun for noun, some in _kinds(bugs, tests) if some)}",
        rest=f", and {rest} more" if rest > 0 else "",
    )


def _kinds(bugs: Sequence[Bug], tests: Sequence[Test]) -> tuple[tuple[str, Sequence[Bug | Test]], ...]:
    return ("bugs", bugs), ("tests", tests)


@dataclass(frozen=True, slots=True)
class News:
    """Something that an earlier snapshot did not have."""

    what: str
    title: str
    path: str


def shown_news(since: SinceSnapshot | None, links: Links) -> tuple[News, ...]:
    """Return the first new and moved tests, new and decided bugs since the earlier snapshot."""
    if since is None:
        return ()
    tests = [("New test", test) for test in since.new_tests[:_NEWS_OF_A_KIND]]
    tests += [(f"Now {wording.state(test.status)}", test) for test, _ in since.moved_tests[:_NEWS_OF_A_KIND]]
    bugs = [("New bug", bug) for bug in since.new_bugs[:_NEWS_OF_A_KIND]]
    bugs += [(labels.review(bug.review), bug) for bug in since.reviewed_bugs[:_NEWS_OF_A_KIND]]
    return (
        *(News(what, brief(test.title), links.test(test.id)) for what, test in tests),
        *(News(what, brief(bug.title), links.bug(bug.id, bug.test_id)) for what, bug in bugs),
    )

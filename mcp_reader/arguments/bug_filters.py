"""Which bugs a list keeps."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType

from base.errors import InvalidInput
from base.text import fold, name_key, shorten
from mcp_reader.arguments.types import did_you_mean, known
from mcp_reader.text import short
from quality.deadlines import Waiting
from quality.model.entities import (
    BUG_TYPES,
    REVIEW_STATES,
    SEVERITIES,
    TEST_STATUSES,
    WAITING_FOR_TESTER,
    Bug,
)
from quality.model.facts import Facts
from quality.model.rejection import KNOWN_REJECT_REASONS, UNSPECIFIED
from quality.periods.periods import ALL_TIME, Period
from quality.views.breakdowns import reason_names
from quality.wording import state

BUG_STATUSES = frozenset({"forwarded", "accepted", "rejected", "new", "open", "requested"})
"""Statuses of the upstream that are known to occur."""

Takes = Callable[[Bug], bool]


def by_words(facts: Facts, asked: Mapping[str, tuple[str, ...] | None]) -> Iterator[Takes]:
    """Yield the filters over closed sets of words; a status may also be a review state, or what became of it.

    Raises:
        InvalidInput: For an unknown word, naming the closest, or the filter that it belongs to.
    """
    became = {number: _words_of(text) for number, text in facts.context.settled.items()}
    more: Mapping[str, set[str]] = {
        "rejection_reason": {reason.key for reason in facts.reject_reasons},
        "bug_status": {status for status in facts.bug_statuses if status == short(status)}.union(
            *became.values()
        ),
    }
    every = {name: words | more.get(name, set()) for name, (_, words) in _WORDS.items()}
    names = {"rejection_reason": {title: key for key, title in reason_names(facts).items()}}
    for name, words in asked.items():
        for word in words or ():
            _see_belongs(name, word, every)
        wanted = known(name, words, every[name], names=names.get(name))
        if wanted is not None:
            values = partial(_statuses, became=became) if name == "bug_status" else _WORDS[name][0]
            yield _any_of(values, wanted)


def _see_belongs(name: str, word: str, every: Mapping[str, Collection[str]]) -> None:
    other = next((key for key, words in every.items() if word in words), None)
    if name_key(word) in _OF_TESTS:
        other = "test_statuses"
    if other is not None and name_key(word) not in map(name_key, every[name]):
        raise InvalidInput(
            f"{name}={word!r} is not known.",
            f"{word} is a value of {other}.",
            f"Call again with {other}={word!r} instead.",
        )


def _words_of(became: str) -> tuple[str, ...]:
    """Return what a settled bug is found by: `fixed in 4.15`, and `fixed` whatever the release."""
    return (became.casefold(), *(("fixed",) if became.startswith("fixed") else ()))


def _reviews(bug: Bug) -> set[str | None]:
    """Return the review states of a bug; `accepted` is either way of it."""
    return {*bug.review_words, *(("accepted",) if bug.review.endswith("_accepted") else ())}


def _statuses(bug: Bug, became: Mapping[int, Sequence[str]] = MappingProxyType({})) -> set[str | None]:
    return {bug.status, *bug.review_words, *became.get(bug.id, ())}


def _any_of(values: Callable[[Bug], set[str | None]], wanted: frozenset[str]) -> Takes:
    return lambda bug: not wanted.isdisjoint(values(bug))


@dataclass(frozen=True)
class BugValues:
    """The ids, names, marks and times that bugs are asked for by; None asks for nothing.

    Attributes:
        tester: A name, in any case.
        reported: When they were reported.
        due_before: Open bugs that are auto-accepted at this moment or before, the overdue ones too.
    """

    feature_ids: Sequence[int] | None = None
    tester: str | None = None
    tester_id: int | None = None
    known: bool | None = None
    exported: bool | None = None
    reported: Period = ALL_TIME
    due_before: datetime | None = None


def by_value(found: Iterable[Bug], asked: BugValues, due: Mapping[int, Waiting]) -> Iterator[Takes]:
    """Yield the filters over ids, names, marks and times.

    Args:
        found: The bugs that are filtered.
        asked: What is asked for.
        due: When open bugs are auto-accepted, by their ids.

    Raises:
        InvalidInput: For a tester who reported none of the bugs that were found.
    """
    if asked.feature_ids is not None:
        wanted = frozenset(asked.feature_ids)
        yield lambda bug: bug.feature_id in wanted
    if asked.tester is not None:
        yield _by_tester(asked.tester, found)
    if asked.tester_id is not None:
        yield lambda bug: bug.tester_id == asked.tester_id
    if asked.known is not None:
        yield lambda bug: bug.known is asked.known
    if asked.exported is not None:
        yield lambda bug: (bug.exported_at is not None) is asked.exported
    if asked.reported != ALL_TIME:
        yield lambda bug: asked.reported.holds(bug.reported_at)
    if (last := asked.due_before) is not None:
        yield lambda bug: bug.id in due and due[bug.id].ends_at <= last


def _by_tester(tester: str, found: Iterable[Bug]) -> Takes:
    name = fold(tester)
    testers = {fold(bug.tester): bug.tester for bug in found if bug.tester}
    if name not in testers:
        raise InvalidInput(
            f"tester={shorten(tester, 80)!r} reported none of these bugs.",
            f"{len(testers)} testers did.",
            did_you_mean(tester, testers.values()) or "list_users says who reports bugs.",
        )
    return lambda bug: bug.tester is not None and fold(bug.tester) == name


_OF_TESTS = {name_key(word) for status in TEST_STATUSES for word in (status, state(status))}
_REVIEWS = frozenset({*REVIEW_STATES, WAITING_FOR_TESTER})
_WORDS: Mapping[str, tuple[Callable[[Bug], set[str | None]], frozenset[str]]] = {
    "bug_status": (_statuses, BUG_STATUSES | _REVIEWS),
    "review": (_reviews, _REVIEWS | {"accepted"}),
    "severity": (lambda bug: {bug.severity}, frozenset(SEVERITIES)),
    "bug_type": (lambda bug: {bug.bug_type}, frozenset(BUG_TYPES)),
    "rejection_reason": (
        lambda bug: {bug.rejection_reason},
        frozenset({*(reason.key for reason in KNOWN_REJECT_REASONS), UNSPECIFIED}),
    ),
}

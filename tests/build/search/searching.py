"""Bugs and tests with few words, and what a search finds of them."""

from collections.abc import Callable
from typing import Any

from build.search.query import Hit, SearchResult
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from tests.factories import make_bug, make_facts, make_test

Searching = Callable[..., SearchResult]


def a_bug(number: int, title: str, **fields: Any) -> Bug:
    """A bug that has no words but its title's and those given."""
    return make_bug(
        id=number,
        title=title,
        **{"tester": None, "feature": None, "feature_id": None, "devices": (), **fields},
    )


def a_test(number: int, *bugs: Bug, **fields: Any) -> Test:
    return make_test(
        bugs, id=number, **{"title": f"Cycle {number}", "features": (), "environment": None, **fields}
    )


def over_bugs(searching: Callable[[Facts], Searching], *bugs: Bug) -> Searching:
    return searching(make_facts([a_test(11, *bugs)]))


def ids(result: SearchResult) -> list[int]:
    return [hit.id for hit in result.hits]


def shown(hit: Hit) -> str:
    return "".join(f"[{piece.text}]" if piece.match else piece.text for piece in hit.snippet)

"""Cases for the rules of the findings."""

from collections.abc import Iterable
from typing import Any

from quality.findings.finding import Case, Finding
from quality.findings.rules import findings
from quality.metrics.tally import tally
from quality.model.entities import Bug, Test
from quality.options import QualityOptions
from tests.factories import NOW, make_bug


def a_case(tests: Iterable[Test], before: Iterable[Test] | None = None, **more: Any) -> Case:
    """Return a case over these tests of product 598, which are all that there ever were."""
    now = tuple(tests)
    fields: dict[str, Any] = {
        "now": NOW,
        "options": QualityOptions(),
        "found": tally(now),
        "before": None if before is None else tally(before),
        "every": now,
        "ever": now,
        "product_ids": (598,),
    }
    return Case(**{**fields, **more})


def found_in(tests: Iterable[Test], before: Iterable[Test] | None = None, **more: Any) -> dict[str, Finding]:
    """Return the findings by their keys."""
    found = findings(a_case(tests, before, **more))
    assert len({one.key for one in found}) == len(found)
    return {one.key: one for one in found}


def rejected(**reasons: int) -> list[Bug]:
    """Return so many rejected bugs of each reason."""
    return [
        make_bug("rejected", rejection_reason=key) for key, number in reasons.items() for _ in range(number)
    ]

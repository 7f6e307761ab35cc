"""Say what a metric is: its value, its words, and what pages, findings and charts make of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from base.errors import InvalidInput
from quality.metrics.rates import Ratio
from quality.metrics.tally import Tally
from quality.model.entities import ReviewState, Severity

Unit = Literal["count", "ratio", "score", "rate", "days"]
Value = float | Ratio | None


@dataclass(frozen=True, slots=True)
class Weights:
    """The points that a bug adds to the severity score; `other` is every unnamed severity and type.

    Raises:
        InvalidInput: For a negative or infinite weight.
    """

    critical: float = 5
    high: float = 3
    medium: float = 2
    other: float = 1

    def __post_init__(self) -> None:
        for name in self.__slots__:
            weight = getattr(self, name)
            if not (isfinite(weight) and weight >= 0):
                raise InvalidInput(f"The weight of {name} is {weight}.", "A weight is a number from 0 up.")

    def of(self, severity: Severity) -> float:
        """Return the weight of one bug."""
        weight: float = getattr(self, severity, self.other)
        return weight


@dataclass(frozen=True, slots=True)
class Evidence:
    """The bugs to look at when a metric has changed: for the better, and for the worse."""

    good: tuple[ReviewState, ...] = ()
    bad: tuple[ReviewState, ...] = ()


def _nothing(*_: object) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number that can be asked for, with everything that is said and shown of it.

    Attributes:
        key: Its public name.
        title: Its name for people.
        unit: `count`, `ratio`, `score`, `rate` (0-1) or `days`.
        formula: In terms of other names.
        help: What it says and what to mind, in a sentence or two.
        value: Makes a number of what was counted; a Ratio for the unit `ratio`, a Rate for the unit `rate`;
            None without data.
        better: Which direction is good news; None for a neutral metric.
        noun: What it counts, or the numerator of a rate or ratio: `accepted bug`; empty for other units.
        divisor: What a rate or ratio divides by, as such a noun.
        verb: What a sentence says after the counts of a rate, as in `62 of 72 accepted`.
        short: A title where there is little room; empty when it needs none.
        subject: What it is about. One of `tests` counts only tests with such a bug in the rows of a bug's
            dimension; one of `reviews` says nothing of bugs that were chosen by their review.
        judged: Whether it is compared with the period before, to find what changed by more than chance.
        limits: The name of its limits in the thresholds and settings; empty when it has none.
        note: Makes a few words on what the number alone would hide; empty when it hides nothing.
        cause: Makes what follows a sentence on a bad value, of what was counted and the names of the
            rejection reasons.
        no_data: Why there may be no value, as a sentence.
        evidence: The bugs to look at after a change.
        action: What to do after a change for the worse, as a sentence.
        never_by: The dimension in whose rows it says nothing, as the number of features in a feature's row.
        of_stories: Whether it counts user stories, which in the row of a feature are that feature's own.
        style: The class that gives it its colour and dashes in charts; empty for one that is not drawn.
    """

    key: str
    title: str
    unit: Unit
    formula: str
    help: str
    value: Callable[[Tally, Weights], Value]
    better: Literal["up", "down"] | None = None
    noun: str = ""
    divisor: str = ""
    verb: str = ""
    short: str = ""
    subject: Literal["tests", "bugs", "reviews"] = "bugs"
    judged: bool = False
    limits: str = ""
    note: Callable[[Tally], str] = _nothing
    cause: Callable[[Tally, Mapping[str, str]], str] = _nothing
    no_data: str = ""
    evidence: Evidence = Evidence()
    action: str = "Look at what has changed since."
    never_by: str = ""
    of_stories: bool = False
    style: str = ""

    @property
    def suffers_from_open(self) -> bool:
        """Return whether bugs that are still open make it worse."""
        return "open" in self.evidence.bad

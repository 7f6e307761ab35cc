"""What became of bugs: how many of them were accepted, rejected or are open."""

from collections.abc import Mapping

from quality.metrics import columns
from quality.metrics.measures import Measure
from quality.views.table import Outcome


def outcome_of(measures: Mapping[str, Measure]) -> Outcome:
    """Return what became of the bugs that these measures count, for a line of its own."""
    by_person, by_time, rejected = (measures[key].numerator or 0 for key in columns.OUTCOME)
    return Outcome(by_person, by_time, rejected, int(measures[columns.OPEN].value or 0), roomy=True)

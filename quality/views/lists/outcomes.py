"""What became of the bugs of a row: how many of them were accepted, rejected or are open."""

from quality.metrics.tally import Tally
from quality.views.table import Outcome


def outcome(found: Tally) -> Outcome:
    """Return what became of these bugs, for a cell of a table."""
    return Outcome(found.active_accepted, found.auto_accepted, found.rejected, found.open)

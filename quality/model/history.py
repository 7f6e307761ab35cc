"""What kept and pruned snapshots say of open bugs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class History:
    """Follow the open bugs of a product through kept and pruned snapshots.

    Attributes:
        begins: The time of the first snapshot that is known.
        open_bugs: How many bugs were open since when, where that changed; the first is the first snapshot's.
        reopened: Bugs that were decided and then open again, by id.
    """

    begins: datetime
    open_bugs: tuple[tuple[datetime, int], ...] = ()
    reopened: tuple[int, ...] = ()

"""Whether a version can be read well enough to build from it."""

from base.bounds import GREATEST_LOSS
from base.errors import UserError
from quality.model.facts import Facts
from snapshot.reader import Snapshot


class Unreadable(UserError):
    """So much of a version is damaged that its pages would be worse than the earlier ones."""

    code = "UNREADABLE"


def see_readable(snapshot: Snapshot, facts: Facts) -> None:
    """Check that no more tests, or products with all that they hold, are damaged than a refresh may lose.

    Raises:
        Unreadable: When more are; `verify` names them.
    """
    damaged = {(gap.kind, gap.id) for gap in facts.gaps if gap.state == "damaged"}
    shown = {("product", test.product_id) for test in facts.tests.values()}
    for kind in ("test", "product"):
        known = {
            entry.id for entry in snapshot.manifest.entries if entry.kind == kind and entry.state != "gone"
        }
        lost = {number for number in known if (kind, number) in damaged - shown}
        if len(lost) > GREATEST_LOSS * len(known):
            raise Unreadable(
                f"{len(lost)} of the {len(known)} known {kind}s cannot be read.",
                "The snapshot is damaged; nothing was written.",
                "Run invoke verify to list the damage, then refresh; or build with --accept-loss.",
            )

"""What a snapshot says, as plain data for the metrics: products, tests, bugs and gaps."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from quality.model.columns import BugColumns
from quality.model.context import NO_CONTEXT, Context
from quality.model.entities import Bug, Feature, Product, RejectReason, Test
from quality.model.history import History

GapState = Literal["missing", "gone", "stale", "damaged"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the snapshot does not have, or has only from before.

    Attributes:
        kind: `product`, `features`, `test`, `bugs`, `tests` (a list) or `reject_reasons`.
        id: The upstream's id, or None for a position in a list.
        product_id: The product whose numbers depend on it, or None when all do.
        state: `missing` or `gone` (from the upstream; neither is counted), `stale` (an older copy
            is counted) or `damaged` (the stored document cannot be read, not counted).
        reason: One sentence without secrets.
        since: When it was first so.
        tries: How often it has been asked for since.
        copied_at: When the older copy was taken that is counted.
        place: Where the test stands in the product's list of tests, from 1.
        beside: The ids of the tests beside that place.
    """

    kind: str
    id: int | None
    product_id: int | None
    state: GapState
    reason: str
    since: datetime | None = None
    tries: int = 0
    copied_at: datetime | None = None
    place: int | None = None
    beside: tuple[int, ...] = ()

    @property
    def test_id(self) -> int | None:
        """Return the test that is concerned, be it itself or its bugs."""
        return self.id if self.kind in {"test", "bugs"} else None


@dataclass(frozen=True)
class Facts:
    """Everything one snapshot says, normalised.

    Attributes:
        snapshot_id: The published version.
        as_of: The snapshot's own time, and the default "now" of every report.
        products: By id, in the order of the ids.
        features: The catalogue of each product id.
        tests: By id; a test that could not be fetched is in `gaps` instead.
        left_out: Product id → before which end its tests were left out of the snapshot, where any were.
        found_again: The id of a bug → that of a decided one of another test that it is much like.
        context: What people say beside the snapshot.
        history: Product id → what became of its open bugs, by kept and pruned snapshots.
        changed: Test id → when what is said of it was first fetched; the snapshot's own time for the others.
        hide_names: People stand here, and in whatever is added, under pseudonyms.
    """

    snapshot_id: str
    as_of: datetime
    products: Mapping[int, Product]
    features: Mapping[int, tuple[Feature, ...]]
    tests: Mapping[int, Test]
    reject_reasons: tuple[RejectReason, ...] = ()
    gaps: tuple[Gap, ...] = ()
    left_out: Mapping[int, datetime] = field(default_factory=dict)
    found_again: Mapping[int, int] = field(default_factory=dict)
    context: Context = NO_CONTEXT
    changed: Mapping[int, datetime] = field(default_factory=dict)
    history: Mapping[int, History] = field(default_factory=dict)
    hide_names: bool = False

    def of_products(self, product_ids: Collection[int]) -> "Facts":
        """Return what is said of some products alone, as if the account had no others.

        Of the context without internal notes: whoever sees some products may be no member of the team.
        """
        tests = {key: test for key, test in self.tests.items() if test.product_id in product_ids}
        bugs = {bug.id for test in tests.values() for bug in test.bugs}
        return replace(
            self,
            products={key: one for key, one in self.products.items() if key in product_ids},
            features={key: some for key, some in self.features.items() if key in product_ids},
            tests=tests,
            gaps=tuple(gap for gap in self.gaps if gap.product_id in product_ids),
            left_out={key: at for key, at in self.left_out.items() if key in product_ids},
            history={key: one for key, one in self.history.items() if key in product_ids},
            found_again={one: other for one, other in self.found_again.items() if {one, other} <= bugs},
            context=self.context.of_products(product_ids).for_everyone(),
        )

    @cached_property
    def bugs(self) -> Mapping[int, Bug]:
        """Return every bug by id."""
        return {bug.id: bug for test in self.tests.values() for bug in test.bugs}

    @cached_property
    def columns(self) -> BugColumns:
        """Return the bugs of all tests as columns, newest tests first."""
        return BugColumns(sorted(self.tests.values(), key=_newest_first))

    @cached_property
    def selections(self) -> dict[Hashable, tuple[Test, ...]]:
        """Return the tests that were selected before, newest first, by what selected them."""
        return {}

    @cached_property
    def made(self) -> dict[Hashable, Any]:
        """Return what was made of single tests before, which each period asks for again, by what it is."""
        return {}

    @cached_property
    def bug_statuses(self) -> frozenset[str]:
        """Return every status that a bug has."""
        return frozenset({bug.status for test in self.tests.values() for bug in test.bugs if bug.status})

    @cached_property
    def test_statuses(self) -> frozenset[str]:
        """Return every status that a test has."""
        return frozenset({test.status for test in self.tests.values() if test.status})

    @cached_property
    def tests_by_product(self) -> Mapping[int, tuple[Test, ...]]:
        """Return the tests of each product id, newest first (by end, then by id)."""
        grouped: dict[int, list[Test]] = {product_id: [] for product_id in self.products}
        for test in self.tests.values():
            grouped.setdefault(test.product_id, []).append(test)
        return {product_id: tuple(sorted(tests, key=_newest_first)) for product_id, tests in grouped.items()}

    @cached_property
    def copies(self) -> Mapping[int, datetime]:
        """Return when the counted older copy was taken, by the id of each test that has only such a one."""
        return {gap.test_id: gap.copied_at for gap in self.gaps if gap.test_id and gap.copied_at}


def _newest_first(test: Test) -> tuple[float, int]:
    return (-test.end_at.timestamp() if test.end_at else float("inf"), -test.id)

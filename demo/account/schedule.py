"""When the demo's tests are created, run, reviewed and archived, on any day.

A schedule is a pure function of the seed and the sizes: the account of a later day shows
more of the same schedule, so what was archived once never changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from itertools import count as _count
from random import Random

from demo.account.catalogue import PRODUCTS, DemoProduct

DEMO_NOW = datetime(2026, 11, 20, 6, 0, 0, tzinfo=UTC)
"""The demo account's "now" on day 0."""

REVIEW_WINDOW = timedelta(days=10)
"""How long after a test's end a bug waits before the upstream accepts it by itself."""

_TYPES = ("coverage", "focused", "rapid", "usability")
_LENGTH_DAYS = {"coverage": 3.0, "focused": 2.0, "rapid": 0.8, "usability": 4.0, "custom": 3.0}
_PROMPT = (0.2, 0.15, 0.7, 0.1, 0.0)
"""How often each product's bugs are all reviewed, and soon."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One test and its whole life.

    Attributes:
        number: Its place in the order of creation, from 0.
        handed_in_at: When the customer finalized the set-up, before anything is tested.
        settled_at: When the last review is over.
        age_days: From its end to day 0 (negative for what ends later).
        cancelled_at: None unless it is cancelled, before or while it runs.
        prompt: Whether a person reviews every bug, and soon.
        careless: The share of bugs nobody looks at, or None for the product's usual one.
        bugs: How many bugs it will have in the end.
        first_bug: The id of its first bug; the others follow it.
    """

    number: int
    id: int
    product: DemoProduct
    testing_type: str
    created_at: datetime
    handed_in_at: datetime
    waiting_at: datetime
    start_at: datetime
    end_at: datetime
    cancelled_at: datetime | None
    settled_at: datetime
    archived_at: datetime
    prompt: bool
    careless: float | None
    demo: bool
    age_days: float
    bugs: int
    first_bug: int

    def status(self, now: datetime) -> str:
        """Return the upstream's status of the test at a moment after its creation."""
        if self.cancelled_at and self.cancelled_at <= now:
            return "cancelled"
        for status, since in (
            ("archived", self.archived_at),
            ("locked", self.end_at),
            ("running", self.start_at),
            ("waiting", self.waiting_at),
            ("customer_finalized", self.handed_in_at),
        ):
            if since <= now:
                return status
        return "initialized"


@dataclass(frozen=True, slots=True)
class _NearNow:
    """A test that stands in a given phase on day 0, whatever the size: days from day 0."""

    product: int
    created: float
    start: float
    end: float
    testing_type: str = "focused"
    careless: float | None = None
    cancelled: float | None = None
    prompt: bool = False


_NEAR_NOW = (
    _NearNow(0, -16.0, -11.4, -8.3, "coverage", careless=0.5),
    _NearNow(1, -15.0, -11.2, -9.2, careless=0.4),
    _NearNow(2, -14.0, -9.6, -7.4, careless=0.25),
    _NearNow(0, -5.0, -1.2, 1.6, "coverage"),
    _NearNow(2, -4.0, -0.9, 1.1),
    _NearNow(1, -4.5, 1.4, 3.4, "coverage"),
    _NearNow(0, -0.8, 6.3, 9.3),
    _NearNow(3, -13.0, -8.9, -7.2),
    _NearNow(0, -9.0, -6.2, -4.1),
    _NearNow(1, -21.0, -15.0, -13.0, cancelled=-16.5),
    _NearNow(1, -8.5, -4.0, -2.2, "rapid"),
    _NearNow(2, -2.1, 3.2, 5.2),
    _NearNow(3, -6.0, -0.4, 1.7, "rapid"),
    _NearNow(0, -21.0, -16.0, -13.4, "coverage", prompt=True),
    _NearNow(3, -9.0, -5.4, -3.2, "coverage"),
)


def schedule(seed: int, tests: int, bugs: int, now: datetime) -> tuple[Plan, ...]:
    """Plan the tests created until `now`, in the order of their creation.

    Args:
        seed: Chooses another account.
        tests: How many tests there are on day 0.
        bugs: About how many bugs these will have.
        now: The moment of which the schedule is wanted.
    """
    lives = sorted(
        _lives(seed, tests, max(now, DEMO_NOW)), key=lambda life: (life[0].created_at, life[0].product.id)
    )
    known = sum(weight for plan, weight in lives if plan.created_at <= DEMO_NOW)
    scale = bugs / known if known else 0.0
    counts = [round(weight * scale) for _, weight in lives]
    firsts = accumulate((count + 2 for count in counts), initial=401_001)
    return tuple(
        replace(plan, number=number, id=101_300 + number * 7 + (number * 5) % 6, bugs=count, first_bug=first)
        for number, ((plan, _), count, first) in enumerate(zip(lives, counts, firsts, strict=False))
        if plan.created_at <= now
    )


def _lives(seed: int, tests: int, horizon: datetime) -> Iterator[tuple[Plan, float]]:
    near_now = _NEAR_NOW[: tests // 4]
    shares = _shared_out(tests - len(near_now))
    for product, count in zip(PRODUCTS, shares, strict=True):
        for place in _count() if count else ():
            spacing = product.since_days / count
            rng = Random(f"{seed}/{product.id}/{place}")
            created = (place + 0.5 + rng.uniform(-0.35, 0.35)) * spacing - product.since_days
            plan, weight = _regular(rng, product, place, created)
            if plan.created_at > horizon:
                break
            yield plan, weight
    for place, near in enumerate(near_now):
        yield _near(Random(f"{seed}/near/{place}"), near)


def _shared_out(tests: int) -> list[int]:
    """Share the regular tests out to the products: by their shares, the rest to the biggest."""
    counts = [int(product.share * tests) for product in PRODUCTS]
    counts[0] += tests - sum(counts)
    return counts


def _regular(rng: Random, product: DemoProduct, place: int, created: float) -> tuple[Plan, float]:
    testing_type = rng.choices(_TYPES, (35, 35, 20, 10))[0]
    if product.key == 0 and created < -400 and place % 5 == 2:
        testing_type = "custom"
    start = created + rng.uniform(3.0, 8.0)
    end = start + _LENGTH_DAYS[testing_type] * rng.uniform(0.8, 1.2)
    cancelled = rng.uniform(created + 1.0, start + 0.3) if place % 23 == 11 else None
    demo = product.key == 1 and place == 0
    return _life(
        rng, product, testing_type, (created, start, end), cancelled,
        prompt=rng.random() < _PROMPT[product.key], demo=demo,
    )  # fmt: skip


def _near(rng: Random, near: _NearNow) -> tuple[Plan, float]:
    return _life(
        rng, PRODUCTS[near.product], near.testing_type, (near.created, near.start, near.end), near.cancelled,
        prompt=near.prompt, careless=near.careless, near=True,
    )  # fmt: skip


def _life(
    rng: Random,
    product: DemoProduct,
    testing_type: str,
    days: tuple[float, float, float],
    cancelled: float | None,
    *,
    prompt: bool,
    careless: float | None = None,
    demo: bool = False,
    near: bool = False,
) -> tuple[Plan, float]:
    """Plan a test from its days (created, start, end, from day 0), and the weight of its bugs."""
    created, start, end = days
    settled = end + (rng.uniform(2.5, 6.0) if prompt else rng.uniform(10.02, 10.3))
    waiting = start - (start - created) * rng.uniform(0.3, 0.6)
    plan = Plan(
        number=0,
        id=0,
        product=product,
        testing_type=testing_type,
        created_at=_moment(created),
        handed_in_at=_moment((created + waiting) / 2),
        waiting_at=_moment(waiting),
        start_at=_moment(start),
        end_at=_moment(end),
        cancelled_at=None if cancelled is None else _moment(cancelled),
        settled_at=_moment(settled),
        archived_at=_moment(settled + rng.uniform(14.0, 24.0)),
        prompt=prompt,
        careless=careless,
        demo=demo,
        age_days=-end,
        bugs=0,
        first_bug=0,
    )
    size = {"coverage": 1.5, "focused": 1.0, "rapid": 0.55, "usability": 0.8, "custom": 1.1}[testing_type]
    calm = 0.65 if product.key == 2 and end > -95 else 1.0
    weight = calm * product.bugginess * size * (0.8 if near else rng.triangular(0.35, 1.9, 0.9))
    if cancelled is not None or (not near and rng.random() < 0.03):
        weight = 0.0
    return plan, weight


def _moment(days: float) -> datetime:
    """Return a moment by its days from day 0, on a full minute that ends in 0 or 5."""
    return DEMO_NOW + timedelta(minutes=round(days * 288) * 5)

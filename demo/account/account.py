"""The demo account: a believable customer in the upstream's shapes, the same for the same seed and day."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from demo.account import bugs as reports
from demo.account import cycles, executions
from demo.account.catalogue import (
    PRODUCTS,
    SERVED_REASONS,
    DemoFeature,
    DemoProduct,
    environments_of,
    features_of,
    has_sections,
    product_json,
)
from demo.account.schedule import DEMO_NOW, Plan, schedule
from demo.account.times import stamp

__all__ = ["DEMO_NOW", "Account", "advance", "demo_account", "planted_secrets"]

Json = dict[str, Any]
Change = Callable[[str, Json], Json]
"""Turns an object of a kind (`product`, `feature`, `test`, `bug`, …) into another one."""


def _unchanged(_: str, value: Json) -> Json:
    return value


@dataclass(frozen=True)
class Account:
    """Everything one token sees, at one moment; answers are built when they are asked for.

    The dictionaries are shared between calls: read them, never change them.

    Attributes:
        seed: Chooses another account.
        size: Tests on day 0.
        bug_count: About how many bugs these have.
        now: The moment at which the account is seen.
        change: Applied to every object before it is given out.
    """

    seed: int
    size: int
    bug_count: int
    now: datetime
    change: Change = _unchanged

    @cached_property
    def plans(self) -> Mapping[int, Plan]:
        """Return the tests that exist now, by id, in the order of their creation."""
        return {plan.id: plan for plan in schedule(self.seed, self.size, self.bug_count, self.now)}

    @cached_property
    def _first_bugs(self) -> tuple[list[int], list[int]]:
        plans = list(self.plans.values())
        return [plan.first_bug for plan in plans], [plan.id for plan in plans]

    @cached_property
    def _setups(self) -> Callable[[int], cycles.Setup]:
        return lru_cache(maxsize=1000)(lambda test_id: cycles.setup(self.seed, self.plans[test_id]))

    def products(self) -> list[Json]:
        """List all products."""
        return [self.change("product", product_json(product)) for product in PRODUCTS]

    def features(self, product_id: int, section_id: int | None = None, *, stories: bool = True) -> list[Json]:
        """List the features of a product or of one of its sections; stories as objects or as titles."""
        return [
            self.change("feature", _feature(feature, stories=stories))
            for feature in features_of(_product(product_id))
            if section_id in {None, feature.section_id}
        ]

    def user_stories(self, product_id: int, section_id: int | None = None) -> list[Json]:
        """List the user stories of a product or of one of its sections."""
        return [
            self.change("user_story", {"id": story_id, "path": text, "title": text})
            for feature in features_of(_product(product_id))
            if section_id in {None, feature.section_id}
            for story_id, text in feature.stories
        ]

    @cached_property
    def test_ids(self) -> Mapping[int, tuple[int, ...]]:
        """Return the tests of each product id, newest first."""
        found: dict[int, list[int]] = {product.id: [] for product in PRODUCTS}
        for plan in reversed(list(self.plans.values())):
            found[plan.product.id].append(plan.id)
        return {product_id: tuple(ids) for product_id, ids in found.items()}

    def row(self, test_id: int) -> Json:
        """Return a test as a list shows it."""
        return self.change("test", cycles.row(self._setups(test_id), self.now))

    def test(self, test_id: int, *, stories: bool = True) -> Json:
        """Return a test as asked for by itself, with execution metrics; stories as objects or as titles."""
        linked = [sketch.linked for sketch in self._visible(test_id)]
        made = self._setups(test_id)
        return self.change("test", executions.detail(made, self.now, linked, stories=stories))

    def bugs(self, test_id: int) -> list[Json]:
        """List the bugs of a test, newest first."""
        made = self._setups(test_id)
        return [
            self.change("bug", reports.compose(made, sketch, self.now))
            for sketch in reversed(self._visible(test_id))
        ]

    def bug(self, bug_id: int) -> Json | None:
        """Return a bug by its id, or None."""
        firsts, tests = self._first_bugs
        place = bisect_right(firsts, bug_id) - 1
        if place < 0:
            return None
        for sketch in self._visible(tests[place]):
            if sketch.id == bug_id:
                return self.change("bug", reports.compose(self._setups(tests[place]), sketch, self.now))
        return None

    def section_of(self, test_id: int) -> int:
        """Return the section that a test belongs to."""
        return self._setups(test_id).section_id

    def has_section(self, product_id: int, section_id: int | None) -> bool:
        """Return whether a product has this section; None stands for the whole product."""
        return section_id is None or section_id in dict(_product(product_id).sections)

    def reject_reasons(self) -> list[Json]:
        """List the customer's reject reasons."""
        return [self.change("reject_reason", dict(reason)) for reason in SERVED_REASONS]

    def environments(self, product_id: int) -> list[Json]:
        """List the test environments of a product, with credentials in clear."""
        return [
            self.change("test_environment", environment)
            for environment in environments_of(_product(product_id))
        ]

    def executions(self) -> Iterator[Json]:
        """Yield all executions of user stories, oldest test first."""
        for test_id, plan in self.plans.items():
            made = self._setups(test_id)
            for ran in executions.executions(made, self.now):
                yield self.change("execution", _execution(plan, made, ran))

    @cached_property
    def _sketches(self) -> Callable[[int], list[reports.Sketch]]:
        return lru_cache(maxsize=1000)(lambda test_id: reports.sketches(self._setups(test_id)))

    def _visible(self, test_id: int) -> list[reports.Sketch]:
        return [sketch for sketch in self._sketches(test_id) if sketch.reported_at <= self.now]


def demo_account(tests: int = 120, *, bugs: int | None = None, seed: int = 7, day: int = 0) -> Account:
    """Create the demo account.

    Args:
        tests: How many tests it has on day 0.
        bugs: About how many bugs these have; ten a test when left out.
        seed: Chooses another account.
        day: Days after `DEMO_NOW` at which it is seen; may be negative.
    """
    return Account(seed, tests, tests * 10 if bugs is None else bugs, DEMO_NOW + timedelta(days=day))


def advance(account: Account, days: float) -> Account:
    """Return the same account some days later: tests begin and end, bugs are reported and reviewed."""
    return replace(account, now=account.now + timedelta(days=days))


def planted_secrets(account: Account) -> tuple[str, ...]:  # noqa: ARG001 - all accounts plant the same
    """List what must not leave the upstream's answers: credentials, access, upload fields, signatures."""
    found = {"planted-signature-", "planted-key"}
    for product in PRODUCTS:
        for environment in environments_of(product):
            for key in ("username", "password", "access", "environment_test_information"):
                found.add(environment[key])
            mark = environment["username"].removeprefix("crowd-")
            found |= {f"planted-{mark}", f"planted-vpn-{mark}"}
            if environment["binary_app"]:
                found |= {f"planted-{part}-{mark}" for part in ("app", "sig", "policy", "s3")}
    return tuple(sorted(found))


def product_with_sections(product_id: int) -> bool:
    """Return whether a product's user stories are asked for by section."""
    return has_sections(_product(product_id))


def _product(product_id: int) -> DemoProduct:
    return _BY_ID[product_id]


_BY_ID = {product.id: product for product in PRODUCTS}


def _feature(feature: DemoFeature, *, stories: bool) -> Json:
    text = feature.text
    return {
        "id": feature.id,
        "title": text.title,
        "description": text.description,
        "howtofind": text.howtofind,
        "location": text.location,
        "user_stories": [
            {"id": story_id, "path": story, "title": story, "feature_id": feature.id} if stories else story
            for story_id, story in feature.stories
        ],
    }


def _execution(plan: Plan, made: cycles.Setup, ran: executions.Ran) -> Json:
    story_id, _ = made.features[ran.place].stories[ran.story]
    environment = environments_of(plan.product)[made.environment]
    return {
        "id": plan.number * 200 + ran.number + 1,
        "status": ran.status,
        "comment": "Works as described." if ran.status == "passed" else None,
        "executed_by": ran.tester,
        "user_story_id": story_id,
        "user_story_version_id": made.story_version_id(ran.place, ran.story),
        "device_reports": [],
        "test_cycle": {
            "id": plan.id,
            "title": made.title,
            "test_environment": {"id": environment["id"], "title": environment["title"]},
        },
        "executed_at": stamp(ran.at, 3),
    }

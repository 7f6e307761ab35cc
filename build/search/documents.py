"""What can be found: a row of the search index for each product, feature, test and bug."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from quality.model.context import TargetKind
from quality.model.entities import Bug, Feature, Product, Test
from quality.model.facts import Facts

EntityKind = Literal["product", "feature", "test", "bug"]
KINDS: tuple[EntityKind, ...] = ("product", "feature", "test", "bug")

_LONGEST_KEY = 100
_LONGEST_TITLE = 1_000
LONGEST_TEXT = 20_000
BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its keys by field, and what is searched; `hash` changes with any of them."""

    uid: str
    keys: dict[str, str]
    title: str
    text: str

    @property
    def hash(self) -> str:
        """Return 24 hexadecimal digits over everything that the row holds."""
        content = (self.uid, *(part for key in self.keys.items() for part in key), self.title, self.text)
        return blake2b("\x00".join(content).encode("utf-8", "replace"), digest_size=12).hexdigest()


def rows(facts: Facts, but: Container[int] = ()) -> Iterator[Row]:
    """Yield a row for every product, feature, test and bug, in the order of ids within a product or test.

    Args:
        facts: What is to be found.
        but: Tests that are left out with their bugs, by id; they are not looked up.
    """
    for product in facts.products.values():
        said = (*_product(product), *_noted(facts, "product", product.id), *_own(facts, product.id))
        yield _row("product", product.id, product.name, said, product=product.id)
    for features in facts.features.values():
        for feature in features:
            said = (*_feature(feature), *_noted(facts, "feature", feature.id))
            yield _row("feature", feature.id, feature.title, said, product=feature.product_id)
    for test_id in facts.tests:
        if test_id in but:
            continue
        test = facts.tests[test_id]
        ended = moment(test.end_at)
        yield _row(
            "test",
            test.id,
            test.title,
            (*_test(test), *_noted(facts, "test", test.id)),
            product=test.product_id,
            test=test.id,
            status=test.status,
            ended=ended,
        )
        for bug in test.bugs:
            yield _row(
                "bug",
                bug.id,
                bug.title,
                (*_bug(bug), *_noted(facts, "bug", bug.id)),
                product=bug.product_id,
                test=bug.test_id,
                severity=bug.severity,
                status=bug.status,
                review=bug.review,
                ended=ended,
            )


def _noted(facts: Facts, target: TargetKind, number: int) -> Iterator[str]:
    """Yield what people wrote about one thing, and its name in their tracker."""
    for note in facts.context.notes_on(target, number):
        yield note.text
    if target == "bug" and (link := facts.context.link_of(number)):
        yield link.key


def _own(facts: Facts, product_id: int) -> Iterator[str]:
    """Yield the records of a team's own kinds."""
    for one in facts.context.own_of(product_id):
        yield one.title
        yield from (text for _, text in one.values)


def moment(at: datetime | None) -> str | None:
    """Write a time in UTC to the second, such that the order of the texts is the order of the times."""
    return at.replace(microsecond=0, tzinfo=None).isoformat() if at else None


def uid(kind: EntityKind, number: int | str) -> str:
    """Return the one name of an entity in the index."""
    return f"{kind}:{number}"


def _row(
    kind: EntityKind, number: int, title: str, parts: Iterable[str | None], **keys: str | int | None
) -> Row:
    known = {name: str(key)[:_LONGEST_KEY] for name, key in keys.items() if key is not None}
    text = BETWEEN.join(" ".join(part.split()) for part in parts if part)
    return Row(uid(kind, number), {"kind": kind, **known}, title[:_LONGEST_TITLE], text[:LONGEST_TEXT])


def _product(product: Product) -> Iterator[str | None]:
    yield product.type
    yield product.description
    yield from (section.name for section in product.sections)


def _feature(feature: Feature) -> Iterator[str | None]:
    yield feature.description
    yield feature.howtofind
    yield from (story.title for story in feature.user_stories)


def _test(test: Test) -> Iterator[str | None]:
    yield test.goal
    yield test.instructions
    yield test.out_of_scope
    yield test.testing_type
    yield from (feature.title for feature in test.features)
    yield test.environment.name if test.environment else None
    yield test.section.name if test.section else None
    yield test.created_by


def _bug(bug: Bug) -> Iterator[str | None]:
    yield from bug.steps
    yield bug.actual_result
    yield bug.expected_result
    yield bug.location
    yield bug.feature
    yield from (device.text for device in bug.devices)
    yield bug.tester
    yield from (comment.body for comment in bug.comments)

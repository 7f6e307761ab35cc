"""What the document of a test says by itself, normalised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from base.errors import InvalidInput
from build.facts.duplicates import listed
from quality.model.entities import RejectReason, Test
from quality.normalise import from_upstream
from quality.normalise.values import name_of, objects, part
from snapshot.errors import DamagedDocument
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot


@dataclass(frozen=True, slots=True)
class TestSaid:
    """The content of one document of a test.

    Attributes:
        listed: The ids of its bugs, each with whether the bug names this test itself.
        unusable: How many of its bugs have no usable id.
        product_name: The name that it gives to its product.
        fetched_at: When exactly this was fetched first.
    """

    __test__ = False

    test: Test
    listed: tuple[tuple[int, bool], ...]
    unusable: int = 0
    product_name: str | None = None
    fetched_at: datetime | None = None


Said = tuple[Entry, TestSaid | str]
"""A document, and what it says, or why it cannot be used."""


def said_by(snapshot: Snapshot, entry: Entry, reasons: Sequence[RejectReason]) -> TestSaid | str:
    """Read and normalise one document; return why where it cannot be used.

    Raises:
        NewerFormat: When a later release wrote it.
        NoSnapshot: When the version was pruned while it was being read.
    """
    try:
        document = snapshot.read_stored(entry)
        data: Any = document.data
        raw, bugs = part(data, "test"), objects(part(data, "bugs"))
        test = from_upstream.test(raw, bugs, product_id=entry.product_id, reasons=reasons)
    except DamagedDocument as error:
        return error.why
    except InvalidInput as error:
        return str(error)
    claims = listed(test.id, bugs)
    name = name_of(part(raw, "product"))
    return TestSaid(test, claims, len(bugs) - len(claims), name, document.fetched_at)

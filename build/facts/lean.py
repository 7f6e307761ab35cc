"""Tests without their long texts, and how the cache has them: what bugs share stands there once a product."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Any

import msgspec
from msgspec import structs

from build.facts.said import TestSaid
from quality.model.entities import (
    Bug,
    BugType,
    Confirmation,
    Requirement,
    ReviewState,
    Severity,
    Test,
    TestFeature,
    UserStory,
)

SHARED = "shared"
"""The name of the record of what the others share."""
_LONG: dict[str, Any] = {
    "location": None, "expected_result": None, "actual_result": None, "steps": (), "devices": (),
    "comments": (), "attachments": (),
}  # fmt: skip
_TOGETHER = (
    ("status", "review", "bug_type", "severity", "known", "language", "rejection_reason", "confirmation"),
    ("tester", "tester_id"),
    ("feature_id", "feature"),
    ("platforms", "browsers", "device_categories"),
)
"""Fields of bugs whose values come together again and again."""
_DEFAULTS = dict(zip(reversed(Bug.__struct_fields__), reversed(Bug.__struct_defaults__), strict=False))
_BUGS = Test.__dict__["bugs"]
_REQUIREMENTS = Test.__dict__["requirements"]
_TEXTS = {
    kind: tuple(kind.__dict__[name] for name in names)
    for kind, names in {
        Test: ("status", "testing_type", "review_status", "report_language", "created_by", "submitted_by"),
        TestFeature: ("title", "execution_status"),
        UserStory: ("title", "execution_status"),
    }.items()
}
"""Texts that tests and their parts have alike."""


class _Shared(msgspec.Struct, array_like=True):
    """Lists that only grow, so that a place in them means the same in all records of a file."""

    kinds: list[
        tuple[str | None, ReviewState, BugType, Severity, bool, str | None, str | None, Confirmation | None]
    ] = []
    testers: list[tuple[str | None, int | None]] = []
    features: list[tuple[int | None, str | None]] = []
    places: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = []
    requirements: list[tuple[Requirement, ...]] = []


class _Record(msgspec.Struct, frozen=True, array_like=True):
    """A test without its bugs, these by columns, and places in what is shared."""

    said: TestSaid
    ids: list[int]
    titles: list[str]
    reported: list[datetime | None]
    exported: list[datetime | None]
    together: list[list[int]]
    requirements: int


_encode = msgspec.msgpack.Encoder().encode
_shared = msgspec.msgpack.Decoder(_Shared)
_record = msgspec.msgpack.Decoder(_Record)


def lean(test: Test) -> Test:
    """Return a test without its long texts, which no number, list or finding is made of."""
    bugs = tuple(structs.replace(bug, **_LONG) for bug in test.bugs)
    return replace(test, goal=None, instructions=None, out_of_scope=None, reviews=(), bugs=bugs)


class LeanTests:
    """The lean tests of a product in one file of the cache, by the hash of their documents.

    Args:
        records: What the file has; nothing of it is used where what the records share is missing.
    """

    def __init__(self, records: Mapping[str, msgspec.Raw]) -> None:
        self._shared = _Shared()
        self._records: dict[str, msgspec.Raw] = {}
        with suppress(KeyError, msgspec.DecodeError, RecursionError):
            self._shared = _shared.decode(records[SHARED])
            self._records = dict(records)

    def read(self, hashes: Iterable[str]) -> dict[str, TestSaid]:
        """Return what these documents say, of those that are known; equal values are one object."""
        values = {
            name: column
            for names, rows in zip(_TOGETHER, self._lists, strict=False)
            for name, column in zip(names, zip(*rows, strict=True), strict=False)
        }
        found: dict[str, TestSaid] = {}
        for sha256 in hashes:
            with suppress(KeyError, IndexError, msgspec.DecodeError, RecursionError):
                record = _record.decode(self._records[sha256])
                test = record.said.test
                _BUGS.__set__(test, _bugs(record, values))
                _REQUIREMENTS.__set__(test, self._shared.requirements[record.requirements])
                self._share(test)
                found[sha256] = record.said
        return found

    def add(self, sha256: str, said: TestSaid) -> None:
        """Add what a document says, without the long texts.

        Raises:
            ValueError: When a text is not Unicode, or a number too large.
        """
        test = lean(said.test)
        together = [
            [self._place(number, tuple(getattr(bug, name) for name in names)) for bug in test.bugs]
            for number, names in enumerate(_TOGETHER)
        ]
        record = _Record(
            replace(said, test=replace(test, bugs=(), requirements=())),
            [bug.id for bug in test.bugs],
            [bug.title for bug in test.bugs],
            [bug.reported_at for bug in test.bugs],
            [bug.exported_at for bug in test.bugs],
            together,
            self._place(len(_TOGETHER), test.requirements),
        )
        self._records[sha256] = msgspec.Raw(encoded(record))

    def only(self, hashes: Iterable[str]) -> dict[str, msgspec.Raw]:
        """Return the records of a file that has no others."""
        kept = {sha256: self._records[sha256] for sha256 in hashes if sha256 in self._records}
        return {SHARED: msgspec.Raw(_encode(self._shared)), **kept}

    @property
    def _lists(self) -> list[list[Any]]:
        return list(structs.astuple(self._shared))

    @cached_property
    def _places(self) -> list[dict[Any, int]]:
        return [{row: place for place, row in enumerate(rows)} for rows in self._lists]

    @cached_property
    def _texts(self) -> dict[object, object]:
        return {}

    def _place(self, number: int, row: Any) -> int:
        """Return the place of a row in a list, where it is added if it is a new one."""
        places = self._places[number]
        if row not in places:
            encoded(row)
            self._lists[number].append(row)
            places[row] = len(places)
        return places[row]

    def _share(self, test: Test) -> None:
        """Let tests that were just decoded have equal texts in common."""
        shared = self._texts.setdefault
        for part in (test, *test.features, *(story for one in test.features for story in one.user_stories)):
            for text in _TEXTS[type(part)]:
                value = text.__get__(part)
                if (one := shared(value, value)) is not value:
                    text.__set__(part, one)


def _bugs(record: _Record, values: Mapping[str, Sequence[Any]]) -> tuple[Bug, ...]:
    """Return the bugs of a record, made from their columns."""
    test = record.said.test
    columns: dict[str, Iterable[Any]] = {name: repeat(value) for name, value in _DEFAULTS.items()}
    columns |= {"test_id": repeat(test.id), "product_id": repeat(test.product_id)}
    columns |= {"id": record.ids, "title": record.titles}
    columns |= {"reported_at": record.reported, "exported_at": record.exported}
    for names, places in zip(_TOGETHER, record.together, strict=True):
        columns |= {name: map(values[name].__getitem__, places) for name in names if places}
    return tuple(map(Bug, *[columns[name] for name in Bug.__struct_fields__])) if record.ids else ()


def encoded(value: object) -> bytes:
    """Encode a value for the cache.

    Raises:
        ValueError: When a text is not Unicode, or a number too large.
    """
    try:
        return _encode(value)
    except OverflowError as error:
        raise ValueError(str(error)) from None

"""What the Customer API does wrong, to be given to `serve(account, faults=…)`.

Fault
├── Delay, RateLimited, Fails, Reset, CutJson, Html   an answer that comes late, badly or not at all
├── IgnoredPaging, PagedProducts                      deployments that page otherwise
├── NewTest, LostTest                                 lists that move while they are read
├── BrokenTest, Vanished                              tests that cannot be fetched
└── Unauthorized                                      a token that ends in the middle

Faults are values without state and can be given together: what spoils an answer's way comes
before what is wrong with its content, and then the first one sees a request first. Whether a
fault hits a request follows from the request, its repetition and the seed alone, so that the
order in which concurrent requests arrive changes nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar, Literal

import orjson

from demo.server.answers import DEFAULT_PER_PAGE, ids_of, number_of
from demo.server.exchange import ONCE, Answer, Asked, Fault, GoOn, Hits

_LIST = re.compile(r"/products/(\d+)/exploratory_tests")
_DETAIL = re.compile(r"/exploratory_tests/(\d+)")
_WHOLE = "1000000"


@dataclass(frozen=True)
class Delay(Fault):
    """An answer takes longer by some seconds."""

    seconds: float
    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Answer late."""
        answer = go_on(asked)
        return replace(answer, delay=answer.delay + self.seconds) if self.hits(asked) else answer


@dataclass(frozen=True)
class RateLimited(Fault):
    """429, with `Retry-After` missing, in seconds or as an HTTP date."""

    retry_after: Literal["none", "seconds", "date"] = "none"
    seconds: int = 0
    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Refuse for now."""
        if not self.hits(asked):
            return go_on(asked)
        headers: tuple[tuple[str, str], ...] = ()
        if self.retry_after == "seconds":
            headers = (("retry-after", str(self.seconds)),)
        elif self.retry_after == "date":
            until = datetime.now(UTC) + timedelta(seconds=self.seconds)
            headers = (("retry-after", format_datetime(until, usegmt=True)),)
        return Answer(429, b'{"error":"too many requests"}', headers=headers)


@dataclass(frozen=True)
class Fails(Fault):
    """A status of 5xx."""

    status: int = 500
    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Fail."""
        return _failed(self.status) if self.hits(asked) else go_on(asked)


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset in the middle of the body."""

    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Break off."""
        answer = go_on(asked)
        return replace(answer, reset=True) if self.hits(asked) else answer


@dataclass(frozen=True)
class CutJson(Fault):
    """The right status and half of the JSON, as if it were all."""

    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Send a half."""
        answer = go_on(asked)
        return replace(answer, body=answer.body[: len(answer.body) // 2]) if self.hits(asked) else answer


@dataclass(frozen=True)
class Html(Fault):
    """A login page of some proxy, with status 200."""

    hits: Hits = ONCE

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Send a page."""
        if not self.hits(asked):
            return go_on(asked)
        return Answer(
            200, b"<!doctype html><title>Sign in</title><h1>Sign in</h1>", "text/html; charset=utf-8"
        )


@dataclass(frozen=True)
class IgnoredPaging(Fault):
    """Every page of tests is the whole list, as on staging."""

    of_content: ClassVar[bool] = True
    products: frozenset[int] | None = None

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Send all tests."""
        found = _LIST.fullmatch(asked.path)
        if found and (self.products is None or int(found[1]) in self.products):
            asked = replace(asked, query={**asked.query, "page": ["1"], "per_page": [_WHOLE]})
        return go_on(asked)


@dataclass(frozen=True)
class PagedProducts(Fault):
    """The list of products is paged, 25 by default, as in some deployments."""

    of_content: ClassVar[bool] = True

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Send a page of products."""
        answer = go_on(asked)
        if asked.path != "/products" or answer.status != 200:
            return answer
        size = number_of(asked.query, "per_page") or DEFAULT_PER_PAGE
        start = (max(number_of(asked.query, "page") or 1, 1) - 1) * size
        products = orjson.loads(answer.body)["products"]
        return replace(answer, body=orjson.dumps({"products": products[start : start + size]}))


@dataclass(frozen=True)
class NewTest(Fault):
    """The newest test of a product appears only after its list was read a few times: the others move down."""

    of_content: ClassVar[bool] = True
    product_id: int
    reads: int = 1

    def listing(self, product_id: int, test_ids: Sequence[int], reads: int) -> Sequence[int]:
        """Hold the newest test back."""
        return test_ids[1:] if product_id == self.product_id and reads < self.reads else test_ids


@dataclass(frozen=True)
class LostTest(Fault):
    """A test leaves the list of its product after a few reads: the others move up, and it answers 404."""

    of_content: ClassVar[bool] = True
    product_id: int
    test_id: int
    reads: int = 1

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Do not know the test."""
        return _missing() if _of_test(asked, frozenset({self.test_id})) else go_on(asked)

    def listing(self, product_id: int, test_ids: Sequence[int], reads: int) -> Sequence[int]:
        """Leave the test out."""
        if product_id != self.product_id or reads < self.reads:
            return test_ids
        return [test_id for test_id in test_ids if test_id != self.test_id]

    @property
    def lost(self) -> frozenset[int]:
        """Return the test."""
        return frozenset({self.test_id})


@dataclass(frozen=True)
class BrokenTest(Fault):
    """A test at which the server fails: every page that contains it and the test itself, for ever."""

    of_content: ClassVar[bool] = True
    test_id: int
    status: int = 500

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Fail where the test is."""
        if _of_test(asked, self.lost):
            return _failed(self.status)
        answer = go_on(asked)
        if answer.status == 200 and _LIST.fullmatch(asked.path) and self.test_id in _listed(answer.body):
            return _failed(self.status)
        return answer

    @property
    def lost(self) -> frozenset[int]:
        """Return the test."""
        return frozenset({self.test_id})


@dataclass(frozen=True)
class Vanished(Fault):
    """Tests that are listed and answer 404 when asked for by themselves; they have no bugs any more."""

    of_content: ClassVar[bool] = True
    test_ids: frozenset[int]

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Do not know the tests."""
        if _of_test(asked, self.test_ids):
            return _missing()
        named = ids_of(asked.query, "filter_test_cycle_ids")
        if asked.path == "/bugs" and named & self.test_ids:
            rest = ",".join(str(test_id) for test_id in sorted(named - self.test_ids)) or "0"
            asked = replace(asked, query={**asked.query, "filter_test_cycle_ids": [rest]})
        return go_on(asked)

    @property
    def lost(self) -> frozenset[int]:
        """Return the tests."""
        return self.test_ids


@dataclass(frozen=True)
class Unauthorized(Fault):
    """401 to everything after so many requests."""

    after: int

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Refuse the token."""
        return Answer(401, b'{"error":"unauthorized"}') if asked.number >= self.after else go_on(asked)


def _failed(status: int) -> Answer:
    return Answer(status, b"<html><body>Something went wrong.</body></html>", "text/html")


def _missing() -> Answer:
    return Answer(404, b'{"error":"not found"}')


def _of_test(asked: Asked, test_ids: frozenset[int]) -> bool:
    found = _DETAIL.fullmatch(asked.path)
    return found is not None and int(found[1]) in test_ids


def _listed(body: bytes) -> set[int]:
    return {int(test["id"]) for test in orjson.loads(body)["exploratory_tests"]}

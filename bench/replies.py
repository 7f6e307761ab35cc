"""What an API answers, piece by piece while it is sent: what would take gigabytes costs this side nothing."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

PRODUCTS, TESTS = 4, 40
MB = 2**20

TESTS_OF_PRODUCT = re.compile(r"/products/(\d+)/exploratory_tests")
ONE_TEST = re.compile(r"/exploratory_tests/(\d+)")
FEATURES_OF = re.compile(r"/products/(\d+)/(?:sections/(\d+)/)?features")


@dataclass(frozen=True)
class Asked:
    """A request: its path below the base URL, its query, and the id in the path (0 without one)."""

    path: str
    query: dict[str, list[str]]

    @property
    def number(self) -> int:
        """Return the first id in the path."""
        found = re.search(r"/(\d+)", self.path)
        return int(found[1]) if found else 0

    @property
    def page(self) -> int:
        """Return the page that is asked for, from 1."""
        return int(self.query.get("page", ["1"])[0])

    @property
    def per_page(self) -> int:
        """Return how many rows of it."""
        return int(self.query.get("per_page", ["25"])[0])


@dataclass(frozen=True)
class Reply:
    """An answer: the pieces of its body, lines for its head, and the seconds before each piece."""

    body: Iterable[bytes] = ()
    status: int = 200
    head: Iterable[bytes] = ()
    pause: float = 0.0
    chunked: bool = True


Attack = Callable[[Asked], Reply | None]


def wrapped(root: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Write an object with one field: the root of an answer."""
    yield b'{"' + root.encode() + b'":'
    yield from pieces
    yield b"}"


def object_of(number: int, name: str, value: Iterable[bytes]) -> Iterator[bytes]:
    """Yield an object that has its id and one more field."""
    yield b'{"id":%d,"status":"running","%s":' % (number, name.encode())
    yield from value
    yield b"}"


def times(piece: bytes, megabytes: float) -> Iterator[bytes]:
    """Yield a piece over and over, so many megabytes of it, in pieces of some 64 kB."""
    block = piece * (2**16 // len(piece) + 1)
    yield from repeat(block, int(megabytes * MB // len(block)))


def list_of(inner: Iterable[bytes], last: bytes) -> Iterator[bytes]:
    """Write a list of pieces, and one last."""
    yield b"["
    yield from inner
    yield last + b"]"


def text_of(piece: bytes, megabytes: float) -> Iterator[bytes]:
    """Write a text of so many megabytes."""
    yield b'"'
    yield from times(piece, megabytes)
    yield b'"'


def rows_of(one: Callable[[int], bytes], numbers: Iterable[int]) -> Iterator[bytes]:
    """Write a list with a row for each number."""
    yield b"["
    for place, number in enumerate(numbers):
        yield (b"," if place else b"") + one(number)
    yield b"]"


def test_with(asked: Asked, name: str, value: Iterable[bytes]) -> Reply | None:
    """Answer a test's detail with one more field."""
    found = ONE_TEST.fullmatch(asked.path)
    return Reply(wrapped("exploratory_test", object_of(int(found[1]), name, value))) if found else None


def bugs_with(asked: Asked, name: str, value: Callable[[], Iterable[bytes]], bugs: int = 1) -> Reply | None:
    """Answer the bugs of tests, each with some that have one more field."""
    if asked.path != "/bugs":
        return None
    tests = [int(one) for one in asked.query["filter_test_cycle_ids"][0].split(",")]

    def rows() -> Iterator[bytes]:
        yield b"["
        for place, (test, bug) in enumerate((test, bug) for test in tests for bug in range(bugs)):
            yield (b"," if place else b"") + b'{"test":{"id":%d},"id":%d,"%s":' % (
                test, 1000 * test + bug, name.encode(),
            )  # fmt: skip
            yield from value()
            yield b"}"
        yield b"]"

    return Reply(wrapped("bugs", rows()))


def listed(number: int) -> bytes:
    """Write a test as lists have it."""
    return b'{"id":%d,"status":"archived","start_at":"2026-11-01T10:00:00Z"}' % number

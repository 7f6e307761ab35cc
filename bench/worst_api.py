"""An API that means harm, as a program of its own: its memory and CPU are not counted as the client's.

It serves an honest, small account, and answers what an attack is about with the attack. Bodies are made piece
by piece while they are sent: what would take gigabytes costs this side nothing.
"""

import asyncio
import gzip
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

ROOT = Path(__file__).parent.parent
PRODUCTS, TESTS = 4, 40
_MB = 2**20

_TESTS = re.compile(r"/products/(\d+)/exploratory_tests")
_TEST = re.compile(r"/exploratory_tests/(\d+)")
_FEATURES = re.compile(r"/products/(\d+)/(?:sections/(\d+)/)?features")


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


def _wrapped(root: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield b'{"' + root.encode() + b'":'
    yield from pieces
    yield b"}"


def _object(number: int, name: str, value: Iterable[bytes]) -> Iterator[bytes]:
    """Yield an object that has its id and one more field."""
    yield b'{"id":%d,"status":"running","%s":' % (number, name.encode())
    yield from value
    yield b"}"


def _times(piece: bytes, megabytes: float) -> Iterator[bytes]:
    """Yield a piece over and over, so many megabytes of it, in pieces of some 64 kB."""
    block = piece * (2**16 // len(piece) + 1)
    yield from repeat(block, int(megabytes * _MB // len(block)))


def _list(inner: Iterable[bytes], last: bytes) -> Iterator[bytes]:
    yield b"["
    yield from inner
    yield last + b"]"


def _text(piece: bytes, megabytes: float) -> Iterator[bytes]:
    yield b'"'
    yield from _times(piece, megabytes)
    yield b'"'


def _rows(one: Callable[[int], bytes], numbers: Iterable[int]) -> Iterator[bytes]:
    yield b"["
    for place, number in enumerate(numbers):
        yield (b"," if place else b"") + one(number)
    yield b"]"


def _test(asked: Asked, name: str, value: Iterable[bytes]) -> Reply | None:
    """Answer a test's detail with one more field."""
    found = _TEST.fullmatch(asked.path)
    return Reply(_wrapped("exploratory_test", _object(int(found[1]), name, value))) if found else None


def _bugs(asked: Asked, name: str, value: Callable[[], Iterable[bytes]], bugs: int = 1) -> Reply | None:
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

    return Reply(_wrapped("bugs", rows()))


# Brackets, depths and sizes


def empty_lists(asked: Asked) -> Reply | None:
    """Send 47 MB of empty lists in every detail: parsed, some gigabytes each."""
    return _test(asked, "more", _list(_times(b"[],", 47), b"[]"))


def heavy_details(asked: Asked) -> Reply | None:
    """Send details that are as heavy as a detail may be."""
    return _test(asked, "more", _list(_times(b"[],", 1.1), b"[]"))


def deep_lists(asked: Asked) -> Reply | None:
    """Send a list in a list, a million times."""
    return _test(asked, "more", (b"[" * _MB, b"]" * _MB))


def deep_objects(asked: Asked) -> Reply | None:
    """Send objects in objects, up to what a parser takes and more."""
    levels = 900 if asked.number % 2 else 100_000
    return _test(asked, "more", (b'{"a":' * levels, b"1", b"}" * levels))


def large_bugs(asked: Asked) -> Reply | None:
    """Send as many bugs as a list may hold, each with a description."""
    return _bugs(asked, "actual_result", lambda: (b'"' + b"a " * 700 + b'"',), bugs=1400)


def large_titles(asked: Asked) -> Reply | None:
    """Send titles of ten megabytes."""
    if found := _test(asked, "title", _text(b"Checkout fails ", 7)):
        return found
    return _bugs(asked, "title", lambda: _text(b"Checkout fails ", 10), bugs=3)


def half_pairs(asked: Asked) -> Reply | None:
    """Send megabytes of half an emoji."""
    if found := _test(asked, "title", _text(rb"\ud83d", 7)):
        return found
    return _bugs(asked, "title", lambda: _text(rb"\udc00", 2), bugs=3)


def odd_numbers(asked: Asked) -> Reply | None:
    """Send millions of numbers that are none, and some of a million digits."""
    if asked.number % 2:
        return _test(asked, "more", _list(_times(b"9", 1), b""))
    return _test(asked, "more", _list(_times(b"NaN,1e999,", 2), b"1"))


def endless_body(asked: Asked) -> Reply | None:
    """Send a body without end, as fast as it is read."""
    return Reply(_wrapped("x", _text(b"a", 10**6))) if _TEST.fullmatch(asked.path) else None


# Packing


@lru_cache
def _packed(how: str) -> bytes:
    raw = b'{"exploratory_test":{"id":1,"more":[' + b"[]," * (64 * _MB) + b"[]]}}"
    if how == "gzip":
        return gzip.compress(gzip.compress(raw, 1), 1) if how == "twice" else gzip.compress(raw, 1)
    return zlib.compress(raw, 1)


def packed_bombs(asked: Asked) -> Reply | None:
    """Send 200 MB in some hundred kilobytes, packed in each way there is, asked for or not."""
    if not _TEST.fullmatch(asked.path):
        return None
    how = ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "compress")[asked.number % 7]
    body = _packed("gzip" if "gzip" in how else "deflate")
    return Reply((body,), head=(f"Content-Encoding: {how}".encode(),))


# Without end


def _listed(number: int) -> bytes:
    return b'{"id":%d,"status":"archived","start_at":"2026-11-01T10:00:00Z"}' % number


def endless_tests(asked: Asked) -> Reply | None:
    """Send a list of tests that brings ever new ones."""
    if not (found := _TESTS.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page
    return Reply(_wrapped("exploratory_tests", _rows(_listed, range(first, first - asked.per_page, -1))))


def long_pages(asked: Asked) -> Reply | None:
    """Send pages of tests that hold far more rows than were asked for, all of them new."""
    if not (found := _TESTS.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * 10**6
    return Reply(_wrapped("exploratory_tests", _rows(_listed, range(first, first - 300_000, -1))))


def large_rows(asked: Asked) -> Reply | None:
    """Send tests whose states are novels, page after page."""
    if not (found := _TESTS.fullmatch(asked.path)):
        return None
    first, state = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page, b"archived " * 30_000

    def row(number: int) -> bytes:
        return b'{"id":%d,"status":"%s%d","end_at":"%s"}' % (number, state, number, state[:999])

    return Reply(_wrapped("exploratory_tests", _rows(row, range(first, first - asked.per_page, -1))))


def endless_products(asked: Asked) -> Reply | None:
    """Send a list of products that brings ever new ones, each with a description like a book."""
    if asked.path != "/products":
        return None
    first, words = 10**6 * asked.page, b'","'.join(b"A shop %d" % number * 1000 for number in range(16))

    def row(number: int) -> bytes:
        return b'{"id":%d,"name":"x","more":["%d%s"]}' % (number, number, words)

    return Reply(_wrapped("products", _rows(row, range(first, first + 100))))


def many_sections(asked: Asked) -> Reply | None:
    """Send products with as many sections as a product may have, each with a full list of features."""
    if asked.path == "/products":
        sections = b",".join(b'{"id":%d,"name":"x"}' % number for number in range(1, 1001))
        rows = _rows(lambda number: b'{"id":%d,"sections":[%s]}' % (number, sections), range(1, PRODUCTS + 1))
        return Reply(_wrapped("products", rows))
    if not (found := _FEATURES.fullmatch(asked.path)):
        return None
    first = (int(found[1]) * 1000 + int(found[2] or 0)) * 10**5

    def row(number: int) -> bytes:
        return b'{"id":%d,"title":"%d%s","user_stories":[]}' % (number, number, b"Pay " * 20_000)

    return Reply(_wrapped("features", _rows(row, range(first, first + 300))))


def endless_sections(asked: Asked) -> Reply | None:
    """Send 20,000 sections, each with a request."""
    if asked.path != "/products":
        return None
    sections = b",".join(b'{"id":%d,"name":"x"}' % number for number in range(1, 20_001))
    rows = _rows(lambda number: b'{"id":%d,"sections":[%s]}' % (number, sections), range(1, PRODUCTS + 1))
    return Reply(_wrapped("products", rows))


def endless_names(asked: Asked) -> Reply | None:
    """Send objects, each with fields of names that nobody saw before."""

    def values() -> Iterator[bytes]:
        yield b"["
        for number in range(60_000):
            yield b'{"pass_word%d_%d":1},' % (asked.number, number)
        yield b"1]"

    return _test(asked, "more", values())


# Credentials


def many_secrets(asked: Asked) -> Reply | None:
    """Send thousands of credentials, and tests that consist of them."""
    if found := _TESTS.fullmatch(asked.path):
        product = int(found[1])

        def row(number: int) -> bytes:
            place = number - product * 1000
            # pragma: allowlist nextline secret
            inside = b'{"id":%d,"username":"user-%d-%d","password":"Pa$%d-%s"}' % (
                number, number, product, number, b"x%d" % place * 100,
            )  # fmt: skip
            return b'{"id":%d,"status":"running","test_environment":%s}' % (number, inside)

        numbers = range(product * 1000, product * 1000 + 200) if asked.page == 1 else ()
        return Reply(_wrapped("exploratory_tests", _rows(row, numbers)))
    said = b"".join(b"Pa$%d-x1 user-%d-1 " % (number, number) for number in range(1000, 1200))
    if found := _TEST.fullmatch(asked.path):
        return _test(asked, "title", _text(said, 1.5))
    return _bugs(asked, "title", lambda: _text(said, 0.5))


def paired_secrets(asked: Asked) -> Reply | None:
    """Send short user names and short passwords, in every combination, and addresses for each."""
    if not (found := _TESTS.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page

    def row(number: int) -> bytes:
        pairs = ((97 + (number // 26 + place) % 26, 97 + (number + place) % 26) for place in range(8))
        words = [b"a%c%c" % pair for pair in pairs]
        notes = b" ".join(b"user: %s pw: %sq" % (word, word) for word in words)
        url = b"https://%d.%s.example" % (number, b"shop" * 200)
        inside = b'{"id":%d,"access":"%s","url":"%s"}' % (number, notes, url)
        return b'{"id":%d,"status":"archived","test_environment":%s}' % (number, inside)

    return Reply(_wrapped("exploratory_tests", _rows(row, range(first, first - asked.per_page, -1))))


def late_secrets(asked: Asked) -> Reply | None:
    """Send every test tells another credential, after the tests before it were read, and no list does."""
    if (found := _TESTS.fullmatch(asked.path)) or not _TEST.fullmatch(asked.path):
        return _bugs(asked, "title", lambda: _text(b"Pa$1-late Pa$2-late ", 0.9)) if not found else None
    # pragma: allowlist nextline secret
    inside = b'{"id":%d,"password":"Pa$%d-late"}' % (asked.number, asked.number)
    return _test(asked, "test_environment", (inside, b',"more":', *_text(b"Pa$%d-late " % asked.number, 0.9)))


# Patterns


_SLOW = (
    b"A" * 1000 + b" " + b"d2ludDNyIUdhdGU " * 60, b"password: ", b"user: a " * 3 + b"\\n",
    # pragma: allowlist nextline secret
    b"-----BEGIN PRIVATE KEY-----" + b"n" * 100, b"//a:", b"?a=", b"://@", b"login: a/", b"key-",
    b"eyJ" + b"a" * 50 + b".", b"bearer 1", b"basic YTph", b"hooks.slack.com/services/",
    b"%25", b"&amp;", rb"\\\\u005c", b"a:b@", b"cookie: a=", b"x" * 60 + b"token" + b"x" * 60 + b"=",
)  # fmt: skip
"""Texts over which a careless pattern takes the square of their length."""


def slow_patterns(asked: Asked) -> Reply | None:
    """Send texts that are made for patterns to stumble over."""
    said = _SLOW[asked.number % len(_SLOW)]
    if _TEST.fullmatch(asked.path):
        # pragma: allowlist nextline secret
        inside = b'{"id":%d,"username":"crowd-7","password":"Wint3r!Gate"}' % asked.number
        return _test(asked, "test_environment", (inside, b',"more":', *_text(said, 1.5)))
    return _bugs(asked, "title", lambda: _text(said, 0.1), bugs=10)


# Heads, ways and times


def slow_drip(asked: Asked) -> Reply | None:
    """Send a byte every now and then, for ever."""
    return Reply(repeat(b" "), pause=0.2) if _TEST.fullmatch(asked.path) or asked.path == "/bugs" else None


def long_heads(asked: Asked) -> Reply | None:
    """Send heads without end, with one line of megabytes, or with thousands."""
    if not _TEST.fullmatch(asked.path):
        return None
    lines = (repeat(b"X-A: " + b"a" * 5000), (b"X-A: " + b"a" * 5 * _MB,), (b"Set-Cookie: a=\xff",) * 900)
    return Reply((b"{}",), head=lines[asked.number % 3])


def endless_interim(asked: Asked) -> Reply | None:
    """Send interim answers without end."""
    if not _TEST.fullmatch(asked.path):
        return None
    return Reply(repeat(b"HTTP/1.1 102 Processing\r\n\r\n"), status=0, chunked=False)


def redirects(asked: Asked) -> Reply | None:
    """Send redirects to itself and elsewhere, with bodies."""
    if not _TEST.fullmatch(asked.path):
        return None
    to = (asked.path, "http://169.254.169.254/latest", "file:///etc/passwd", "//evil.example")
    status = (301, 302, 307, 308)
    head = f"Location: {to[asked.number % 4]}".encode()
    return Reply(_times(b"go on ", 20), status=status[asked.number // 2 % 4], head=(head,))


def failures_with_bodies(asked: Asked) -> Reply | None:
    """Send failures that bring a hundred megabytes, and ask to come back in the year 10^20."""
    if not (_TEST.fullmatch(asked.path) or asked.path == "/bugs" or _FEATURES.fullmatch(asked.path)):
        return None
    status = (500, 502, 404, 400, 422, 408, 503)[crc32(asked.path.encode()) % 7]
    return Reply(_times(b"Sorry ", 100), status=status, head=(b"Retry-After: " + b"9" * 21,))


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        empty_lists, heavy_details, deep_lists, deep_objects, large_bugs, large_titles, half_pairs,
        odd_numbers, endless_body, packed_bombs, endless_tests, long_pages, large_rows, endless_products,
        many_sections, endless_sections, endless_names, many_secrets, paired_secrets, late_secrets,
        slow_patterns, slow_drip, long_heads, endless_interim, redirects, failures_with_bodies,
    )
}  # fmt: skip


def _together(asked: Asked) -> Reply | None:
    """Answer with another attack for each request, of those that are about it."""
    attacks = list(ATTACKS.values())
    first = crc32(asked.path.encode()) % len(attacks)
    return next((reply for one in (attacks[first:] + attacks[:first]) if (reply := one(asked))), None)


ALL = "together"


def _honest(asked: Asked) -> Reply:
    """Answer as an API that means no harm would."""
    if asked.path == "/products":
        rows = _rows(lambda number: b'{"id":%d,"name":"Shop %d"}' % (number, number), range(1, PRODUCTS + 1))
        return Reply(_wrapped("products", rows))
    if found := _TESTS.fullmatch(asked.path):
        first = int(found[1]) * 1000
        numbers = range(first + TESTS, first, -1)[(asked.page - 1) * asked.per_page :][: asked.per_page]
        return Reply(_wrapped("exploratory_tests", _rows(_listed, numbers)))
    if found := _TEST.fullmatch(asked.path):
        return Reply(_wrapped("exploratory_test", _object(int(found[1]), "title", (b'"A test"',))))
    if asked.path == "/bugs":
        return _bugs(asked, "title", lambda: (b'"A bug"',)) or Reply()
    root = asked.path.rsplit("/", 1)[1]
    if root in {"features", "reject_reasons", "test_environments", "user_stories"}:
        return Reply(_wrapped(root, (b"[]",)))
    return Reply((b"{}",), status=404)


async def _serve(attack: Attack) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                target = urlsplit(line.split()[1].decode())
                asked = Asked(target.path.removeprefix("/customer/v2"), parse_qs(target.query))
                spared = _TEST.fullmatch(asked.path) and asked.number % 4 == 0
                await _send(writer, (not spared and attack(asked)) or _honest(asked))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/customer/v2", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.status:
        writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n" % reply.status)
        for line in reply.head:
            writer.write(line + b"\r\n")
            await writer.drain()
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
    for piece in reply.body:
        if reply.pause:
            await asyncio.sleep(reply.pause)
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked and piece else piece)
        await writer.drain()
    if reply.chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


@contextmanager
def worst_api(attack: str) -> Iterator[str]:
    """Serve one attack, or `ALL` of them together, and yield the base URL."""
    command = [sys.executable, "-m", "bench.worst_api", attack]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101 - both are pipes
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(_together if sys.argv[1] == ALL else ATTACKS[sys.argv[1]]))

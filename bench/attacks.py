"""Answers that mean harm, each about what it attacks; None for a request that it lets be."""

import gzip
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import repeat
from zlib import crc32

from bench.replies import (
    FEATURES_OF,
    MB,
    ONE_TEST,
    PRODUCTS,
    TESTS_OF_PRODUCT,
    Asked,
    Attack,
    Reply,
    bugs_with,
    list_of,
    listed,
    rows_of,
    test_with,
    text_of,
    times,
    wrapped,
)

# Brackets, depths and sizes


def empty_lists(asked: Asked) -> Reply | None:
    """Send 47 MB of empty lists in every detail: parsed, some gigabytes each."""
    return test_with(asked, "more", list_of(times(b"[],", 47), b"[]"))


def heavy_details(asked: Asked) -> Reply | None:
    """Send details that are as heavy as a detail may be."""
    return test_with(asked, "more", list_of(times(b"[],", 1.1), b"[]"))


def deep_lists(asked: Asked) -> Reply | None:
    """Send a list in a list, a million times."""
    return test_with(asked, "more", (b"[" * MB, b"]" * MB))


def deep_objects(asked: Asked) -> Reply | None:
    """Send objects in objects, up to what a parser takes and more."""
    levels = 900 if asked.number % 2 else 100_000
    return test_with(asked, "more", (b'{"a":' * levels, b"1", b"}" * levels))


def large_bugs(asked: Asked) -> Reply | None:
    """Send as many bugs as a list may hold, each with a description."""
    return bugs_with(asked, "actual_result", lambda: (b'"' + b"a " * 700 + b'"',), bugs=1400)


def large_titles(asked: Asked) -> Reply | None:
    """Send titles of ten megabytes."""
    if found := test_with(asked, "title", text_of(b"Checkout fails ", 7)):
        return found
    return bugs_with(asked, "title", lambda: text_of(b"Checkout fails ", 10), bugs=3)


def half_pairs(asked: Asked) -> Reply | None:
    """Send megabytes of half an emoji."""
    if found := test_with(asked, "title", text_of(rb"\ud83d", 7)):
        return found
    return bugs_with(asked, "title", lambda: text_of(rb"\udc00", 2), bugs=3)


def odd_numbers(asked: Asked) -> Reply | None:
    """Send millions of numbers that are none, and some of a million digits."""
    if asked.number % 2:
        return test_with(asked, "more", list_of(times(b"9", 1), b""))
    return test_with(asked, "more", list_of(times(b"NaN,1e999,", 2), b"1"))


def endless_body(asked: Asked) -> Reply | None:
    """Send a body without end, as fast as it is read."""
    return Reply(wrapped("x", text_of(b"a", 10**6))) if ONE_TEST.fullmatch(asked.path) else None


# Packing


@lru_cache
def _packed(how: str) -> bytes:
    raw = b'{"exploratory_test":{"id":1,"more":[' + b"[]," * (64 * MB) + b"[]]}}"
    if how == "gzip":
        return gzip.compress(gzip.compress(raw, 1), 1) if how == "twice" else gzip.compress(raw, 1)
    return zlib.compress(raw, 1)


def packed_bombs(asked: Asked) -> Reply | None:
    """Send 200 MB in some hundred kilobytes, packed in each way there is, asked for or not."""
    if not ONE_TEST.fullmatch(asked.path):
        return None
    how = ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "compress")[asked.number % 7]
    body = _packed("gzip" if "gzip" in how else "deflate")
    return Reply((body,), head=(f"Content-Encoding: {how}".encode(),))


# Without end


def endless_tests(asked: Asked) -> Reply | None:
    """Send a list of tests that brings ever new ones."""
    if not (found := TESTS_OF_PRODUCT.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page
    return Reply(wrapped("exploratory_tests", rows_of(listed, range(first, first - asked.per_page, -1))))


def long_pages(asked: Asked) -> Reply | None:
    """Send pages of tests that hold far more rows than were asked for, all of them new."""
    if not (found := TESTS_OF_PRODUCT.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * 10**6
    return Reply(wrapped("exploratory_tests", rows_of(listed, range(first, first - 300_000, -1))))


def large_rows(asked: Asked) -> Reply | None:
    """Send tests whose states are novels, page after page."""
    if not (found := TESTS_OF_PRODUCT.fullmatch(asked.path)):
        return None
    first, state = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page, b"archived " * 30_000

    def row(number: int) -> bytes:
        return b'{"id":%d,"status":"%s%d","end_at":"%s"}' % (number, state, number, state[:999])

    return Reply(wrapped("exploratory_tests", rows_of(row, range(first, first - asked.per_page, -1))))


def endless_products(asked: Asked) -> Reply | None:
    """Send a list of products that brings ever new ones, each with a description like a book."""
    if asked.path != "/products":
        return None
    first, words = 10**6 * asked.page, b'","'.join(b"A shop %d" % number * 1000 for number in range(16))

    def row(number: int) -> bytes:
        return b'{"id":%d,"name":"x","more":["%d%s"]}' % (number, number, words)

    return Reply(wrapped("products", rows_of(row, range(first, first + 100))))


def many_sections(asked: Asked) -> Reply | None:
    """Send products with as many sections as a product may have, each with a full list of features."""
    if asked.path == "/products":
        sections = b",".join(b'{"id":%d,"name":"x"}' % number for number in range(1, 1001))
        rows = rows_of(
            lambda number: b'{"id":%d,"sections":[%s]}' % (number, sections), range(1, PRODUCTS + 1)
        )
        return Reply(wrapped("products", rows))
    if not (found := FEATURES_OF.fullmatch(asked.path)):
        return None
    first = (int(found[1]) * 1000 + int(found[2] or 0)) * 10**5

    def row(number: int) -> bytes:
        return b'{"id":%d,"title":"%d%s","user_stories":[]}' % (number, number, b"Pay " * 20_000)

    return Reply(wrapped("features", rows_of(row, range(first, first + 300))))


def endless_sections(asked: Asked) -> Reply | None:
    """Send 20,000 sections, each with a request."""
    if asked.path != "/products":
        return None
    sections = b",".join(b'{"id":%d,"name":"x"}' % number for number in range(1, 20_001))
    rows = rows_of(lambda number: b'{"id":%d,"sections":[%s]}' % (number, sections), range(1, PRODUCTS + 1))
    return Reply(wrapped("products", rows))


def endless_names(asked: Asked) -> Reply | None:
    """Send objects, each with fields of names that nobody saw before."""

    def values() -> Iterator[bytes]:
        yield b"["
        for number in range(60_000):
            yield b'{"pass_word%d_%d":1},' % (asked.number, number)
        yield b"1]"

    return test_with(asked, "more", values())


# Credentials


def many_secrets(asked: Asked) -> Reply | None:
    """Send thousands of credentials, and tests that consist of them."""
    if found := TESTS_OF_PRODUCT.fullmatch(asked.path):
        product = int(found[1])

        def row(number: int) -> bytes:
            place = number - product * 1000
            # pragma: allowlist nextline secret
            inside = b'{"id":%d,"username":"user-%d-%d","password":"Pa$%d-%s"}' % (
                number, number, product, number, b"x%d" % place * 100,
            )  # fmt: skip
            return b'{"id":%d,"status":"running","test_environment":%s}' % (number, inside)

        numbers = range(product * 1000, product * 1000 + 200) if asked.page == 1 else ()
        return Reply(wrapped("exploratory_tests", rows_of(row, numbers)))
    said = b"".join(b"Pa$%d-x1 user-%d-1 " % (number, number) for number in range(1000, 1200))
    if found := ONE_TEST.fullmatch(asked.path):
        return test_with(asked, "title", text_of(said, 1.5))
    return bugs_with(asked, "title", lambda: text_of(said, 0.5))


def paired_secrets(asked: Asked) -> Reply | None:
    """Send short user names and short passwords, in every combination, and addresses for each."""
    if not (found := TESTS_OF_PRODUCT.fullmatch(asked.path)):
        return None
    first = int(found[1]) * 10**9 - (asked.page - 1) * asked.per_page

    def row(number: int) -> bytes:
        pairs = ((97 + (number // 26 + place) % 26, 97 + (number + place) % 26) for place in range(8))
        words = [b"a%c%c" % pair for pair in pairs]
        notes = b" ".join(b"user: %s pw: %sq" % (word, word) for word in words)
        url = b"https://%d.%s.example" % (number, b"shop" * 200)
        inside = b'{"id":%d,"access":"%s","url":"%s"}' % (number, notes, url)
        return b'{"id":%d,"status":"archived","test_environment":%s}' % (number, inside)

    return Reply(wrapped("exploratory_tests", rows_of(row, range(first, first - asked.per_page, -1))))


def late_secrets(asked: Asked) -> Reply | None:
    """Send every test tells another credential, after the tests before it were read, and no list does."""
    if (found := TESTS_OF_PRODUCT.fullmatch(asked.path)) or not ONE_TEST.fullmatch(asked.path):
        return bugs_with(asked, "title", lambda: text_of(b"Pa$1-late Pa$2-late ", 0.9)) if not found else None
    # pragma: allowlist nextline secret
    inside = b'{"id":%d,"password":"Pa$%d-late"}' % (asked.number, asked.number)
    return test_with(
        asked, "test_environment", (inside, b',"more":', *text_of(b"Pa$%d-late " % asked.number, 0.9))
    )


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
    if ONE_TEST.fullmatch(asked.path):
        # pragma: allowlist nextline secret
        inside = b'{"id":%d,"username":"crowd-7","password":"Wint3r!Gate"}' % asked.number
        return test_with(asked, "test_environment", (inside, b',"more":', *text_of(said, 1.5)))
    return bugs_with(asked, "title", lambda: text_of(said, 0.1), bugs=10)


# Heads, ways and times


def slow_drip(asked: Asked) -> Reply | None:
    """Send a byte every now and then, for ever."""
    return Reply(repeat(b" "), pause=0.2) if ONE_TEST.fullmatch(asked.path) or asked.path == "/bugs" else None


def long_heads(asked: Asked) -> Reply | None:
    """Send heads without end, with one line of megabytes, or with thousands."""
    if not ONE_TEST.fullmatch(asked.path):
        return None
    lines = (repeat(b"X-A: " + b"a" * 5000), (b"X-A: " + b"a" * 5 * MB,), (b"Set-Cookie: a=\xff",) * 900)
    return Reply((b"{}",), head=lines[asked.number % 3])


def endless_interim(asked: Asked) -> Reply | None:
    """Send interim answers without end."""
    if not ONE_TEST.fullmatch(asked.path):
        return None
    return Reply(repeat(b"HTTP/1.1 102 Processing\r\n\r\n"), status=0, chunked=False)


def redirects(asked: Asked) -> Reply | None:
    """Send redirects to itself and elsewhere, with bodies."""
    if not ONE_TEST.fullmatch(asked.path):
        return None
    to = (asked.path, "http://169.254.169.254/latest", "file:///etc/passwd", "//evil.example")
    status = (301, 302, 307, 308)
    head = f"Location: {to[asked.number % 4]}".encode()
    return Reply(times(b"go on ", 20), status=status[asked.number // 2 % 4], head=(head,))


def failures_with_bodies(asked: Asked) -> Reply | None:
    """Send failures that bring a hundred megabytes, and ask to come back in the year 10^20."""
    if not (ONE_TEST.fullmatch(asked.path) or asked.path == "/bugs" or FEATURES_OF.fullmatch(asked.path)):
        return None
    status = (500, 502, 404, 400, 422, 408, 503)[crc32(asked.path.encode()) % 7]
    return Reply(times(b"Sorry ", 100), status=status, head=(b"Retry-After: " + b"9" * 21,))


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        empty_lists, heavy_details, deep_lists, deep_objects, large_bugs, large_titles, half_pairs,
        odd_numbers, endless_body, packed_bombs, endless_tests, long_pages, large_rows, endless_products,
        many_sections, endless_sections, endless_names, many_secrets, paired_secrets, late_secrets,
        slow_patterns, slow_drip, long_heads, endless_interim, redirects, failures_with_bodies,
    )
}  # fmt: skip

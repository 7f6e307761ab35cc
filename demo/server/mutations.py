"""Answers whose values are not what they should be: other types, sizes, ids, dates and texts, by a seed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, ClassVar
from zlib import crc32

from demo.server.exchange import Answer, Asked, Fault, GoOn

Change = Callable[[Any, Random], Any]

TEXTS = (
    "", " ", "\x00", "\u202eevil", "<script>alert(1)</script>", "=HYPERLINK(\"http://x\")", "{{ 7*7 }}",
    "../../etc/passwd", "[x](javascript:alert(1))", "| a | b |\n|---|", "\U0001d54f" * 300, "\u0301" * 200,
    "Login: root / hunter2", "ab\x0bcd\u2028ef", "a" * 100_000, "# heading", "`tick", "@everyone :smile:",
)  # fmt: skip
NUMBERS = (0, -1, 1.5, 10**18, 10**30, -(10**18), 1e308, 2**53 + 1)
DATES = (
    "", "yesterday", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59+14:00", "2026-11-20 10:00:00 UTC",
    "2026-11-20t10:00:00z", "2026-11-20T24:00:00Z", "-2026-11-20", "2026-02-30T00:00:00Z", "1e9", "20261120",
)  # fmt: skip
ODD: tuple[Any, ...] = (None, True, [], {}, [[]], {"id": {}}, "null", *NUMBERS)


def _other_type(_: Any, random: Random) -> Any:
    return random.choice(ODD)


def _other_text(_: Any, random: Random) -> Any:
    return random.choice(TEXTS)


def _other_date(_: Any, random: Random) -> Any:
    return random.choice(DATES)


def _other_number(_: Any, random: Random) -> Any:
    return random.choice(NUMBERS)


def _wrapped(value: Any, random: Random) -> Any:
    return [value] * random.choice((0, 1, 2)) if random.random() < 0.5 else {"value": value}


CHANGES: Sequence[Change] = (_other_type, _other_text, _other_date, _other_number, _wrapped)


@dataclass(frozen=True)
class Mutated(Fault):
    """Some values of every answer are others, always the same ones for a seed.

    Attributes:
        seed: Chooses values and what becomes of them.
        share: The part of an answer's values that is changed.
    """

    seed: int
    share: float = 0.01
    of_content: ClassVar[bool] = True

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Answer with some values changed."""
        answer = go_on(asked)
        if answer.status != 200:
            return answer
        random = Random(crc32(f"{self.seed}/{asked.key}".encode()))
        body = json.dumps(self._changed(json.loads(answer.body), random)).encode()
        return replace(answer, body=self._encoded(body, random))

    def _changed(self, value: Any, random: Random) -> Any:
        if random.random() < self.share:
            return random.choice(CHANGES)(value, random)
        if isinstance(value, dict):
            kept = {name: part for name, part in value.items() if random.random() >= self.share / 4}
            return {name: self._changed(part, random) for name, part in kept.items()}
        if isinstance(value, list):
            return [self._changed(part, random) for part in value]
        return value

    def _encoded(self, body: bytes, random: Random) -> bytes:
        """Damage the encoding of few answers: a mark before it, a byte of Latin-1, half an emoji."""
        if random.random() >= self.share:
            return body
        return random.choice((b"\xef\xbb\xbf" + body, body.replace(b" ", b"\xa0", 1), body + b"\n\x00"))

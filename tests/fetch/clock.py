"""A clock that goes on when a test says so, and requests that are never answered."""

import asyncio
import re
from dataclasses import dataclass, field, replace

import pytest

from demo.server.exchange import Answer, Asked, Fault, GoOn

NEVER = 10.0**7
"""Seconds until an answer that nobody waits for."""
DEADLINE = 10.0**4
"""Seconds of a deadline that comes only when a clock is put forward."""
PATIENT = 10.0**6
"""Seconds that a client waits for one answer: longer than any deadline."""


class Clock:
    """The running event loop's clock, by which its deadlines go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._real = loop.time
        self._ahead = 0.0
        monkeypatch.setattr(loop, "time", self.now)

    def now(self) -> float:
        """The loop's time, in seconds."""
        return self._real() + self._ahead

    def put_forward(self, seconds: float = DEADLINE) -> None:
        """Let that many seconds have gone by."""
        self._ahead += seconds


@dataclass(frozen=True)
class Unanswered(Fault):
    """Requests whose path and query match are never answered; `came` is set when one of them has come."""

    path: str
    came: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Note it, and hold the answer back."""
        answer = go_on(asked)
        if not re.search(self.path, asked.key):
            return answer
        self.loop.call_soon_threadsafe(self.came.set)
        return replace(answer, delay=NEVER)

"""An in-memory Customer API for tests: the demo's answers, with faults laid over them."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from demo.account.account import Account
from demo.server.answers import Answers, NotThere
from fetch.api.breaker import Breaker
from fetch.api.client import ApiClient
from fetch.api.options import ClientOptions

BASE_URL = "https://api.example.com/customer/v2"
TOKEN = "stub-token-1234567"

Query = dict[str, list[str]]
Fault = Callable[[str, Query], httpx.Response | None]
"""Takes a path and a query; answers in place of the API, or leaves it to the API."""


def options(**more: float) -> ClientOptions:
    return ClientOptions(BASE_URL, TOKEN, **more)  # type: ignore[arg-type]


async def ask(breaker: Breaker | None = None, **more: Any) -> Any:
    async with ApiClient(options(), breaker) as client:
        return await client.get("/products", root="products", **more)


@dataclass
class Stub:
    """A callback for pytest-httpx.

    Attributes:
        asked: Every request so far as (path, query).
        faults: Asked in order before the API is.
    """

    account: Account
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, Query]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = Answers(self.account, lambda _, test_ids: test_ids)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        assert request.headers["Authorization"] == f"Token {TOKEN}"
        path = request.url.path.removeprefix("/customer/v2")
        query = parse_qs(request.url.query.decode())
        self.asked.append((path, query))
        for fault in self.faults:
            answer = fault(path, query)
            if answer is not None:
                return answer
        return self.answer(path, query)

    def answer(self, path: str, query: Query) -> httpx.Response:
        api = self.answers
        routes: dict[str, Callable[..., bytes]] = {
            r"/products": lambda: api.products(query),
            r"/products/(\d+)": api.product,
            r"/products/(\d+)/exploratory_tests": lambda number: api.tests(number, query),
            r"/products/(\d+)/features": lambda number: api.features(number, query),
            r"/products/(\d+)/sections/(\d+)/features": lambda number, section: api.features(
                number, query, section
            ),
            r"/products/(\d+)/user_stories": lambda number: api.user_stories(number, query),
            r"/exploratory_tests/(\d+)": lambda number: api.test(number, query),
            r"/bugs": lambda: api.bugs(query),
            r"/bugs/reject_reasons": api.reject_reasons,
            r"/bugs/(\d+)": api.bug,
        }
        for pattern, answer in routes.items():
            if found := re.fullmatch(pattern, path):
                with suppress(NotThere):
                    return httpx.Response(200, content=answer(*map(int, found.groups())))
        return httpx.Response(404, json={})

    def paths(self, start: str = "") -> list[str]:
        return [path for path, _ in self.asked if path.startswith(start)]


def failing(path: str, status: int = 500, times: int = 10**9) -> Fault:
    """The path (whole) fails so many times."""
    left = [times]

    def fault(asked: str, _: Query) -> httpx.Response | None:
        if asked != path or not left[0]:
            return None
        left[0] -= 1
        return httpx.Response(status)

    return fault

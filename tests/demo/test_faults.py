"""The demo API does wrong what it is told to do wrong, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import combinations

import httpx
import pytest

from demo.account.account import DEMO_NOW, Account, demo_account
from demo.server.exchange import ALWAYS, Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import (
    BrokenTest,
    CutJson,
    Delay,
    Fails,
    Html,
    IgnoredPaging,
    LostTest,
    NewTest,
    PagedProducts,
    RateLimited,
    Reset,
    Unauthorized,
    Vanished,
)
from demo.server.server import serve
from tests.effort import GUARD
from tests.fetch.refresh.fault_pairs import one_of_each

SHOP = 598
LIST = f"/products/{SHOP}/exploratory_tests"
Opened = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account()


@pytest.fixture
def opened(account: Account) -> Opened:
    @contextmanager
    def client(*faults: Fault) -> Iterator[httpx.Client]:
        with (
            serve(account, faults=faults) as server,
            httpx.Client(
                base_url=server.base_url, headers={"Authorization": f"Token {server.token}"}, timeout=GUARD
            ) as inner,
        ):
            yield inner

    return client


def page(client: httpx.Client, number: int, size: int = 25) -> list[int]:
    answer = client.get(LIST, params={"page": number, "per_page": size})
    assert answer.status_code == 200
    return [int(test["id"]) for test in answer.json()["exploratory_tests"]]


def test_without_faults_nothing_is_wrong(opened: Opened, account: Account) -> None:
    with opened() as client:
        assert page(client, 1) + page(client, 2) == list(account.test_ids[SHOP])


def test_an_answer_can_be_late(account: Account) -> None:
    """The first one to a path waits; the same request again, and another one, are answered meanwhile."""
    came = threading.Event()

    @dataclass(frozen=True)
    class Noting(Fault):
        def answer(self, asked: Asked, go_on: GoOn) -> Answer:
            answer = go_on(asked)
            came.set()
            return answer

    with ThreadPoolExecutor(1) as pool:
        with serve(account, faults=[Noting(), Delay(3600, Hits("/products"))]) as server:
            headers = {"Authorization": f"Token {server.token}"}
            ask = partial(httpx.get, headers=headers, timeout=GUARD)
            first = pool.submit(ask, f"{server.base_url}/products")
            came.wait()
            for path in ("/products", "/bugs/reject_reasons"):
                assert ask(server.base_url + path).status_code == 200
            assert not first.done()
        assert isinstance(first.exception(), httpx.HTTPError)


def test_429_comes_without_and_with_both_kinds_of_retry_after(opened: Opened) -> None:
    with opened(RateLimited()) as client:
        assert "retry-after" not in client.get("/products").headers
        assert client.get("/products").status_code == 200
    with opened(RateLimited("seconds", 3)) as client:
        answer = client.get("/products")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    with opened(RateLimited("date", 3600)) as client:
        until = parsedate_to_datetime(client.get("/products").headers["retry-after"])
    assert until.tzinfo is not None
    assert until > DEMO_NOW.replace(year=2020)


def test_a_status_of_5xx_comes_once_or_always(opened: Opened) -> None:
    with opened(Fails(503)) as client:
        assert [client.get("/products").status_code for _ in range(3)] == [503, 200, 200]
    with opened(Fails(502, Hits("/bugs", times=None))) as client:
        assert [client.get("/bugs/reject_reasons").status_code for _ in range(3)] == [502, 502, 502]
        assert client.get("/products").status_code == 200


def test_the_connection_can_be_reset_in_the_middle_of_the_body(opened: Opened) -> None:
    with opened(Reset()) as client:
        with client.stream("GET", LIST) as answer:
            assert answer.status_code == 200
            assert int(answer.headers["content-length"]) > 10_000
            with pytest.raises(httpx.TransportError):
                answer.read()
        assert client.get(LIST).status_code == 200


def test_json_can_be_cut_under_the_right_status(opened: Opened) -> None:
    with opened(CutJson()) as client:
        cut = client.get("/products")
        whole = client.get("/products")
    assert cut.status_code == 200
    assert whole.content.startswith(cut.content)
    with pytest.raises(ValueError, match=r"."):
        cut.json()


def test_a_page_of_html_can_come_with_200(opened: Opened) -> None:
    with opened(Html(ALWAYS)) as client:
        answer = client.get("/products")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_paging_can_be_ignored(opened: Opened, account: Account) -> None:
    with opened(IgnoredPaging()) as client:
        assert page(client, 1) == page(client, 2) == page(client, 9, 3) == list(account.test_ids[SHOP])


def test_products_can_be_paged(opened: Opened) -> None:
    with opened(PagedProducts()) as client:
        pages = [
            client.get("/products", params={"page": number, "per_page": 3}).json() for number in (1, 2, 3)
        ]
    listed = [[one["id"] for one in each["products"]] for each in pages]
    assert listed == [[598, 18559, 21043], [30417, 45120], []]


def test_a_broken_test_breaks_every_page_that_contains_it(opened: Opened, account: Account) -> None:
    ids = account.test_ids[SHOP]
    broken = ids[30]
    with opened(BrokenTest(broken)) as client:
        assert client.get(LIST, params={"page": 2}).status_code == 500
        assert client.get(LIST, params={"page": 2}).status_code == 500
        assert page(client, 1) == list(ids[:25])
        assert client.get(LIST, params={"page": 31, "per_page": 1}).status_code == 500
        assert page(client, 30, 1) == [ids[29]]
        assert page(client, 32, 1) == [ids[31]]
        assert client.get(f"/exploratory_tests/{broken}").status_code == 500
        assert client.get(f"/exploratory_tests/{ids[29]}").status_code == 200
        assert client.get(LIST).status_code == 500


def test_a_new_test_pushes_the_others_down_between_two_pages(opened: Opened, account: Account) -> None:
    ids = list(account.test_ids[SHOP])
    with opened(NewTest(SHOP)) as client:
        first, second = page(client, 1), page(client, 2)
        again = page(client, 1)
    assert first == ids[1:26]
    assert second[0] == first[-1]
    assert again == ids[:25]


def test_a_test_that_leaves_lets_another_slip_between_two_pages(opened: Opened, account: Account) -> None:
    ids = list(account.test_ids[SHOP])
    with opened(LostTest(SHOP, ids[3])) as client:
        read = page(client, 1) + page(client, 2)
        assert client.get(f"/exploratory_tests/{ids[3]}").status_code == 404
    assert set(ids) - set(read) == {ids[25]}


def test_vanished_tests_are_listed_and_answer_404(opened: Opened, account: Account) -> None:
    gone, stays = [test_id for test_id in account.test_ids[SHOP] if account.bugs(test_id)][:2]
    with opened(Vanished(frozenset({gone}))) as client:
        assert gone in page(client, 1)
        assert client.get(f"/exploratory_tests/{gone}").status_code == 404
        bugs = client.get("/bugs", params={"filter_test_cycle_ids": f"{gone},{stays}"}).json()["bugs"]
        assert {bug["test"]["id"] for bug in bugs} == {stays}
        assert client.get("/bugs", params={"filter_test_cycle_ids": gone}).json() == {"bugs": []}


def test_the_token_can_end_in_the_middle(opened: Opened) -> None:
    with opened(Unauthorized(after=2)) as client:
        assert [client.get("/products").status_code for _ in range(4)] == [200, 200, 401, 401]


def test_two_faults_that_hit_once_each_spoil_a_try_of_their_own(opened: Opened) -> None:
    with opened(RateLimited(), Fails(504)) as client:
        assert [client.get("/products").status_code for _ in range(3)] == [429, 504, 200]


@pytest.mark.slow
def test_a_seed_decides_which_requests_are_hit_in_any_order(opened: Opened, account: Account) -> None:
    paths = [f"/exploratory_tests/{test_id}" for test_id in account.test_ids[SHOP]]

    def hit(seed: int, order: list[str]) -> set[str]:
        with opened(Fails(500, Hits(share=0.4, seed=seed))) as client:
            return {path for path in order if client.get(path).status_code == 500}

    assert hit(1, paths) == hit(1, paths[::-1]) != hit(2, paths)
    assert 8 < len(hit(1, paths)) < 32


@pytest.mark.slow
def test_faults_on_the_way_only_cost_tries_whatever_else_is_wrong(account: Account) -> None:
    """With two faults that hit once, the third try answers what it would have answered without them."""
    ids = account.test_ids[SHOP]
    on_the_way = (RateLimited(), Fails(502), Reset(), CutJson(), Html())
    of_content: list[tuple[Fault, ...]] = [
        (), (IgnoredPaging(),), (PagedProducts(),), (BrokenTest(ids[2]), Vanished(frozenset(ids[3:5]))),
    ]  # fmt: skip
    paths = ["/products?per_page=2", f"{LIST}?page=1&per_page=10", "/bugs?filter_product_ids=30417"]
    paths += [f"/exploratory_tests/{test_id}" for test_id in ids[1:4]]
    with httpx.Client(timeout=GUARD) as client:

        def asked(faults: tuple[Fault, ...], tries: int) -> list[tuple[int, bytes]]:
            with serve(account, faults=faults) as server:
                client.headers["Authorization"] = f"Token {server.token}"
                return [last_try(client, server.base_url + path, tries) for path in paths]

        for content in of_content:
            expected = asked(content, 1)
            for one, other in combinations(on_the_way, 2):
                assert asked((*content, one, other), 3) == expected


def last_try(client: httpx.Client, url: str, tries: int) -> tuple[int, bytes]:
    for _ in range(tries - 1):
        with suppress(httpx.TransportError):
            client.get(url)
    answer = client.get(url)
    return answer.status_code, answer.content


def test_faults_name_the_tests_that_cannot_be_had(account: Account) -> None:
    faults = one_of_each(account, seed=5)
    assert {name for name, fault in faults.items() if fault.lost} == {"broken_test", "lost_test", "vanished"}
    assert all(fault.lost <= set(account.plans) for fault in faults.values())
    assert faults == one_of_each(account, seed=5) != one_of_each(account, seed=6)

"""The demo API answers like the Customer API, over real HTTP."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from demo.account.account import Account, demo_account
from demo.server.server import DEMO_TOKEN, DemoServer, serve
from tests.effort import GUARD

SHOP, CANVAS, BANK = 598, 18559, 21043


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account()


@pytest.fixture(scope="module")
def server(account: Account) -> Iterator[DemoServer]:
    with serve(account) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: DemoServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Token {server.token}"}
    with httpx.Client(base_url=server.base_url, headers=headers, timeout=GUARD) as opened:
        yield opened


def answered(client: httpx.Client, path: str, **params: Any) -> Any:
    """The value below the only root of a good answer."""
    answer = client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    (root,) = answer.json().values()
    return root


def ids(items: list[dict[str, Any]]) -> list[int]:
    return [int(item["id"]) for item in items]


def test_products_are_listed_whole_and_filtered_by_id(client: httpx.Client) -> None:
    assert ids(answered(client, "/products")) == [598, 18559, 21043, 30417, 45120]
    assert ids(answered(client, "/products", page=2, per_page=1)) == [598, 18559, 21043, 30417, 45120]
    assert ids(answered(client, "/products?filter[product_ids][]=598&filter[product_ids][]=30417")) == [
        598,
        30417,
    ]


def test_a_product_is_answered_by_itself(client: httpx.Client) -> None:
    product = answered(client, f"/products/{CANVAS}")
    assert [section["name"] for section in product["sections"]] == ["Editor", "Sharing", "Account and sync"]


def test_products_name_their_sections_in_both_ways(client: httpx.Client) -> None:
    found = {item["id"]: item for item in answered(client, "/products")}
    assert (len(found[SHOP]["sections"]), len(found[SHOP]["sections_with_default"])) == (0, 1)
    assert (len(found[BANK]["sections"]), len(found[BANK]["sections_with_default"])) == (0, 2)


def test_tests_come_in_pages_of_25_until_an_empty_one(client: httpx.Client, account: Account) -> None:
    pages = [answered(client, f"/products/{SHOP}/exploratory_tests", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 0]
    assert [test_id for page in pages for test_id in ids(page)] == list(account.test_ids[SHOP])


def test_the_page_size_is_the_callers(client: httpx.Client, account: Account) -> None:
    page = answered(client, f"/products/{SHOP}/exploratory_tests", page=3, per_page=7)
    assert ids(page) == list(account.test_ids[SHOP][14:21])


def test_without_a_page_only_the_last_150_tests_come() -> None:
    account = demo_account(600)
    headers = {"Authorization": f"Token {DEMO_TOKEN}"}
    with serve(account) as server, httpx.Client(headers=headers, timeout=GUARD) as client:
        found = answered(client, f"{server.base_url}/products/{SHOP}/exploratory_tests")
    assert ids(found) == list(account.test_ids[SHOP][:150])


def test_a_test_by_itself_has_execution_metrics_and_expands_stories_on_request(
    client: httpx.Client, account: Account
) -> None:
    test_id = account.test_ids[SHOP][20]
    listed = answered(client, f"/products/{SHOP}/exploratory_tests", page=1)[20]
    plain = answered(client, f"/exploratory_tests/{test_id}")
    expanded = answered(client, f"/exploratory_tests/{test_id}?includes[]=user_stories")
    assert "analytics" not in listed
    assert plain["analytics"] == expanded["analytics"]
    assert isinstance(plain["features"][0]["user_stories"][0], str)
    assert "execution_status" in expanded["features"][0]["user_stories"][0]


def test_features_are_those_of_the_product_or_of_one_section(client: httpx.Client) -> None:
    whole = answered(client, f"/products/{CANVAS}/features?includes[]=user_stories")
    parts = [
        answered(client, f"/products/{CANVAS}/sections/{section}/features")
        for section in (30001, 30002, 30003)
    ]
    assert sorted(ids(whole)) == sorted(feature_id for part in parts for feature_id in ids(part))
    assert isinstance(whole[0]["user_stories"][0], dict)
    assert isinstance(parts[0][0]["user_stories"][0], str)


@pytest.mark.parametrize("product_id", [CANVAS, BANK])
def test_user_stories_of_a_product_with_sections_need_the_section(
    client: httpx.Client, product_id: int
) -> None:
    refused = client.get(f"/products/{product_id}/user_stories")
    assert refused.status_code == 422
    assert "section_id" in refused.json()["error"]["message"]
    section = 30002 if product_id == CANVAS else 33110
    assert answered(client, f"/products/{product_id}/user_stories", section_id=section)


def test_user_stories_of_a_product_without_sections_come_at_once(client: httpx.Client) -> None:
    assert set(answered(client, f"/products/{SHOP}/user_stories")[0]) == {"id", "path", "title"}


def test_executions_are_paged_with_a_total_and_filtered(client: httpx.Client, account: Account) -> None:
    first = client.get("/user_story_version_executions").json()
    assert first["meta"]["record_count"] == len(list(account.executions()))
    assert len(first["user_story_version_executions"]) == 25
    second = client.get("/user_story_version_executions", params={"page": 2, "per_page": 10}).json()
    assert second["user_story_version_executions"] == first["user_story_version_executions"][10:20]
    story = first["user_story_version_executions"][0]["user_story_id"]
    some = client.get(f"/user_story_version_executions?user_story_ids[]={story}&per_page=1000").json()
    assert some["meta"]["record_count"] == len(some["user_story_version_executions"]) > 0
    assert {one["user_story_id"] for one in some["user_story_version_executions"]} == {story}


def test_bugs_are_filtered_by_comma_separated_tests(client: httpx.Client, account: Account) -> None:
    chosen = [test_id for test_id in account.test_ids[SHOP] if account.bugs(test_id)][:3]
    found = answered(client, "/bugs", filter_test_cycle_ids=",".join(map(str, chosen)))
    assert {bug["test"]["id"] for bug in found} == set(chosen)
    assert sorted(ids(found)) == sorted(id_ for test_id in chosen for id_ in ids(account.bugs(test_id)))


def test_bugs_are_filtered_by_products_and_sections(client: httpx.Client) -> None:
    both = answered(client, "/bugs", filter_product_ids=f"{CANVAS},{BANK}")
    assert {bug["product"]["id"] for bug in both} == {CANVAS, BANK}
    section = answered(client, "/bugs", filter_product_ids=CANVAS, filter_section_ids="30002")
    assert {bug["feature"]["title"] for bug in section if bug["feature"]} == {
        "Export",
        "Share link",
        "Comments",
    }


def test_an_unknown_parameter_is_ignored(client: httpx.Client, account: Account) -> None:
    test_id = next(id_ for id_ in account.test_ids[SHOP] if account.bugs(id_))
    found = answered(client, "/bugs", filter_test_cycle_ids=test_id, updated_after="2026-01-01")
    assert len(found) == len(account.bugs(test_id))


def test_every_bug_can_be_had_by_its_id(client: httpx.Client) -> None:
    for bug in answered(client, "/bugs", filter_product_ids=30417):
        assert answered(client, f"/bugs/{bug['id']}") == bug


def test_reject_reasons_lack_one_that_is_known_and_have_one_that_is_not(client: httpx.Client) -> None:
    keys = {reason["key"] for reason in answered(client, "/bugs/reject_reasons")}
    assert "fixed_meanwhile" in keys
    assert "request_timeout" not in keys


def test_test_environments_show_their_credentials(client: httpx.Client) -> None:
    assert all(one["password"] for one in answered(client, f"/products/{SHOP}/test_environments"))


@pytest.mark.parametrize(
    "path",
    [
        "/products/1", "/products/1/exploratory_tests", "/products/1/features",
        "/products/598/sections/30001/features", "/products/1/test_environments", "/exploratory_tests/1",
        "/bugs/1", "/bugs/99999999", "/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_answers_404_in_json(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["status"] == 404


@pytest.mark.parametrize("header", [None, "Token wrong", f"Bearer {DEMO_TOKEN}", DEMO_TOKEN])
def test_a_missing_or_wrong_token_answers_401(server: DemoServer, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    assert httpx.get(f"{server.base_url}/products", headers=headers, timeout=GUARD).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_but_get_is_served(client: httpx.Client, method: str) -> None:
    assert client.request(method, "/products").status_code == 405


def test_every_request_is_noted(account: Account) -> None:
    with serve(account) as server:
        httpx.get(f"{server.base_url}/products?page=1", timeout=GUARD)
        httpx.get(f"{server.base_url}/bugs/7", timeout=GUARD)
    assert server.requests == [("/products", "page=1"), ("/bugs/7", "")]


def ask(server: DemoServer) -> int:
    """Ask for the products, however long the answer takes."""
    headers = {"Authorization": f"Token {server.token}"}
    return httpx.get(f"{server.base_url}/products", headers=headers, timeout=GUARD).status_code


def until_asked(server: DemoServer, times: int = 1) -> None:
    """Wait until the server was asked so often."""
    while len(server.requests) < times:
        threading.Event().wait(0.005)


@pytest.mark.slow
def test_requests_wait_for_the_latency_side_by_side(account: Account) -> None:
    """Ten requests are under way before the first one is answered."""
    with ThreadPoolExecutor(10) as pool:
        with serve(account, latency=3600) as server:
            answers = [pool.submit(ask, server) for _ in range(10)]
            until_asked(server, 10)
            assert not any(answer.done() for answer in answers)
        assert all(isinstance(answer.exception(), httpx.HTTPError) for answer in answers)


def test_every_answer_is_held_back_for_the_latency(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def noted(seconds: float, *rest: Any) -> None:
        waits.append(seconds)
        await real(0, *rest)

    monkeypatch.setattr(asyncio, "sleep", noted)
    with serve(account, latency=3600) as server:
        assert [ask(server) for _ in range(2)] == [200, 200]
    assert [round(seconds, -2) for seconds in waits if seconds > 0] == [3600, 3600]


def answers_at(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_it_starts_and_stops_without_waiting_and_leaves_no_thread_and_no_port(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def noted(seconds: float, *rest: Any) -> None:
        waits.append(seconds)
        await real(seconds, *rest)

    monkeypatch.setattr(asyncio, "sleep", noted)
    before = threading.active_count()
    ports = []
    for _ in range(5):
        with serve(account) as server:
            ports.append(int(server.base_url.split(":")[2].split("/")[0]))
    assert set(waits) == {0}
    assert threading.active_count() == before
    assert sum(map(answers_at, ports)) <= 1  # another process may have taken one of them meanwhile


def test_it_stops_while_answers_are_waiting(account: Account) -> None:
    """An answer that would come in an hour does not keep the server."""
    with ThreadPoolExecutor(1) as pool:
        with serve(account, latency=3600) as server:
            asking = pool.submit(ask, server)
            until_asked(server)
        assert isinstance(asking.exception(), httpx.HTTPError)


def test_two_servers_run_side_by_side() -> None:
    with serve(demo_account(10)) as one, serve(demo_account(20)) as two:
        assert one.base_url != two.base_url
        headers = {"Authorization": f"Token {DEMO_TOKEN}"}
        for it in (one, two):
            found = httpx.get(f"{it.base_url}/products", headers=headers, timeout=GUARD)
            assert found.status_code == 200


def test_a_taken_port_is_an_error(account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), serve(account, port=port):
            pass

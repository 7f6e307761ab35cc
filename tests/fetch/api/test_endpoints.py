from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from demo.account.account import Account, demo_account, planted_secrets
from fetch.api import endpoints
from fetch.api.bug_batches import bugs_of
from fetch.api.client import ApiClient
from fetch.api.errors import (
    BadAnswer,
    Declined,
    Missing,
    ServerError,
    TooLarge,
    Unauthorized,
    UpstreamError,
)
from tests.fetch.stub_api import TOKEN, Fault, Query, Stub, failing, options

HALO, CANVAS, KESTREL = 598, 18559, 21043


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(60)


@pytest.fixture
def stub(httpx_mock: HTTPXMock, account: Account) -> Stub:
    api = Stub(account)
    httpx_mock.add_callback(api, is_reusable=True, is_optional=True)
    return api


def client() -> ApiClient:
    return ApiClient(options())


async def test_products_are_read_until_a_page_repeats(stub: Stub) -> None:
    async with client() as api:
        found = await endpoints.products(api)
    assert [one["id"] for one in found] == [598, 18559, 21043, 30417, 45120]
    assert [query["page"] for _, query in stub.asked] == [["1"], ["2"]]


async def test_lists_without_end_are_given_up(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LIST_ROWS", 300)
    monkeypatch.setattr(endpoints, "PRODUCTS", 200)

    def endless(path: str, query: Query) -> httpx.Response:
        page, rows = int(query["page"][0]), int(query["per_page"][0])
        ids = [{"id": (page - 1) * rows + place + 1} for place in range(rows)]
        return httpx.Response(200, json={path.rpartition("/")[2]: ids})

    stub.faults.append(endless)
    async with client() as api:
        with pytest.raises(Declined, match="new products after 200"):
            await endpoints.products(api)
        listing = await endpoints.tests(api, HALO)
    assert listing.failed
    assert "new tests after 300" in str(listing.failed)
    assert len(listing.rows) == 300


@pytest.mark.parametrize("value", ["archived " * 30_000, {"a": ["x"] * 1000}, [[]] * 1000, "x" * 201])
async def test_a_listed_test_keeps_no_novel_in_place_of_its_state(stub: Stub, value: Any) -> None:
    """States of 270,000 letters, page after page: the machine's memory was full before the deadline."""

    def novels(path: str, query: Query) -> httpx.Response | None:
        if not path.endswith("/exploratory_tests"):
            return None
        row = {"id": 7, "status": value, "start_at": value, "end_at": "2026-11-20T10:00:00Z", "title": "x"}
        return httpx.Response(200, json={"exploratory_tests": [row] if query["page"] == ["1"] else []})

    stub.faults.append(novels)
    async with client() as api:
        listing = await endpoints.tests(api, HALO, fields=frozenset({"id", "status", "start_at", "end_at"}))
    assert listing.rows == {7: {"id": 7, "status": None, "start_at": None, "end_at": "2026-11-20T10:00:00Z"}}


async def test_lists_that_are_read_together_share_their_room(stub: Stub) -> None:
    """Each of 2,000 products had 100,000 tests: none of the lists was too long by itself."""

    def long(_: str, query: Query) -> httpx.Response | None:
        ids = range(1, 301) if query["page"] == ["1"] else range(301, 601)
        return httpx.Response(200, json={"exploratory_tests": [{"id": number} for number in ids]})

    stub.faults.append(long)
    room = [500, 200, 0]
    async with client() as api:
        listing = await endpoints.tests(api, HALO, room=lambda: room[0])
        assert len(listing.rows) == 300
        room.pop(0)
        with pytest.raises(Declined, match="lists more than"):
            await endpoints.tests(api, HALO, room=lambda: room[0])
        room.pop(0)
        with pytest.raises(Declined, match="still returns new tests"):
            await endpoints.tests(api, HALO, room=lambda: room[0])


async def test_products_that_are_large_together_are_given_up(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred products a page, each like a book: 2,000 of them would take gigabytes."""
    monkeypatch.setattr(endpoints, "PRODUCTS_WEIGHT", 20_000)

    def books(_: str, query: Query) -> httpx.Response:
        page = int(query["page"][0])
        return httpx.Response(200, json={"products": [{"id": page, "description": "A shop. " * 500}]})

    stub.faults.append(books)
    async with client() as api:
        found: dict[int, Any] = {}
        with pytest.raises(Declined, match="large ones"):
            await endpoints.products(api, into=found)
    assert sorted(found) == [1, 2]


@pytest.mark.parametrize("most", [500, 100])
async def test_features_that_are_large_in_all_sections_are_refused(stub: Stub, most: int) -> None:
    """A thousand sections, each with a list as large as any: together 32 GB."""

    def large(path: str, _: Query) -> httpx.Response:
        section = int(path.split("/")[4])
        return httpx.Response(
            200, json={"features": [{"id": section, "title": "x" * 100, "user_stories": []}]}
        )

    stub.faults.append(large)
    product = {"id": 7, "sections": [{"id": number} for number in range(1, 30)]}
    async with client() as api:
        with pytest.raises(TooLarge, match=f"more than {most} bytes"):
            await endpoints.features(api, product, most_bytes=most)
        whole = await endpoints.features(api, product)
    assert [row["id"] for row in whole] == list(range(1, 30))


@pytest.mark.parametrize("rows", [[1, 2], ["x"], [None], [[]]])
async def test_a_list_of_something_else_than_objects_is_no_empty_list(stub: Stub, rows: list[Any]) -> None:
    def other(path: str, _: Query) -> httpx.Response:
        return httpx.Response(200, json={path.rpartition("/")[2]: rows})

    stub.faults.append(other)
    async with client() as api:
        for question in (
            endpoints.products(api),
            endpoints.tests(api, HALO),
            endpoints.bugs(api, [1]),
            endpoints.features(api, {"id": HALO}),
            endpoints.reject_reasons(api),
        ):
            with pytest.raises(BadAnswer, match="something other than objects"):
                await question


async def test_only_the_wanted_products_are_given_even_if_the_filter_is_ignored(stub: Stub) -> None:
    stub.faults.append(lambda path, _: stub.answer(path, {}) if path == "/products" else None)
    async with client() as api:
        found = await endpoints.products(api, [KESTREL, 7])
    assert [one["id"] for one in found] == [KESTREL]
    assert stub.asked[0][1]["filter[product_ids][]"] == ["7", str(KESTREL)]


async def test_a_product_without_sections_is_asked_once_for_its_features_with_stories(stub: Stub) -> None:
    async with client() as api:
        found = await endpoints.features(api, await endpoints.product(api, HALO))
    assert stub.asked[1:] == [(f"/products/{HALO}/features", {"includes[]": ["user_stories"]})]
    assert any(feature["user_stories"] for feature in found)
    assert [feature["id"] for feature in found] == sorted(feature["id"] for feature in found)


@pytest.mark.parametrize(("product_id", "sections"), [(CANVAS, 3), (KESTREL, 2)])
async def test_a_product_with_sections_is_asked_by_section(
    stub: Stub, product_id: int, sections: int
) -> None:
    async with client() as api:
        product = await endpoints.product(api, product_id)
        found = await endpoints.features(api, product)
    paths = stub.paths(f"/products/{product_id}/")
    assert len(paths) == sections
    assert all("/sections/" in path for path in paths)
    assert {feature["id"] for feature in found} == {one["id"] for one in stub.account.features(product_id)}


@pytest.mark.parametrize("product_id", [HALO, KESTREL])
async def test_stories_that_features_leave_out_are_asked_for_by_themselves(
    stub: Stub, product_id: int
) -> None:
    def apart(path: str, query: Query) -> httpx.Response | None:
        if path.endswith("/features"):
            rows = stub.answer(path, query).json()["features"]
            bare = [{key: row[key] for key in row if key != "user_stories"} for row in rows]
            return httpx.Response(200, json={"features": bare})
        if path.endswith("/user_stories"):
            where = path.replace("/user_stories", "/features")
            if product_id == KESTREL:
                where = f"/products/{product_id}/sections/{query['section_id'][0]}/features"
            rows = stub.answer(where, {"includes[]": ["user_stories"]}).json()["features"]
            return httpx.Response(
                200, json={"user_stories": [story for row in rows for story in row["user_stories"]]}
            )
        return None

    async with client() as api:
        product = await endpoints.product(api, product_id)
        whole = await endpoints.features(api, product)
        stub.faults.append(apart)
        assert await endpoints.features(api, product) == whole


async def test_everything_that_leaves_is_redacted(stub: Stub, account: Account) -> None:
    planted = (*planted_secrets(account), TOKEN)
    stub.faults.append(_echo(stub))
    async with client() as api:
        found: list[Any] = list(await endpoints.products(api))
        for product in found[:4]:
            found += await endpoints.features(api, product)
            found += (await endpoints.tests(api, product["id"])).rows.values()
        for test_id in list(account.plans):
            found.append(await endpoints.test(api, test_id))
            found += await endpoints.bugs(api, [test_id])
        found.append(await endpoints.bug(api, next(row["id"] for row in found if "actual_result" in row)))
        found += await endpoints.reject_reasons(api)
    text = str(found)
    assert not [secret for secret in planted if secret in text]
    assert "Staging shop" in text


def _echo(stub: Stub) -> Fault:
    """The API puts the token into each object that it answers with."""

    def fault(path: str, query: Query) -> httpx.Response | None:
        body = stub.answer(path, query).text
        return httpx.Response(200, text=body.replace('{"id":', f'{{"seen": "as {TOKEN}", "id":'))

    return fault


async def test_an_answer_about_something_else_is_refused(stub: Stub) -> None:
    first, second = list(stub.account.plans)[:2]
    stub.faults.append(lambda _, query: stub.answer(f"/exploratory_tests/{second}", query))
    async with client() as api:
        with pytest.raises(BadAnswer):
            await endpoints.test(api, first)


@pytest.mark.usefixtures("stub")
async def test_an_id_that_comes_as_a_string_is_the_same_id(account: Account) -> None:
    odd = next(test_id for test_id in account.plans if isinstance(account.row(test_id)["id"], str))
    async with client() as api:
        assert (await endpoints.test(api, odd))["id"] == str(odd)


# Bugs of many tests


def busy(account: Account, count: int) -> list[int]:
    return [test_id for test_id in account.plans if account.bugs(test_id)][:count]


def expected(account: Account, test_ids: list[int]) -> dict[int, set[int]]:
    return {test_id: {int(bug["id"]) for bug in account.bugs(test_id)} for test_id in test_ids}


def ids(found: dict[int, Any]) -> dict[int, set[int]]:
    return {
        test_id: {int(bug["id"]) for bug in bugs}
        for test_id, bugs in found.items()
        if not isinstance(bugs, UpstreamError)
    }


async def test_the_bugs_of_many_tests_take_one_request_and_are_sorted_by_id(
    stub: Stub, account: Account
) -> None:
    tests = busy(account, 15)
    async with client() as api:
        found = await bugs_of(api, tests)
    assert ids(found) == expected(account, tests)
    assert len(stub.asked) == 1
    some = found[tests[0]]
    assert isinstance(some, list)
    numbers = [int(bug["id"]) for bug in some]
    assert numbers == sorted(numbers)


@pytest.mark.usefixtures("stub")
async def test_a_test_without_bugs_has_an_empty_list(account: Account) -> None:
    quiet = next(test_id for test_id in account.plans if not account.bugs(test_id))
    async with client() as api:
        assert await bugs_of(api, [quiet]) == {quiet: []}
        assert await bugs_of(api, []) == {}


def choking_on(*bad: int) -> Fault:
    def fault(path: str, query: Query) -> httpx.Response | None:
        asked = query.get("filter_test_cycle_ids", [""])[0].split(",")
        return httpx.Response(500) if path == "/bugs" and {str(one) for one in bad} & set(asked) else None

    return fault


async def test_a_batch_that_fails_is_halved_until_the_broken_tests_stand_alone(
    stub: Stub, account: Account
) -> None:
    tests = busy(account, 15)
    bad = {tests[3], tests[11]}
    stub.faults.append(choking_on(*bad))
    async with client() as api:
        found = await bugs_of(api, tests)
    assert ids(found) == {k: v for k, v in expected(account, tests).items() if k not in bad}
    assert {test_id for test_id, bugs in found.items() if isinstance(bugs, ServerError)} == bad
    assert len(stub.asked) <= 5 + 2 * 2 * 4 + 2 * 5 + 12


async def test_a_batch_that_is_refused_because_of_one_test_is_halved(stub: Stub, account: Account) -> None:
    tests = busy(account, 4)

    def missing(_: str, query: Query) -> httpx.Response | None:
        asked = query.get("filter_test_cycle_ids", [""])[0].split(",")
        return httpx.Response(404) if str(tests[0]) in asked else None

    stub.faults.append(missing)
    async with client() as api:
        found = await bugs_of(api, tests)
    assert isinstance(found[tests[0]], Missing)
    assert set(ids(found)) == set(tests[1:])


async def test_bugs_that_name_no_test_find_it_by_smaller_batches(stub: Stub, account: Account) -> None:
    tests = busy(account, 7)

    def nameless(path: str, query: Query) -> httpx.Response | None:
        bugs = stub.answer(path, query).json()["bugs"]
        for bug in bugs:
            if int(bug["id"]) % 5 == 0:
                bug["test"] = None
        return httpx.Response(200, json={"bugs": bugs})

    stub.faults.append(nameless)
    async with client() as api:
        assert ids(await bugs_of(api, tests)) == expected(account, tests)


async def test_bugs_of_other_tests_are_left_out_when_the_filter_is_ignored(
    stub: Stub, account: Account
) -> None:
    tests = busy(account, 3)
    stub.faults.append(lambda path, _: stub.answer(path, {}))
    async with client() as api:
        assert ids(await bugs_of(api, tests)) == expected(account, tests)


async def test_a_bug_that_is_answered_twice_counts_once(stub: Stub, account: Account) -> None:
    (test_id,) = busy(account, 1)

    def doubled(path: str, query: Query) -> httpx.Response | None:
        bugs = stub.answer(path, query).json()["bugs"]
        return httpx.Response(200, json={"bugs": bugs * 2})

    stub.faults.append(doubled)
    async with client() as api:
        found = await bugs_of(api, [test_id])
    bugs = found[test_id]
    assert isinstance(bugs, list)
    assert len(bugs) == len(account.bugs(test_id))


async def test_a_refused_token_is_not_asked_about_by_halves(stub: Stub, account: Account) -> None:
    stub.faults.append(failing("/bugs", 401))
    async with client() as api:
        with pytest.raises(Unauthorized):
            await bugs_of(api, busy(account, 15))
    assert len(stub.asked) == 1


async def test_a_lost_network_is_not_asked_about_by_halves(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectError("no route"), is_reusable=True)
    async with client() as api:
        found = await bugs_of(api, [1, 2, 3])
    assert all(isinstance(bugs, UpstreamError) for bugs in found.values())
    assert len(httpx_mock.get_requests()) == 5

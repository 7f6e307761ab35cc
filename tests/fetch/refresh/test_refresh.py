import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.errors import InvalidInput, UserError
from demo.account.account import DEMO_NOW, Account, advance, demo_account, planted_secrets
from demo.server.exchange import ALWAYS, Fault, Hits
from demo.server.faults import BrokenTest, Fails, Html, Unauthorized, Vanished
from demo.server.server import serve
from fetch.api.errors import BadAnswer, CircuitOpen, NotPublished, UpstreamError
from fetch.api.errors import Unauthorized as TokenRefused
from fetch.refresh.refresh import refresh
from snapshot.errors import Locked, NotWritten
from snapshot.format.manifest import Entry
from snapshot.journal import journalled
from snapshot.reader import current_id, next_id, open_snapshot
from snapshot.storage.layout import document_path
from snapshot.storage.lock import writing
from snapshot.store import publish
from tests.fetch.refresh.faulty_refreshes import Paths, documents, files, manifest, options, take, unpublished

HALO, CANVAS, KESTREL, NORTHLIGHT = 598, 18559, 21043, 30417


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(28, bugs=60)


def entry_of(root: Path, test_id: int) -> Entry | None:
    return open_snapshot(root).entry("test", test_id)


def broken_detail(test_id: int) -> Fault:
    """The test's detail fails for ever; its place in the list does not."""
    return Fails(500, Hits(rf"^/exploratory_tests/{test_id}\b", times=None))


def broken_bugs(test_id: int) -> Fault:
    """Every request for bugs that names the test fails for ever."""
    return Fails(500, Hits(rf"filter_test_cycle_ids=[^&]*{test_id}", times=None))


# Everything


async def test_a_refresh_holds_the_whole_account_redacted(account: Account, tmp_path: Path) -> None:
    result = await take(tmp_path, account)
    found = documents(tmp_path)
    assert result.exit_code == 0
    assert {number for kind, number in found if kind == "product"} == set(account.test_ids)
    assert {number for kind, number in found if kind == "features"} == set(account.test_ids)
    assert {number for kind, number in found if kind == "test"} == set(account.plans)
    for test_id in account.plans:
        data = found["test", test_id]
        assert int(data["test"]["id"]) == test_id
        assert {int(bug["id"]) for bug in data["bugs"]} == {int(bug["id"]) for bug in account.bugs(test_id)}
    assert found["reject_reasons", 0]["reject_reasons"] == account.reject_reasons()
    secrets = planted_secrets(account)
    for path, content in files(tmp_path):
        text = content.decode()
        assert not [secret for secret in (*secrets, "demo-token") if secret in text], path


@pytest.mark.slow
async def test_the_manifest_says_where_it_came_from_and_what_it_cost(
    account: Account, tmp_path: Path
) -> None:
    asked: Paths = []
    result = await take(tmp_path, account, asked=asked)
    made = manifest(tmp_path)
    assert (made.id, made.created_at, made.api_host) == (result.version, DEMO_NOW, "127.0.0.1")
    assert made.statistics.requests == len(asked)
    assert made.statistics.retries == 0
    assert made.statistics.documents_written == len(made.entries)
    assert made.counts == {
        "products": 5,
        "features": sum(len(account.features(product_id)) for product_id in account.test_ids),
        "tests": len(account.plans),
        "bugs": sum(len(account.bugs(test_id)) for test_id in account.plans),
    }
    statuses = {entry.id: entry.settled for entry in made.entries if entry.kind == "test"}
    assert statuses == {
        test_id: plan.status(DEMO_NOW) in {"archived", "cancelled"} for test_id, plan in account.plans.items()
    }


# One thing that fails


@pytest.mark.slow
async def test_one_test_that_fails_is_a_problem_and_stops_nothing_else(
    account: Account, tmp_path: Path
) -> None:
    bad = account.test_ids[HALO][2]
    result = await take(tmp_path, account, faults=[broken_detail(bad)])
    assert result.exit_code == 3
    (problem,) = result.problems
    assert (problem.kind, problem.id, problem.product_id, problem.status, problem.stale) == (
        "test",
        bad,
        HALO,
        500,
        False,
    )
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans) - {bad}


@pytest.mark.slow
async def test_a_test_whose_bugs_fail_gets_no_document(account: Account, tmp_path: Path) -> None:
    bad = account.test_ids[CANVAS][1]
    result = await take(tmp_path, account, faults=[broken_bugs(bad)])
    assert [(one.kind, one.id, one.product_id) for one in result.problems] == [("bugs", bad, CANVAS)]
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans) - {bad}


@pytest.mark.slow
async def test_an_older_copy_stays_and_is_stale_until_the_test_can_be_had_again(
    account: Account, tmp_path: Path
) -> None:
    bad = next(test_id for test_id, plan in account.plans.items() if plan.status(DEMO_NOW) == "locked")
    await take(tmp_path, account)
    before = documents(tmp_path)["test", bad]
    first = await take(tmp_path, account, faults=[broken_detail(bad)], day=1)
    second = await take(tmp_path, account, faults=[broken_bugs(bad)], day=2)
    assert documents(tmp_path)["test", bad] == before
    entry = entry_of(tmp_path, bad)
    assert entry is not None
    assert (entry.state, entry.since, entry.fetched_at) == ("stale", DEMO_NOW + timedelta(days=1), DEMO_NOW)
    assert [(one.id, one.since, one.tries, one.stale) for one in second.problems] == [
        (bad, first.problems[0].since, 2, True)
    ]
    assert (await take(tmp_path, account, day=3)).complete
    entry = entry_of(tmp_path, bad)
    assert entry is not None
    assert (entry.state, entry.since) == ("fresh", None)


@pytest.mark.slow
async def test_a_product_whose_list_fails_costs_only_its_new_tests(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    failing = Fails(503, Hits(rf"^/products/{HALO}/exploratory_tests", times=None))
    result = await take(tmp_path, account, faults=[failing], day=20)
    assert {(one.kind, one.product_id, one.position) for one in result.problems} == {("tests", HALO, None)}
    there = {number for kind, number in documents(tmp_path) if kind == "test"}
    later = advance(account, 20)
    assert there == set(later.plans) - (set(later.test_ids[HALO]) - set(account.test_ids[HALO]))
    assert (await take(tmp_path, account, day=21)).complete


@pytest.mark.slow
async def test_features_that_fail_are_a_problem_of_their_product(account: Account, tmp_path: Path) -> None:
    failing = Fails(500, Hits(r"/sections/30002/features", times=None))
    result = await take(tmp_path, account, faults=[failing])
    assert [(one.kind, one.id, one.product_id) for one in result.problems] == [("features", CANVAS, CANVAS)]
    assert ("features", CANVAS) not in documents(tmp_path)


@pytest.mark.slow
async def test_reject_reasons_that_fail_are_a_problem_and_an_api_without_them_is_none(
    account: Account, tmp_path: Path
) -> None:
    failed = await take(
        tmp_path / "failed", account, faults=[Fails(500, Hits("/bugs/reject_reasons", times=None))]
    )
    assert [(one.kind, one.product_id) for one in failed.problems] == [("reject_reasons", None)]
    missing = await take(
        tmp_path / "missing", account, faults=[Fails(404, Hits("/bugs/reject_reasons", times=None))]
    )
    assert missing.complete


@pytest.mark.slow
async def test_a_broken_test_in_a_list_is_told_by_its_place_and_the_others_are_taken(
    account: Account, tmp_path: Path
) -> None:
    bad = account.test_ids[HALO][3]
    result = await take(tmp_path, account, faults=[BrokenTest(bad)])
    (problem,) = result.problems
    assert (problem.kind, problem.product_id, problem.position, problem.status) == ("tests", HALO, 3, 500)
    assert [one.id for one in problem.neighbours] == [account.test_ids[HALO][2], account.test_ids[HALO][4]]
    again = await take(tmp_path, account, faults=[BrokenTest(bad)], day=1)
    assert [(one.since, one.tries) for one in again.problems] == [(DEMO_NOW, 2)]
    assert (await take(tmp_path, account, day=2)).complete
    assert bad in {number for kind, number in documents(tmp_path) if kind == "test"}


@pytest.mark.slow
async def test_a_listed_test_without_a_usable_id_is_told_and_the_others_are_taken(
    account: Account, tmp_path: Path
) -> None:
    nameless = account.test_ids[HALO][0]

    def changed(kind: str, value: dict[str, Any]) -> dict[str, Any]:
        return value | {"id": None} if kind == "test" and value["id"] == nameless else value

    result = await take(tmp_path, replace(account, change=changed))
    (problem,) = result.problems
    assert (problem.kind, problem.id, problem.product_id, problem.stale) == ("tests", None, HALO, False)
    assert "without a usable id" in problem.reason
    assert result.counts["tests"] == len(account.plans) - 1
    again = await take(tmp_path, account, day=1)
    assert again.complete
    assert entry_of(tmp_path, nameless)


@pytest.mark.slow
async def test_a_known_test_that_answers_404_is_gone_and_its_document_is_kept(
    account: Account, tmp_path: Path
) -> None:
    lost = next(test_id for test_id, plan in account.plans.items() if plan.status(DEMO_NOW) == "running")
    first = await take(tmp_path, account)
    before = documents(tmp_path)["test", lost]
    result = await take(tmp_path, account, faults=[Vanished(frozenset({lost}))], day=1)
    assert result.complete
    entry = entry_of(tmp_path, lost)
    assert entry is not None
    assert (entry.state, entry.since) == ("gone", DEMO_NOW + timedelta(days=1))
    assert ("test", lost) not in documents(tmp_path)
    older = open_snapshot(tmp_path, first.version)
    kept = older.entry("test", lost)
    assert kept is not None
    assert older.read(kept).data == before
    assert (await take(tmp_path, account, day=2)).counts["tests"] == len(advance(account, 2).plans)


@pytest.mark.slow
async def test_a_document_whose_file_is_lost_is_fetched_again(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    before = documents(tmp_path)
    entry = next(one for one in manifest(tmp_path).entries if one.kind == "test" and one.settled)
    document_path(tmp_path, entry.sha256).unlink()
    assert (await take(tmp_path, account)).complete
    assert documents(tmp_path) == before


# Nothing published


async def test_a_wrong_token_names_the_variable_and_publishes_nothing(
    account: Account, tmp_path: Path
) -> None:
    with serve(account) as server:
        with pytest.raises(TokenRefused, match="TESTIO_CUSTOMER_API_TOKEN"):
            await refresh(tmp_path, options(server, token="another-token-123"))
        assert len(server.requests) == 1
    assert unpublished(tmp_path)


async def test_a_base_url_that_is_not_the_api_gives_one_clear_line(account: Account, tmp_path: Path) -> None:
    with pytest.raises(BadAnswer, match=r"web page instead of JSON.*TESTIO_CUSTOMER_API_BASE_URL") as caught:
        await take(tmp_path, account, faults=[Html(ALWAYS)])
    assert "\n" not in str(caught.value)
    with serve(account) as server, pytest.raises(UpstreamError, match="TESTIO_CUSTOMER_API_BASE_URL"):
        await refresh(tmp_path, options(server, base_url=f"{server.base_url}/nothing"))
    assert unpublished(tmp_path)


@pytest.mark.slow
async def test_a_token_that_ends_in_the_middle_stops_the_refresh_and_keeps_what_was_fetched(
    tmp_path: Path,
) -> None:
    account, asked = demo_account(100, bugs=100), Paths()
    with pytest.raises(TokenRefused):
        await take(tmp_path, account, faults=[Unauthorized(after=90)], asked=asked)
    assert unpublished(tmp_path)
    assert len(asked) < 90 + 12
    kept = {entry.id for entry in journalled(tmp_path) if entry.kind == "test"}
    assert kept
    again: Paths = []
    assert (await take(tmp_path, account, asked=again)).complete
    assert not [
        path
        for path, _ in again
        if path.startswith("/exploratory_tests/") and int(path.split("/")[2]) in kept
    ]
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans)
    assert journalled(tmp_path) == ()


@pytest.mark.slow
@pytest.mark.parametrize("day", [1, pytest.param(-1, marks=pytest.mark.slow)])
async def test_what_is_older_than_the_ttl_or_of_the_future_is_not_taken_from_an_interrupted_refresh(
    tmp_path: Path, day: int
) -> None:
    account = demo_account(100, bugs=100)
    with pytest.raises(TokenRefused):
        await take(tmp_path, account, faults=[Unauthorized(after=90)])
    assert [entry for entry in journalled(tmp_path) if entry.kind == "test"]
    asked: Paths = []
    assert (await take(tmp_path, account, day=day, asked=asked)).complete
    assert {path for path, _ in asked if path.startswith("/exploratory_tests/")} == {
        f"/exploratory_tests/{test_id}" for test_id in advance(account, day).plans
    }


async def test_an_api_that_fails_wholesale_in_the_middle_is_left_alone(tmp_path: Path) -> None:
    account = demo_account(60, bugs=60)
    asked: Paths = []
    work = r"^/(exploratory_tests|bugs|products/\d+/(sections/\d+/)?features)"
    with pytest.raises(CircuitOpen, match=r"failed \d+ different requests in a row"):
        await take(tmp_path, account, faults=[Fails(503, Hits(work, times=None))], asked=asked)
    assert sum(bool(re.match(work, path)) for path, _ in asked) <= 30
    assert unpublished(tmp_path)


@pytest.mark.slow
async def test_an_api_that_always_fails_is_left_alone_soon(account: Account, tmp_path: Path) -> None:
    asked: Paths = []
    with pytest.raises(UserError):
        await take(tmp_path, account, faults=[Fails(500, ALWAYS)], asked=asked)
    assert len(asked) == 5
    with pytest.raises(NotPublished, match="No product's list"):
        await take(tmp_path, account, faults=[Fails(500, Hits("tests", times=None))], asked=asked)
    assert unpublished(tmp_path)


async def test_a_snapshot_without_any_test_of_those_listed_is_not_published(
    account: Account, tmp_path: Path
) -> None:
    with pytest.raises(NotPublished, match="None of the tests"):
        await take(tmp_path, account, faults=[Vanished(frozenset(account.plans))])
    assert unpublished(tmp_path)


@pytest.mark.slow
async def test_a_loss_of_more_than_a_fifth_of_the_known_tests_needs_consent(
    account: Account, tmp_path: Path
) -> None:
    first = await take(tmp_path, account)
    gone, known = account.test_ids[HALO], len(account.plans)
    lost = Vanished(frozenset(gone))
    said = rf"{len(gone)} of the {known} known tests would be lost.*--accept-loss"
    with pytest.raises(NotPublished, match=said):
        await take(tmp_path, account, faults=[lost], full=True)
    assert current_id(tmp_path) == first.version
    result = await take(tmp_path, account, faults=[lost], full=True, accept_loss=True)
    assert result.counts["tests"] == known - len(gone)


@pytest.mark.slow
async def test_strict_publishes_nothing_when_there_is_a_gap(account: Account, tmp_path: Path) -> None:
    bad = account.test_ids[HALO][2]
    with pytest.raises(NotPublished, match=f"{bad}"):
        await take(tmp_path, account, faults=[broken_detail(bad)], strict=True)
    assert unpublished(tmp_path)
    assert (await take(tmp_path, account, strict=True)).complete


@pytest.mark.slow
async def test_a_folder_of_another_api_is_refused(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    real = open_snapshot(tmp_path).manifest.model_copy(
        update={"id": next_id(tmp_path, DEMO_NOW), "api_host": "api.test.io"}
    )
    publish(tmp_path, real)
    with pytest.raises(InvalidInput, match=r"api\.test\.io, not of 127\.0\.0\.1"):
        await take(tmp_path, account)
    assert current_id(tmp_path) == real.id


@pytest.mark.slow
async def test_what_a_server_on_this_machine_gave_is_left_behind_by_another_one(
    account: Account, tmp_path: Path
) -> None:
    first = await take(tmp_path, account)
    with serve(account) as server:
        elsewhere = options(server, base_url=server.base_url.replace("127.0.0.1", "localhost"))
        second = await refresh(tmp_path, elsewhere, now=DEMO_NOW)
        assert second.statistics.requests == len(server.requests) >= first.statistics.requests
    assert open_snapshot(tmp_path).manifest.api_host == "localhost"
    assert second.complete


async def test_a_folder_in_use_is_refused_by_name(account: Account, tmp_path: Path) -> None:
    with writing(tmp_path, "another refresh"), pytest.raises(Locked, match="another refresh"):
        await take(tmp_path, account)


async def test_a_folder_that_cannot_be_written_is_an_error(account: Account, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritten):
        await take(tmp_path / "file", account)

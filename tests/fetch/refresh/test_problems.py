from datetime import timedelta
from pathlib import Path

import pytest

from demo.account.account import DEMO_NOW, Account, advance, demo_account
from demo.server.exchange import Hits
from demo.server.faults import BrokenTest, Fails
from demo.server.server import serve
from fetch.refresh.problems import clear, problems, retry
from fetch.refresh.request import RefreshRequest
from snapshot.errors import Locked, NoSnapshot
from snapshot.reader import current_id
from snapshot.storage.lock import writing
from tests.fetch.refresh.faulty_refreshes import Paths, documents, manifest, options, take

HALO, CANVAS = 598, 18559


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(28, bugs=60)


def faults_of(account: Account) -> tuple[BrokenTest, Fails]:
    """A test of Halo Shop that breaks its page, and a test of Canvas that fails by itself."""
    bad = account.test_ids[CANVAS][2]
    return BrokenTest(account.test_ids[HALO][5]), Fails(
        500, Hits(rf"^/exploratory_tests/{bad}\b", times=None)
    )


@pytest.mark.slow
async def test_problems_are_listed_of_all_products_or_of_one(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    assert [(one.kind, one.product_id) for one in problems(tmp_path)] == [("tests", HALO), ("test", CANVAS)]
    assert [one.kind for one in problems(tmp_path, (CANVAS,))] == ["test"]
    assert problems(tmp_path, (7,)) == ()


def test_without_a_snapshot_there_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        problems(tmp_path)


@pytest.mark.slow
async def test_a_retry_asks_only_for_what_failed(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    asked: Paths = []
    later = DEMO_NOW + timedelta(days=1)
    with serve(account) as server:
        result = await retry(tmp_path, options(server), now=later)
        asked += server.requests
    assert result is not None
    assert result.complete
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans)
    details = {int(path.split("/")[2]) for path, _ in asked if path.startswith("/exploratory_tests/")}
    bad = {account.test_ids[HALO][5], account.test_ids[CANVAS][2]}
    assert details == bad
    assert {path.split("/")[2] for path, _ in asked if path.endswith("/exploratory_tests")} == {
        str(HALO),
        str(CANVAS),
    }
    assert not [path for path, _ in asked if path.endswith("/features")]


@pytest.mark.slow
async def test_a_retry_that_fails_again_counts_its_tries(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    with serve(account, faults=faults_of(account)) as server:
        result = await retry(tmp_path, options(server), now=DEMO_NOW + timedelta(hours=2))
    assert result is not None
    assert result.exit_code == 3
    assert [(one.tries, one.since) for one in result.problems] == [(2, DEMO_NOW)] * 2


@pytest.mark.slow
async def test_a_retry_of_one_product_leaves_the_problems_of_others(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    with serve(account) as server:
        result = await retry(tmp_path, options(server), RefreshRequest(only=(CANVAS,)), now=DEMO_NOW)
    assert result is not None
    assert [(one.kind, one.product_id, one.tries) for one in result.problems] == [("tests", HALO, 1)]


@pytest.mark.slow
async def test_a_retry_without_problems_does_nothing(account: Account, tmp_path: Path) -> None:
    first = await take(tmp_path, account)
    with serve(account) as server:
        assert await retry(tmp_path, options(server)) is None
        assert server.requests == []
    assert current_id(tmp_path) == first.version


@pytest.mark.slow
async def test_clearing_takes_records_away_and_leaves_the_data(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    before, data = manifest(tmp_path), documents(tmp_path)
    (cleared,) = clear(
        tmp_path, lambda problem: problem.product_id == HALO, now=DEMO_NOW + timedelta(hours=1)
    )
    assert cleared.position == 5
    after = manifest(tmp_path)
    assert after.id > before.id
    assert after.problems == before.problems[1:]
    assert (after.entries, after.created_at) == (before.entries, before.created_at)
    assert documents(tmp_path) == data
    assert clear(tmp_path, lambda _: False) == ()
    assert current_id(tmp_path) == after.id


@pytest.mark.slow
async def test_clearing_waits_for_no_other_writer(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account, faults=faults_of(account))
    with writing(tmp_path, "a refresh"), pytest.raises(Locked, match="a refresh"):
        clear(tmp_path, lambda _: True)


@pytest.mark.slow
async def test_a_broken_place_deep_in_a_long_list_stays_recorded_and_a_retry_reads_down_to_it(
    tmp_path: Path,
) -> None:
    account = demo_account(500)
    ids = account.test_ids[HALO]
    bad = ids[180]
    first = await take(tmp_path, account, faults=[BrokenTest(bad)])
    assert [(one.kind, one.position) for one in first.problems] == [("tests", 180)]
    nightly = await take(tmp_path, account, faults=[BrokenTest(bad)], day=1)
    assert nightly.problems == first.problems
    later = advance(account, 1)
    with serve(later) as server:
        result = await retry(tmp_path, options(server), now=later.now)
    assert result is not None
    assert result.complete
    assert ("test", bad) in documents(tmp_path)

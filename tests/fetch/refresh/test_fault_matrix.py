"""Whatever the API does wrong, alone or in pairs: what could be fetched is published, the rest named."""

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from base.errors import UserError
from demo.account.account import Account, demo_account
from demo.server.exchange import Fault
from demo.server.faults import BrokenTest, IgnoredPaging, LostTest, Vanished
from fetch.refresh.known import Key
from fetch.refresh.refresh import RefreshResult
from snapshot.errors import NoSnapshot
from snapshot.reader import open_snapshot
from tests.fetch.refresh.fault_pairs import one_of_each
from tests.fetch.refresh.faulty_refreshes import documents, take

pytestmark = pytest.mark.slow

SIZE = 20
ENDING = frozenset({"unauthorized", "fails_always"})
NAMES = sorted(one_of_each(demo_account(SIZE, bugs=30)))
PAIRS = sorted(combinations(NAMES, 2))
SEED = int(os.environ.get("TESTIO_TEST_SEED", "20261121"))
"""Chooses what is hit, and which pairs belong to the quick part."""
SOME = sorted(Random(f"{SEED}/pairs").sample(PAIRS, 2))  # noqa: S311 - a choice of tests


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(SIZE, bugs=30)


@pytest.fixture(scope="module")
async def whole(account: Account, tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Any]:
    """What a refresh without faults publishes."""
    root = tmp_path_factory.mktemp("whole")
    assert (await take(root, account)).complete
    return documents(root)


@pytest.mark.parametrize("name", NAMES)
async def test_each_fault_alone(name: str, account: Account, whole: dict[Key, Any], tmp_path: Path) -> None:
    await check(tmp_path, account, whole, [name])


@pytest.mark.parametrize("pair", SOME, ids="-".join)
async def test_faults_in_pairs(
    pair: tuple[str, str], account: Account, whole: dict[Key, Any], tmp_path: Path
) -> None:
    await check(tmp_path, account, whole, pair)


@pytest.mark.slow
@pytest.mark.parametrize("pair", sorted(set(PAIRS) - set(SOME)), ids="-".join)
async def test_all_faults_in_pairs(
    pair: tuple[str, str], account: Account, whole: dict[Key, Any], tmp_path: Path
) -> None:
    await check(tmp_path, account, whole, pair)


async def check(root: Path, account: Account, whole: dict[Key, Any], names: Sequence[str]) -> None:
    of_each = one_of_each(account, SEED)
    faults = [of_each[name] for name in names]
    if ENDING & set(names):
        with pytest.raises(UserError):
            await take(root, account, faults=faults)
        with pytest.raises(NoSnapshot):
            open_snapshot(root)
    else:
        result = await take(root, account, faults=faults)
        lost = out_of_reach(account, faults)
        assert documents(root) == {
            key: data for key, data in whole.items() if key[0] != "test" or key[1] not in lost
        }
        named_exactly(account, faults, result)
    after = await take(root, account)
    assert after.complete
    assert documents(root) == whole


def out_of_reach(account: Account, faults: Sequence[Fault]) -> set[int]:
    lost = {test_id for fault in faults for test_id in fault.lost}
    return lost | set(unlistable(account, faults))


def unlistable(account: Account, faults: Sequence[Fault]) -> tuple[int, ...]:
    """All tests of a product whose list fails as a whole: it holds a broken test, and paging is ignored."""
    broken = {fault.test_id for fault in faults if isinstance(fault, BrokenTest)}
    if not any(isinstance(fault, IgnoredPaging) for fault in faults):
        return ()
    return next((ids for ids in account.test_ids.values() if broken & set(ids)), ())


def named_exactly(account: Account, faults: Sequence[Fault], result: RefreshResult) -> None:
    broken = [fault.test_id for fault in faults if isinstance(fault, BrokenTest)]
    left = {fault.test_id for fault in faults if isinstance(fault, LostTest)}
    whole_list = unlistable(account, faults)
    must = {test_id for fault in faults if isinstance(fault, Vanished) for test_id in fault.test_ids}
    may = must | {fault.test_id for fault in faults if isinstance(fault, LostTest)}
    tests = {problem.id for problem in result.problems if problem.kind == "test"}
    assert must - set(whole_list) <= tests <= may
    lists = [problem for problem in result.problems if problem.kind == "tests"]
    assert len(lists) == len(broken)
    for problem, test_id in zip(lists, broken, strict=True):
        assert test_id in account.test_ids[problem.product_id or 0]
        ids = [one for one in account.test_ids[problem.product_id or 0] if one not in left]
        if whole_list:
            assert problem.position is None
        else:
            place = ids.index(test_id)
            assert {one.id for one in problem.neighbours} & {*ids[max(place - 1, 0) : place + 2]}
            assert problem.position is not None
            assert abs(problem.position - place) <= 1
    assert {problem.kind for problem in result.problems} <= {"test", "tests"}
    assert result.exit_code == (3 if result.problems else 0)

from collections.abc import Iterator

import pytest
import stamina

from demo.account.account import Account, demo_account
from quality.model.entities import Test
from tests.demo.accounts import normalised


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account()


@pytest.fixture(scope="module")
def tests(account: Account) -> dict[int, Test]:
    return normalised(account)

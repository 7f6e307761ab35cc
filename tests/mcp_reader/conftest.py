import pytest

from demo.account.account import Account, demo_account


@pytest.fixture(scope="session")
def account() -> Account:
    """What the demo snapshot was taken from."""
    return demo_account()


@pytest.fixture(params=["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def mode(request: pytest.FixtureRequest) -> str:
    """Both protocol eras."""
    return str(request.param)

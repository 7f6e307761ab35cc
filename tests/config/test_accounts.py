"""Several customers in one installation, each with what is its own and nothing of another."""

import os
import threading
from pathlib import Path

import pytest

from base.errors import InvalidInput, Unavailable
from config.accounts import account_file, chosen_account, chosen_accounts, served_accounts
from config.settings import load


@pytest.fixture
def two_accounts(tmp_path: Path) -> Path:
    folder = tmp_path / "accounts"
    folder.mkdir()
    (folder / "acme.env").write_text("TESTIO_CUSTOMER_API_TOKEN=token-of-acme-1\nTESTIO_PRODUCT_IDS=1\n")
    (folder / "globex.env").write_text("TESTIO_CUSTOMER_NAME=Globex Inc.\n")
    (tmp_path / ".env").write_text("TESTIO_CUSTOMER_API_TOKEN=token-of-nobody\nTESTIO_PRODUCT_IDS=9\n")
    return tmp_path


def test_a_single_account_needs_no_configuration_beyond_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "just-the-token-1")
    assert chosen_accounts() == (None,)
    settings = load(chosen_account())
    assert settings.client.token == "just-the-token-1"
    assert settings.testio_snapshot_dir == Path("snapshots")


@pytest.mark.usefixtures("two_accounts")
def test_each_account_has_its_own_token_products_and_folders() -> None:
    assert chosen_accounts() == ("acme", "globex")
    acme, globex = load("acme"), load("globex")
    assert acme.client.token == "token-of-acme-1"
    assert acme.testio_product_ids == (1,)
    assert (acme.testio_snapshot_dir, acme.testio_site_dir) == (Path("snapshots/acme"), Path("site/acme"))
    assert (acme.testio_customer_name, globex.testio_customer_name) == ("acme", "Globex Inc.")
    assert globex.testio_product_ids is None
    with pytest.raises(Unavailable, match=r"accounts/globex\.env"):
        _ = globex.client


@pytest.mark.usefixtures("two_accounts")
def test_one_account_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="acme, globex"):
        chosen_account()
    monkeypatch.setenv("TESTIO_ACCOUNT", "globex")
    assert chosen_account() == "globex"


@pytest.mark.usefixtures("two_accounts")
@pytest.mark.parametrize("written", ["acme, globex", "all", "acme,globex,acme"])
def test_a_reader_serves_several_accounts_only_when_they_are_chosen(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="acme, globex"):
        served_accounts()
    monkeypatch.setenv("TESTIO_ACCOUNT", written)
    assert served_accounts() == chosen_accounts() == ("acme", "globex")
    assert [load(one).testio_account for one in served_accounts()] == ["acme", "globex"]
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "whose-is-this-one")
    with pytest.raises(InvalidInput, match="exactly one customer"):
        served_accounts()


@pytest.mark.usefixtures("two_accounts")
def test_a_token_in_the_environment_is_never_shared_between_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "whose-is-this-one")
    with pytest.raises(InvalidInput, match="exactly one customer"):
        chosen_accounts()


@pytest.mark.usefixtures("two_accounts")
@pytest.mark.parametrize("name", ["TESTIO_CUSTOMER_API_TOKEN", "testio_customer_api_token"])
def test_a_token_in_the_environment_does_not_replace_an_accounts_own(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "whose-is-this-one")
    with pytest.raises(InvalidInput, match=r"accounts/acme\.env names another token") as caught:
        load("acme")
    assert "whose-is-this-one" not in str(caught.value)
    assert load("globex").client.token == "whose-is-this-one"
    with pytest.raises(InvalidInput, match="exactly one customer"):
        chosen_accounts()


def test_the_account_can_be_chosen_in_the_settings_file(two_accounts: Path) -> None:
    (two_accounts / ".env").write_text("TESTIO_ACCOUNT=acme\nTESTIO_PRODUCT_IDS=9\n")
    assert chosen_accounts() == ("acme",)
    assert load(chosen_account()).testio_product_ids == (1,)


def test_a_settings_file_that_is_no_utf8_is_named(two_accounts: Path) -> None:
    (two_accounts / "accounts" / "acme.env").write_bytes("TESTIO_CUSTOMER_NAME=Bär\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"accounts/acme\.env is not UTF-8 text"):
        load("acme")
    (two_accounts / ".env").write_bytes(b"\xff\xfeT\x00")
    with pytest.raises(InvalidInput, match=r"\.env is not UTF-8 text"):
        chosen_accounts()
    with pytest.raises(InvalidInput, match=r"\.env is not UTF-8 text"):
        load()


def test_the_mark_that_editors_put_before_a_text_is_no_part_of_a_name(two_accounts: Path) -> None:
    for path in (two_accounts / ".env", two_accounts / "accounts" / "globex.env"):
        path.write_text("TESTIO_PRODUCT_IDS=7\n", encoding="utf-8-sig")
    assert (load().testio_product_ids, load("globex").testio_product_ids) == ((7,), (7,))


@pytest.mark.usefixtures("two_accounts")
@pytest.mark.parametrize("name", ["initech", "../acme", "", "ACME"])
def test_an_unknown_account_is_named(name: str) -> None:
    with pytest.raises(InvalidInput, match="no account"):
        account_file(name)


def test_a_token_file_is_read_when_nothing_nearer_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("token-of-the-file\n")
    secret.chmod(0o440)
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", str(secret))
    assert load().client.token == "token-of-the-file"
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "token-of-the-environment")
    assert load().client.token == "token-of-the-environment"


@pytest.mark.parametrize(("mode", "warned"), [(0o400, 0), (0o440, 0), (0o444, 1), (0o644, 1)])
def test_a_token_file_is_read_as_containers_mount_it_and_warned_about_when_others_can_read_it(
    mode: int, warned: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Kubernetes and Compose mount secrets with mode 0444: a refresh that refused them would never start."""
    secret = tmp_path / "secret"
    secret.write_text("token-of-the-file\r\n")
    secret.chmod(mode)
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", str(secret))
    assert load().client.token == "token-of-the-file"
    assert len(caplog.messages) == warned
    assert "token-of-the-file" not in caplog.text


def test_a_token_comes_through_a_pipe_as_shells_hand_secrets_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"\xef\xbb\xbftoken-of-the-pipe\n",))
    writer.start()
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", str(pipe))
    assert load().client.token == "token-of-the-pipe"
    writer.join()


def test_a_pipe_that_nobody_writes_into_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that waits for ever is seen by nobody in CI."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr("config.small_files.PIPE_WAIT_SECONDS", 0.01)
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", str(pipe))
    with pytest.raises(InvalidInput, match="delivers nothing"):
        _ = load().client


@pytest.mark.parametrize("place", ["/dev/zero", ".", "much"])
def test_what_cannot_be_a_token_file_is_named(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "much").write_bytes(b"x" * 5000)
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", place)
    with pytest.raises(InvalidInput, match="TESTIO_CUSTOMER_API_TOKEN_FILE"):
        _ = load().client


@pytest.mark.parametrize("content", [None, " \n"])
def test_a_missing_or_empty_token_file_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_text(content)
        secret.chmod(0o400)
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN_FILE", str(secret))
    with pytest.raises(InvalidInput, match="TESTIO_CUSTOMER_API_TOKEN_FILE"):
        _ = load().client


@pytest.mark.usefixtures("two_accounts")
def test_the_keyring_comes_last_and_keeps_a_token_for_each_account(
    kept_tokens: dict[tuple[str, str], str],
) -> None:
    kept_tokens.update(
        {("testio-reports", "globex"): "kept-for-globex", ("testio-reports", "acme"): "unused"}
    )
    assert load("globex").client.token == "kept-for-globex"
    assert load("acme").client.token == "token-of-acme-1"

"""Settings come from the environment under the names that users have already, or say what is wrong."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from string import ascii_letters, digits
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.bounds import SETTINGS_BYTES
from base.errors import InvalidInput, Unavailable, UserError
from config.accounts import chosen_accounts
from config.env_file import write_settings
from config.environment import ignored, level_of
from config.scrubbing import scrub
from config.settings import TOKEN, Settings, load
from config.shown import masked
from mcp_reader.server import create_server

ROOT = Path(__file__).parent.parent.parent


def test_without_anything_set_the_defaults_hold() -> None:
    settings = load()
    assert settings.testio_customer_api_base_url == "https://api.test.io/customer/v2"
    assert (settings.max_concurrent_api_requests, settings.http_timeout_seconds) == (10, 90.0)
    assert (settings.cache_ttl_seconds, settings.testio_default_page_size) == (3600, 100)
    assert settings.testio_product_ids is None


def test_without_a_token_the_error_names_both_ways_out() -> None:
    with pytest.raises(Unavailable) as caught:
        _ = load().client
    assert "TESTIO_CUSTOMER_API_TOKEN" in str(caught.value)
    assert "invoke demo" in str(caught.value)


def test_a_dotenv_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("TESTIO_CUSTOMER_API_TOKEN=from-the-file-1234\nTESTIO_PRODUCT_IDS=1,2\n")
    monkeypatch.setenv("TESTIO_PRODUCT_IDS", "598, 599")
    settings = load()
    assert settings.client.token == "from-the-file-1234"
    assert settings.testio_product_ids == (598, 599)


@pytest.mark.parametrize("value", ["598,599", " 598  599 ", "[598, 599]", "598;599,"])
def test_a_product_list_is_taken_as_people_write_it(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTIO_PRODUCT_IDS", value)
    assert load().testio_product_ids == (598, 599)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TESTIO_PRODUCT_IDS", "598,shop"),
        ("TESTIO_PRODUCT_IDS", "-4"),
        ("MAX_CONCURRENT_API_REQUESTS", "many"),
        ("HTTP_TIMEOUT_SECONDS", "0"),
        ("TESTIO_REPORT_PERIOD", "fortnight"),
        ("PLAYBOOK_REVIEW_WARNING", "80"),
        ("TESTIO_SYNC_SINCE", "sometime"),
        ("CACHE_TTL_SECONDS", "99999999999"),
        ("HTTP_TIMEOUT_SECONDS", "1000000"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as caught:
        load()
    assert name in str(caught.value)
    assert value.rsplit(",", maxsplit=1)[-1] in str(caught.value)


BLANKS = ("", " ", "\t", '""', "' '", "\r")
PLACES = ("environment", ".env", "accounts/acme.env")


@given(
    names=st.sets(st.sampled_from(sorted(Settings.model_fields)), min_size=1),
    blank=st.sampled_from(BLANKS),
    place=st.sampled_from(PLACES),
    form=st.sampled_from(["{}={}", "export {}={}", "{} = {}", "{}"]),
    small=st.booleans(),
)
@example(set(Settings.model_fields), "", "environment", "{}={}", False)
@example(set(Settings.model_fields), " ", ".env", "{}={}", False)
@example(set(Settings.model_fields), '" "', ".env", "{}={}", False)
@example(set(Settings.model_fields), "", "accounts/acme.env", "{}", False)
def test_a_variable_without_a_value_is_unset_wherever_it_stands(
    names: set[str], blank: str, place: str, form: str, small: bool
) -> None:
    """CI writes `X=` for what is not set there: it may neither stop a start nor move a folder."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("accounts").mkdir()
        Path("accounts/acme.env").touch()
        expected = (load(), load("acme"))
        written = [name if small else name.upper() for name in sorted(names)]
        if place == "environment":
            for name in written:
                patch.setenv(name, blank.strip("'\""))
        else:
            Path(place).write_text("".join(f"{form.format(name, blank)}\n" for name in written))
        assert chosen_accounts() == ("acme",)
        found = load()
        assert (found, load("acme")) == expected
        for name in names - {"testio_account"}:
            assert getattr(found, name) == Settings.model_fields[name].default


def _folder(place: Path) -> None:
    place.mkdir()


def _large(place: Path) -> None:
    place.write_text("A=1\n" * (SETTINGS_BYTES // 4 + 1))


def _linked_pipe(place: Path) -> None:
    os.mkfifo(place.with_name("pipe"))
    place.symlink_to("pipe")


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (_folder, "It is a folder"),
    "pipe": (os.mkfifo, "It delivers nothing"),
    "link to a pipe": (_linked_pipe, "It delivers nothing"),
    "device": (lambda place: place.symlink_to("/dev/zero"), "It holds more than"),
    "large": (_large, "It holds more than"),
}


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("account", [None, "acme"])
def test_a_settings_file_that_is_none_is_one_line(
    account: str | None, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe and 50 MB held up every start without a word; a folder that Docker made was passed over."""
    monkeypatch.setattr("config.small_files.PIPE_WAIT_SECONDS", 0.01)
    place = tmp_path / (f"accounts/{account}.env" if account else ".env")
    place.parent.mkdir(exist_ok=True)
    make, why = NO_FILES[kind]
    make(place)
    name = str(place.relative_to(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        load(account)
    assert caught.value.what == f"{name} cannot be read."
    assert why in caught.value.why
    assert caught.value.hint
    with pytest.raises(Unavailable, match=why):
        write_settings(place, {TOKEN: "a-token-of-a-test"})


def test_settings_come_through_a_pipe_that_is_written_and_a_device_that_is_empty(tmp_path: Path) -> None:
    """Password managers hand `.env` over as a pipe; `/dev/null` in its place hides it in a container."""
    place = tmp_path / ".env"
    place.symlink_to("/dev/null")
    assert load().testio_product_ids is None
    place.unlink()
    os.mkfifo(place)
    writer = threading.Thread(target=place.write_text, args=("TESTIO_PRODUCT_IDS=4\n",))
    writer.start()
    assert load().testio_product_ids == (4,)
    writer.join()


def test_a_blank_before_a_settings_file_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A blank token in the environment of a scheduler refused every account its own."""
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "acme.env").write_text("TESTIO_CUSTOMER_API_TOKEN=of-acme-alone\n")
    (tmp_path / ".env").write_text("TESTIO_ACCOUNT=acme\n")
    for name in ("TESTIO_ACCOUNT", "TESTIO_CUSTOMER_API_TOKEN", "TESTIO_CUSTOMER_API_TOKEN_FILE"):
        monkeypatch.setenv(name, " ")
    assert chosen_accounts() == ("acme",)
    assert load("acme").client.token == "of-acme-alone"


def _drawn(letters: str, lengths: tuple[int, int]) -> st.SearchStrategy[str]:
    """Draw letters evenly, as tokens are made; hypothesis alone prefers the same letter again and again."""
    return st.builds(
        lambda chance, length: "".join(chance.choices(letters, k=length)),
        st.randoms(use_true_random=False),
        st.integers(*lengths),
    )


TOKENS = st.one_of(
    _drawn("0123456789abcdef", (32, 64)),
    _drawn(ascii_letters + digits, (24, 48)),
    _drawn(ascii_letters + digits, (24, 40)).map(lambda text: f"tio_{text}"),
    _drawn(ascii_letters + digits + "_-", (32, 64)),
    st.uuids(version=4).map(str),
)
"""As services make them."""


@given(st.sampled_from(sorted(Settings.model_fields)), TOKENS)
def test_a_token_in_the_wrong_variable_is_not_printed_back(name: str, token: str) -> None:
    """The log of a CI job is read by many: one slip of the hand would publish the token there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name.upper(), token)
        said = ["\n".join(masked(part) for part in (token, Path("runs") / token, (token, "search")))]
        for attempt in (chosen_accounts, load, lambda: load().client, lambda: create_server(load())):
            try:
                attempt()
            except UserError as error:
                said.append(scrub(str(error)))  # as tasks and the reader tell it
    assert not [text for text in said if token in text]


@pytest.mark.parametrize(
    "token", ["https://u:s3cr3t@h/", "4f9b2c7d8e1a6035", "12345678901234567890", "a" * 16]
)
@pytest.mark.parametrize("name", ["CACHE_TTL_SECONDS", "TESTIO_SYNC_SINCE", "TESTIO_PRODUCT_IDS"])
def test_what_is_no_short_word_or_number_is_not_printed_back(
    name: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, token)
    with pytest.raises(InvalidInput, match=name) as caught:
        load()
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "level"),
    [("warn", "WARNING"), ("Fatal", "CRITICAL"), ("verbose", "DEBUG"), ("30", "WARNING"), ("info", "INFO")],
)
def test_a_level_is_understood_as_other_programs_write_it(value: str, level: str) -> None:
    assert level_of(value) == level


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "chatty"), ("LOG_FORMAT", "ecs")])
def test_a_log_variable_meant_for_another_program_is_ignored_with_a_warning(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine's LOG_LEVEL belongs to whatever else runs there: the reader has to start all the same."""
    monkeypatch.setenv(name, value)
    settings = load()
    (line,) = ignored(settings.log_level, settings.log_format)
    assert name in line
    assert value in line


EVIL = "TESTIO_CUSTOMER_API_BASE_URL=https://collector.example/v2\n"


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        (EVIL, {"TESTIO_CUSTOMER_API_TOKEN": "of-the-owner"}),
        (EVIL + "TESTIO_CUSTOMER_API_TOKEN=bait\n", {"TESTIO_CUSTOMER_API_TOKEN": "of-the-owner"}),
        (EVIL + "TESTIO_CUSTOMER_API_TOKEN_FILE=secret\n", {}),
        (EVIL + 'TESTIO_CUSTOMER_API_TOKEN=" "\n', {"TESTIO_CUSTOMER_API_TOKEN_FILE": "secret"}),
        (
            EVIL + "TESTIO_TRUST_API_HOST=collector.example\n",
            {"TESTIO_CUSTOMER_API_TOKEN": "of-the-owner"},
        ),
    ],
)
def test_a_folders_settings_file_cannot_send_the_token_elsewhere(
    file: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs a task in a folder from somebody else would hand over the whole account."""
    (tmp_path / "secret").write_text("token-of-the-owner")
    (tmp_path / ".env").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=r"collector\.example") as caught:
        _ = load().client
    assert "TESTIO_TRUST_API_HOST" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        (EVIL + "TESTIO_CUSTOMER_API_TOKEN=of-this-file\n", {}),
        (EVIL, {"TESTIO_CUSTOMER_API_TOKEN": "mine", "TESTIO_TRUST_API_HOST": "collector.example"}),
        ("", {"TESTIO_CUSTOMER_API_TOKEN": "mine", "TESTIO_CUSTOMER_API_BASE_URL": "https://mine.example"}),
        (
            "TESTIO_CUSTOMER_API_BASE_URL=https://api.stage-a.space/customer/v2\n",
            {"TESTIO_CUSTOMER_API_TOKEN": "mine"},
        ),
    ],
)
def test_a_token_goes_where_its_owner_sends_it(
    file: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load().client.token


@pytest.mark.parametrize("reference", ["${A_SECRET_OF_MINE}", "${NO_SUCH:-$A_SECRET_OF_MINE}"])
def test_a_settings_file_takes_nothing_out_of_the_environment(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder from somebody else sent any variable of the environment to its author, as its token."""
    monkeypatch.setenv("A_SECRET_OF_MINE", "for-nobody-else")
    (tmp_path / ".env").write_text(EVIL.strip() + f"/{reference}\nTESTIO_CUSTOMER_API_TOKEN={reference}\n")
    settings = load()
    assert "for-nobody-else" not in repr(settings)
    assert settings.testio_customer_api_token is not None
    assert "for-nobody-else" not in settings.testio_customer_api_token.get_secret_value()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://user:pass@proxy.example:8080/x?key=1", "https://****@proxy.example:8080/x?****"),
        ("socks5://me@proxy", "socks5://****@proxy"),
        ("https://reports.example/", "https://reports.example/"),
        (Path("https://user:pass@host/x"), "https:/****@host/x"),
    ],
)
def test_an_address_is_shown_without_credentials_and_query(value: object, shown: str) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize(
    "address",
    ["https://joe:s3cr3t@host.example/", "https://s3cr3t@host.example", "https://host.example/?key=s3cr3t",
     "https://joe:s3cr3t@host.example\\", "//joe:s3cr3t@host.example"],
)  # fmt: skip
@pytest.mark.parametrize(
    "name", ["TESTIO_SITE_BASE_URL", "TESTIO_PUBLIC_URL", "TESTIO_SNAPSHOT_URL", "TESTIO_WEB_URL"]
)
def test_an_address_with_credentials_is_refused_and_not_printed_back(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password in the address of the site stood in every link of a report."""
    monkeypatch.setenv(name, address)
    with pytest.raises(InvalidInput, match=name) as caught:
        load()
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("token", ["0a1b2c3d4e5f60718293a4b5", "tio_Kx82bQ91mZr7Lp3TtY5w"])
def test_a_token_in_a_setting_of_free_text_is_not_shown(token: str) -> None:
    """`doctor` printed a whole token that somebody had pasted into the name of a file."""
    assert token not in masked(token)
    assert token not in masked(Path("/run/secrets") / token)
    assert token not in masked(("list_tests", token))


@pytest.mark.parametrize(
    "value",
    ["/srv/quality-reports-2026/snapshots", "list_products, get_bug_summary", "Müller & Söhne 24"],
)
def test_a_setting_that_looks_like_one_is_shown_whole(value: str) -> None:
    assert masked(value) == value


def test_a_warning_on_the_wrong_side_of_its_critical_value_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYBOOK_REJECTION_WARNING", "0.5")
    with pytest.raises(InvalidInput, match="PLAYBOOK_REJECTION_WARNING"):
        load()


def test_tools_are_enabled_or_disabled_but_not_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLED_TOOLS", "search, list_bugs")
    assert load().enabled_tools == ("search", "list_bugs")
    monkeypatch.setenv("DISABLED_TOOLS", "search")
    with pytest.raises(InvalidInput, match="both"):
        load()


@pytest.mark.parametrize("url", ["http://api.test.io/customer/v2", "ftp://api.test.io", "api.test.io"])
def test_a_base_url_that_would_send_the_token_in_clear_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "abcdefghijklmnop")
    monkeypatch.setenv("TESTIO_CUSTOMER_API_BASE_URL", url)
    with pytest.raises(InvalidInput, match="https"):
        _ = load().client


def test_the_token_shows_four_characters_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "abcdefghijklmnop")
    settings = load()
    assert masked(settings.testio_customer_api_token) == "****mnop"
    for text in (repr(settings), str(settings), repr(settings.client), settings.model_dump_json()):
        assert "abcdefgh" not in text


def test_a_token_with_blanks_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTIO_CUSTOMER_API_TOKEN", "abcdefgh ijklmnop")
    with pytest.raises(InvalidInput) as caught:
        _ = load().client
    assert "abcdefgh" not in str(caught.value)


def test_the_example_file_names_every_setting_with_its_default_and_meaning() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    folded = " ".join(text.replace("\n# ", " ").split())
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, ()) else field.default
        assert f"{name.upper()}={default}\n" in text
        assert field.description is not None
        assert " ".join(field.description.split()) in folded


def test_an_account_that_was_not_chosen_names_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("testio_account", "../../elsewhere")
    assert load().testio_account is None


@pytest.mark.parametrize(
    "address",
    [
        "http://acme.test.io",
        "https://acme.test.io/products",
        "https://u:p@acme.test.io",
        "javascript:alert(1)",
        'https://a"b',
    ],
)
def test_only_a_plain_https_address_leads_to_the_vendor(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTIO_WEB_URL", address)
    with pytest.raises(InvalidInput, match="TESTIO_WEB_URL"):
        load()

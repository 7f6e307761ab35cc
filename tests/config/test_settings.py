"""Settings come from the environment under the names that users have already, or say what is wrong."""

from pathlib import Path

import pytest

from base.errors import InvalidInput, Unavailable
from config.settings import Settings, load, masked

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
        ("LOG_FORMAT", "xml"),
        ("TESTIO_SITE_BASE_URL", "javascript:alert(1)"),
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

import json
from typing import Any

import pytest

from demo.account.account import demo_account, planted_secrets
from fetch.redaction.fields import redact
from fetch.redaction.text import shortened
from tests.effort import LONG, giving_up


def environment(**more: Any) -> dict[str, Any]:
    return {
        "test_environment": {
            "id": 2,
            "title": "Staging shop",
            "username": "crowd",
            "password": "s3cret",
            **more,
        }
    }


def test_credentials_of_a_test_environment_are_dropped_and_the_rest_is_kept() -> None:
    raw = environment(
        url="https://joe:pw@staging.example.com/?key=1",
        access="https://access.example.com/pages/123",
        environment_test_information="VPN 7",
        access_type="url",
        proxy=False,
        binary_app={
            "id": 5,
            "name": "shop.apk",
            "url": "https://uploads.example.com/x",
            "s3_upload": {"policy": "p"},
        },
    )
    assert redact(raw) == {
        "test_environment": {
            "id": 2,
            "title": "Staging shop",
            "url": "https://staging.example.com/",
        }
    }


@pytest.mark.parametrize("several", [False, True])
def test_what_opens_an_environment_is_cut_out_wherever_it_is_said_again(several: bool) -> None:
    opened = {"username": "crowd-tester-7", "password": "Opensesame!23"}
    raw = {"test_environments": [opened] if several else opened, "goal": "Opensesame!23 for crowd-tester-7."}
    assert redact(raw)["goal"] == " for ."


def test_nothing_that_the_demo_account_plants_survives() -> None:
    account = demo_account(60)
    raw: list[Any] = [account.test(test_id) for test_id in account.plans]
    raw += [account.bugs(test_id) for test_id in account.plans]
    raw += [account.products(), *(account.environments(product_id) for product_id in account.test_ids)]
    text = json.dumps(redact(raw))
    assert not [secret for secret in planted_secrets(account) if secret in text]


@pytest.mark.parametrize(
    "name",
    ["password", "Password", "db_password", "passwd", "pwd", "secret", "client_secret", "clientSecret",
     "token", "access_token", "accessToken", "api_key", "apiKey", "API-Key", "apikey", "private_key",
     "authorization", "credentials", "cookie", "s3_fields", "upload_url", "presigned_post", "jwt",
     "signature", "passWord", "userPass", "Passwort", "APIToken", "XApiKey", "secret2", "oauth", "sshKey",
     "access_code", "login_data", "webhookUrl"],
)  # fmt: skip
def test_credentials_are_dropped_by_name_wherever_they_are(name: str) -> None:
    raw = {"id": 1, "extra": [{"deep": {name: "planted", "title": "kept"}}]}
    assert redact(raw) == {"id": 1, "extra": [{"deep": {"title": "kept"}}]}


@pytest.mark.parametrize(
    "name",
    ["access_type", "author", "authors", "passed_features", "passed_user_stories", "tested_by_count", "key",
     "operating_system", "keyword", "bypass", "compass", "howtofind", "auto_accepted", "form_factor",
     "account_id", "username", "email", "pass_rate", "pass_count", "keys", "key_name", "webhooked"],
)  # fmt: skip
def test_harmless_fields_are_kept(name: str) -> None:
    assert redact({"author": {"id": 1, name: "kept"}}) == {"author": {"id": 1, name: "kept"}}


def test_a_login_beside_a_password_is_dropped_with_it() -> None:
    assert redact({"hub": {"user_name": "joe", "password": "x", "host": "h"}}) == {"hub": {"host": "h"}}


def test_an_upload_form_is_dropped_whole() -> None:
    assert redact({"fields": {"key": "a/b", "acl": "private", "x-amz-credential": "c"}}) == {"fields": {}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://u.example.com/a/85.mp4?X-Amz-Signature=never", "https://u.example.com/a/85.mp4"),
        ("https://joe:p@ss@shop.example.com:8443/cart#total", "https://shop.example.com:8443/cart#total"),
        ("https://shop.example.com/#access_token=never", "https://shop.example.com/"),
        ("https://shop.example.com/#/cart?sig=never", "https://shop.example.com/#/cart"),
        ("HTTPS://joe:never@SHOP.example.com/", "HTTPS://SHOP.example.com/"),
        ("https:\\/\\/joe:never@shop.example.com", "https:\\/\\/shop.example.com"),
        ("See https://joe:ne/v?e#r@shop.example.com/a", "See https://shop.example.com/a"),
        ("https:joe:never@shop.example.com", "https:shop.example.com"),
        ("See https://u.example.com/l?hdnea=exp=2~acl=/*~hmac=never", "See https://u.example.com/l"),
        (
            "See https://shop.example.com/login?to=%2Fl%3FSignature%3Dnever",
            "See https://shop.example.com/login",
        ),
        ("See https://shop.example.com/cart;jsessionid=never", "See https://shop.example.com/cart"),
        ("https://shop.example.com:8080/a@2x.png", "https://shop.example.com:8080/a@2x.png"),
        ("https://[::1]:8080/a@2x.png", "https://[::1]:8080/a@2x.png"),
        ("https://medium.example.com/@joe", "https://medium.example.com/@joe"),
        ("Open https://joe:pw@shop.example.com/ now", "Open https://shop.example.com/ now"),
        (
            "Open https://shop.example.com/s?q=shoe&page=2 now",
            "Open https://shop.example.com/s?q=shoe&page=2 now",
        ),
        (
            "See [log](https://u.example.com/l?Expires=1&Signature=abc)!",
            "See [log](https://u.example.com/l)!",
        ),
        ("See u.example.com/l?a=1&X-Amz-Credential=abc end", "See u.example.com/l end"),
        (
            "https://u.example.com/l?h=0123456789012345678901234567890123456789 end",
            "https://u.example.com/l end",
        ),
        ("Total = 5? No: 6 @ 10:30", "Total = 5? No: 6 @ 10:30"),
        ("1 // 2 is a comment", "1 // 2 is a comment"),
    ],
)
def test_urls_lose_what_could_open_something(before: str, after: str) -> None:
    assert redact({"body": before}) == {"body": after}


@pytest.mark.parametrize("name", ["location", "steps", "body", "expected_result", "instructions_text"])
def test_an_address_that_people_wrote_keeps_a_harmless_query(name: str) -> None:
    raw = {name: "https://shop.example.com/p?id=10482&size=M"}
    assert redact(raw) == raw


@pytest.mark.parametrize("name", ["url", "thumbnail_urls", "file", "src", "avatar"])
def test_an_address_anywhere_else_loses_its_query(name: str) -> None:
    for before, after in (
        ("//cdn.example.com/a.png?x=1", "//cdn.example.com/a.png"),
        ("https://[broken/?a=b", "https://[broken/"),
        ("https://u.example.com/a.png?e=1&t=never", "https://u.example.com/a.png"),
    ):
        assert redact({name: [before]}) == {name: [after]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("user: joe password: Summer26 ok", "user:  password:  ok"),
        ("**Passwort:** Sommer!! (Shop)", "**Passwort:**  (Shop)"),
        ("| Password | Summer26! |", "| Password |  |"),
        ("Password:\nSummer26", "Password:\n"),
        ('{"user": "joe", "password": "Summer26"}', '{"user": "", "password": ""}'),
        ("api_key=0123abcd", "api_key="),
        ("Authorization: Bearer ey.never.x", "Authorization: Bearer "),
        ("Cookie: session=never; b=2\nHost: x", "Cookie: \nHost: x"),
    ],
)
def test_what_a_text_itself_calls_a_credential_is_cut_out(before: str, after: str) -> None:
    assert redact({"body": before}) == {"body": after}


@pytest.mark.parametrize(
    "text",
    ["Password: field does not mask its input", "enter password: and press OK", "Passwort: Feld ist leer",
     "token: expired message appears", "Cookie: banner overlaps the footer", "Key: Enter does nothing",
     "| Password | Required |", "password=%s is shown", "Compass: N270 is wrong", "keyboard: QWERTY123",
     "Password: see https://vault.example.com/42"],
)  # fmt: skip
def test_bugs_about_passwords_can_still_be_read(text: str) -> None:
    assert redact({"title": text}) == {"title": text}


def test_what_opens_the_environment_is_cut_out_of_the_tests_own_texts() -> None:
    raw = environment(password="Tr0mbone", username="crowd-7") | {
        "instructions": "Log in as crowd-7 / Tr0mbone (xTr0mbone/), then look at the crowd."
    }
    assert redact(raw)["instructions"] == "Log in as  /  (x/), then look at the crowd."


def test_a_login_that_is_a_part_of_an_address_stays_there() -> None:
    raw = environment(
        password="halo-shop", username="halo-shop", url="https://staging.halo-shop.example/"
    ) | {"goal": "Open www.halo-shop.example/halo-shop and log in (halo-shop)."}
    assert redact(raw)["goal"] == "Open www.halo-shop.example/halo-shop and log in ()."
    assert redact(raw)["test_environment"]["url"] == "https://staging.halo-shop.example/"


def test_an_ordinary_word_that_is_also_a_password_stays_in_the_texts() -> None:
    raw = environment(password="shopping", username="Tester") | {"goal": "Tester goes shopping"}
    assert redact(raw)["goal"] == "Tester goes shopping"


@pytest.mark.parametrize(
    "raw",
    [
        {"test_environments": [{"login": "never", "account": "never"}]},
        {"test_environment": {"data": {"username": "never"}}},
        {"testEnv": {"user": "never"}},
        {"connection": {"username": "never"}},
        {"binary_app": "https://uploads.example.com/never.apk"},
        {"binary_app": {"file": {"url": "never"}}},
        {"binary_app": {"src": "https://uploads.example.com/never.apk"}},
        {"fields": {"policy": "never", "signature": "never", "key": "never"}},
        {"custom_fields": [{"name": "Password:", "value": "never"}]},
        {"headers": [{"key": "X-Amz-Signature", "value": "never"}]},
        {"hub": {"email": "never", "accessToken": "never"}},
    ],
)
def test_credentials_are_found_in_every_shape(raw: dict[str, Any]) -> None:
    assert "never" not in json.dumps(redact(raw))


@pytest.mark.parametrize(
    "piece", ["token", "?token", "//a:", "https:", "https://", "a?", "=", "/", " password ", "cookie:", "@:"]
)
def test_no_text_hangs_the_search_for_secrets(piece: str) -> None:
    text = "= @ ?" + piece * (LONG // len(piece))
    with giving_up():
        assert redact({"body": text, "url": text}) == {"body": shortened(text), "url": "= @ "}


def test_a_value_under_a_url_name_needs_no_scheme_to_be_cut() -> None:
    raw = {"thumbnail_urls": ["joe:pw@u.example.com/a?v=1", "u.example.com/b?v=2"], "url": None}
    assert redact(raw) == {"thumbnail_urls": ["u.example.com/a", "u.example.com/b"], "url": None}


def test_an_echo_of_the_token_is_cut_out_of_names_and_texts() -> None:
    token = "tok-123456"
    raw = {"message": f"Token {token} is fine", token: 1, "list": [token], "id": 3}
    assert redact(raw, token=token) == {"message": "Token  is fine", "list": [""], "id": 3}


def test_unknown_fields_and_types_are_kept_and_the_input_is_left_alone() -> None:
    raw = {"id": "7", "new_field": {"a": [1, 2.5, True, None]}, "password": "x"}
    before = json.dumps(raw)
    assert redact(raw) == {"id": "7", "new_field": {"a": [1, 2.5, True, None]}}
    assert json.dumps(raw) == before


def test_bottomless_nesting_is_cut_instead_of_failing() -> None:
    raw: Any = "deep"
    for _ in range(900):
        raw = {"more": [raw]}
    assert "deep" not in json.dumps(redact(raw))

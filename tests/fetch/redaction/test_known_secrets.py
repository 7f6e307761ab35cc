"""Credentials of test environments are cut out of whatever people write, in every form; honest texts stay."""

import base64
import html
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import UserError
from fetch.redaction.credentials import credentials
from fetch.redaction.fields import cut_known, redact
from fetch.redaction.forms import Where, where
from fetch.redaction.secrets import Secrets
from tests.effort import LONG, giving_up

USER, PASSWORD = "crowd-7.qa", "Wint3r&Gate!"
TOKEN = "tok-5f2a9c77"


def environment(user: Any = USER, password: Any = PASSWORD, **more: Any) -> dict[str, Any]:
    return {"test_environment": {"id": 1, "title": "Shop", "username": user, "password": password, **more}}


def known(*environments: dict[str, Any]) -> Secrets:
    secrets = Secrets(TOKEN)
    for one in environments or (environment(),):
        secrets.learn(one)
    return secrets


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "said",
    [
        PASSWORD,
        PASSWORD.upper(),
        PASSWORD.swapcase(),
        f"x{PASSWORD}x",
        quote(PASSWORD, safe=""),
        quote(quote(PASSWORD, safe=""), safe=""),
        PASSWORD.replace("3", "%33"),
        PASSWORD.replace("&", "&amp;"),
        PASSWORD.replace("!", "&#33;"),
        in_base64(PASSWORD),
        in_base64(PASSWORD).rstrip("="),
        in_base64(f"{USER}:{PASSWORD}"),
        in_base64(f"Hello, {PASSWORD} is it"),
        base64.urlsafe_b64encode(f"??>{PASSWORD}~~".encode()).decode(),
        PASSWORD.replace("G", "\u200bG"),
        PASSWORD.replace("G", "\x01G"),
        PASSWORD.replace("G", "\u00adG\u200d"),
        PASSWORD.replace("W", "\uff37").replace("!", "\uff01"),
        PASSWORD.replace("i", "i\U000e0041"),
        f"\u5bc6\u7801{PASSWORD}\u3002",
        PASSWORD.replace("&", "\\&").replace("!", "\\!"),
        PASSWORD.replace("&", "\\u0026"),
        "".join(f"\\x{ord(sign):02x}" for sign in PASSWORD),
        quote(quote(quote(PASSWORD, safe=""), safe=""), safe=""),
        html.escape(html.escape(PASSWORD)),
        html.escape(PASSWORD).replace("&", "\\u0026"),
        PASSWORD.encode().hex(),
        "".join(chr(0x1D400 + ord(sign) - 65) if sign.isupper() else sign for sign in PASSWORD),
        PASSWORD.replace("r", "r "),
        PASSWORD.replace("&", "\n&"),
        PASSWORD.replace("3", " 3\t"),
        " ".join(PASSWORD),
        PASSWORD.replace("3", "3\u0301"),
        PASSWORD.replace("a", "\u00e1"),
        PASSWORD.replace("a", "a\u0301").replace(" ", "\u00a0"),
    ],
)
def test_a_password_is_cut_out_in_every_form(said: str) -> None:
    """A tester wrote the environment's password into a bug, and it stood on a page."""
    found = known().cut(said)
    text = redact({"body": f"Use {said} here"}, known())["body"]
    assert text.startswith("Use ")
    assert text.endswith(" here")
    assert len(text) < len("Use  here") + 5
    assert PASSWORD.lower() not in found.lower() or found == said  # hidden signs are for `redact`


@pytest.mark.parametrize(
    "said", ["C:\\users\\anna", "a\\*b", "R&D at 100%", "\\ud800 is half", "&lt;b&gt;", "50%41"]
)
def test_what_looks_encoded_and_holds_no_credential_stays_as_it_is(said: str) -> None:
    assert redact({"body": said}, known()) == {"body": said}
    kept = redact({"body": f"{said} {PASSWORD.replace('&', '&amp;')}"}, known())["body"]
    assert PASSWORD[:6] not in kept
    assert kept.encode()


@pytest.mark.parametrize(
    "form", ["({})", "_{}_", "login={}", "{}@", "/users/{}/orders", "**{}**", "{}.", "\u767b\u5f55{}\u3002"]
)
def test_a_user_name_is_cut_out_where_it_stands_alone(form: str) -> None:
    assert redact({"body": form.format(USER)}, known()) == {"body": form.format("")}


@pytest.mark.parametrize("text", [f"x{USER}", f"{USER}x", f"a-{USER}", "crowd-7", "crowd 7.qa"])
def test_a_user_name_inside_another_word_is_another_word(text: str) -> None:
    assert redact({"body": text}, known()) == {"body": text}


@pytest.mark.parametrize("text", ["Test 2024", "See Test\n2024 of it", "max 10000 rows", "A1 B2", "x 1"])
def test_words_beside_numbers_are_no_parted_password(text: str) -> None:
    """With `Test2024` as a password every title with the year would lose it."""
    secrets = known(
        environment("qa-1", "Test2024"), environment("qa-2", "x10000!"), environment("u", "A1B2x")
    )
    assert redact({"body": text}, secrets) == {"body": text}


@pytest.mark.parametrize("said", ["Gr\u00fcn!23", "Gru\u0308n!23", "Grun!23", "GR\u00dcN!23", "gr un!23"])
def test_accents_hide_no_password(said: str) -> None:
    assert redact({"body": f"Use {said} here"}, known(environment("u", "Gr\u00fcn!23"))) == {
        "body": "Use  here"
    }


HONEST = (
    "The admin tests the test shop while shopping.",
    "Test: admin page, pin the map, code 1234567 is an order.",
    "Log in as admin and open the shopping cart.",
    "shopping/admin are two folders, admin/test too.",
    "In 2026 we had 4711 orders.",
)


@pytest.mark.parametrize("text", HONEST)
def test_everyday_words_that_are_also_credentials_destroy_no_honest_text(text: str) -> None:
    secrets = known(environment("admin", "shopping"), environment("test", "pin"), environment("qa", "4711"))
    assert redact({"body": text, "steps": [text]}, secrets) == {"body": text, "steps": [text]}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Password: shopping", "Password: "),
        ("the password is shopping!", "the password is "),
        ('with password "shopping"', 'with password ""'),
        ("Kennwort lautet shopping", "Kennwort lautet "),
        ("Username: admin", "Username: "),
        ("admin / shopping", " / "),
        ("(admin|shopping)", "(|)"),
        ("admin, pw shopping", ", pw "),
        ("admin\nshopping", "\n"),
        ("Basic " + in_base64("admin:shopping"), "Basic "),
        ("ADMIN:Shopping", ":"),
    ],
)
def test_everyday_words_are_cut_out_where_the_text_says_what_they_are(said: str, left: str) -> None:
    assert redact({"body": said}, known(environment("admin", "shopping"))) == {"body": left}


@pytest.mark.parametrize(
    ("text", "name", "secret"),
    [
        ("x", None, None),
        ("qa", Where.LABELLED, Where.LABELLED),
        ("a1!", Where.LABELLED, Where.LABELLED),
        ("tester", Where.LABELLED, Where.LABELLED),
        ("TESTER", Where.LABELLED, Where.LABELLED),
        ("Tester", Where.LABELLED, Where.LABELLED),
        ("12345", Where.LABELLED, Where.LABELLED),
        ("Anna M\u00fcller", Where.LABELLED, Where.LABELLED),
        ("correct horse battery", Where.LABELLED, Where.ALONE),
        ("123456", Where.ALONE, Where.ALONE),
        ("SwordFish", Where.ALONE, Where.ALONE),
        ("halo-shop", Where.ALONE, Where.ALONE),
        ("a1b2", Where.ALONE, Where.ALONE),
        ("anna@shop.example", Where.ALONE, Where.ANYWHERE),
        ("hunter2", Where.ALONE, Where.ANYWHERE),
    ],
)
def test_how_far_a_credential_is_looked_for_follows_from_how_it_looks(
    text: str, name: Where | None, secret: Where | None
) -> None:
    assert (where(text, is_name=True), where(text, is_name=False)) == (name, secret)


@pytest.mark.parametrize(
    ("more", "secret"),
    [
        ({"access": "VPN: profile north, user crowd9x, password Fr0st-Pass."}, "Fr0st-Pass"),
        ({"access": "https://share.example.com/s/AbCdEf"}, "https://share.example.com/s/AbCdEf"),
        ({"environment_test_information": "halo / w1nter-Gate"}, "w1nter-Gate"),
        ({"environment_test_information": "https://halo:w1nter-Gate@stage.example/"}, "w1nter-Gate"),
        ({"url": "https://halo:w1nter%2DGate@stage.example/"}, "w1nter-Gate"),
        ({"url": "https://stage.example/?key=w1nter-Gate"}, "w1nter-Gate"),
        ({"pin": 48213377}, "48213377"),
        ({"dsn": "amqp-9x-secret"}, "amqp-9x-secret"),
        ({"session_id": "5e55-10n-1d"}, "5e55-10n-1d"),
        ({"otpSeed": "JBSWY3DPEHPK3PXP"}, "JBSWY3DPEHPK3PXP"),
        ({"binary_app": {"s3_upload": {"secret_key": "up-10ad-k3y"}}}, "up-10ad-k3y"),
        ({"vpn": [{"user": "north", "password": "n0rth-Pass"}]}, "n0rth-Pass"),
    ],
)
def test_everything_that_an_environment_holds_is_looked_for(more: dict[str, Any], secret: str) -> None:
    secrets = known(environment(None, None, **more))
    text = redact({"comments": [{"body": f"I used {secret} for it"}]}, secrets)["comments"][0]["body"]
    assert text == "I used  for it"


def test_an_iphone_in_a_note_is_no_secret() -> None:
    note = "Use iPhone15 or Chrome120, v2.10.3 of the app, UTF-8, 2-factor off, at 10:30."
    honest = {"body": f"Seen on iPhone15 with Chrome120, v2.10.3, UTF-8, 2-factor at 10:30. {note}"}
    assert redact(honest, known(environment(access=note))) == honest


def test_of_an_environment_only_its_id_title_and_clean_address_are_kept() -> None:
    """A field that nobody had heard of (a PIN, a data source, a session) was stored as it came."""
    odd = {"pin": "4821", "dsn": "x", "session_id": "y", "name": "n", "proxy": True, "newest": {"url": "z"}}
    raw = environment(url="https://a:b@shop.example/x?key=1#t=2 user a", **odd)
    kept = {"id": 1, "title": "Shop", "url": "https://shop.example/x"}
    assert redact(raw) == {"test_environment": kept}
    assert redact({"test": {"environments": [raw["test_environment"]]}}) == {"test": {"environments": [kept]}}
    assert redact({"env": {"id": {"deep": "x"}, "title": ["y"], "url": {"z": 1}}}) == {
        "env": {"id": None, "title": None, "url": None}
    }


def test_credentials_are_found_in_environments_at_any_depth_and_elsewhere_by_name() -> None:
    deep: Any = {"bug": {"test": [{"test_environment": {"username": "u-1", "password": "p-1-x"}}]}}
    hub = {"hub": {"login": "u-2", "api_key": "p-2-x"}}
    found = credentials([deep, hub])
    assert [(one.users, one.secrets) for one in found] == [(("u-1",), ("p-1-x",)), (("u-2",), ("p-2-x",))]


def test_what_is_learnt_later_is_cut_out_of_what_was_redacted_and_the_rest_is_the_same_object() -> None:
    data = {"test": {"title": "Cart"}, "bugs": [{"title": f"Fails with {PASSWORD}", "steps": ["Open", USER]}]}
    assert cut_known(data, Secrets(TOKEN)) is data
    assert cut_known(data, known()) == {
        "test": {"title": "Cart"},
        "bugs": [{"title": "Fails with ", "steps": ["Open", ""]}],
    }


def test_marks_tell_apart_what_is_known_and_nothing_without_the_token() -> None:
    one, other = known().fingerprints(), known(environment(), environment("b-2", "c-3-x")).fingerprints()
    assert one < other
    elsewhere = Secrets("another-token")
    elsewhere.learn(environment())
    assert not elsewhere.fingerprints() & one
    assert not any(PASSWORD in mark or USER in mark for mark in other)


def test_an_api_with_more_credentials_than_can_be_looked_for_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20,000 passwords times a megabyte of text went minutes over the deadline."""
    monkeypatch.setattr("fetch.redaction.secrets.CREDENTIAL_LETTERS", 1000)
    with pytest.raises(UserError, match="more than 1,000 letters"):
        known(*(environment(f"u-{number}", f"p-{number}-x") for number in range(200)))


@pytest.mark.parametrize("depth", [1, 3, 5, 50])
def test_a_credential_that_cutting_brings_together_is_cut_out_too(depth: int) -> None:
    """`WinWint3r&Gate!t3r&Gate!` left the password behind; deeper ones than people write cost the text."""
    said = PASSWORD
    for _ in range(depth):
        said = PASSWORD[:3] + said + PASSWORD[3:]
    assert PASSWORD not in redact({"body": f"See {said} there"}, known())["body"]


def test_many_credentials_take_no_more_steps_than_few() -> None:
    few, many = (
        known(*(environment(f"user-{number}", f"Pass-{number}!x") for number in range(count)))
        for count in (2, 4000)
    )
    text = "An honest text of some words. " * 30 + "Pass-1!x"
    assert few.cut(text) == many.cut(text) == text.removesuffix("Pass-1!x")


@given(st.text(max_size=200))
def test_no_text_without_credentials_is_changed_by_looking_for_them(text: str) -> None:
    secrets = known(environment("crowd-tester-77", "Xq9!unheard-of"))
    assert cut_known({"body": text}, secrets) == {"body": text}


@given(st.text(alphabet="ab1!&%+ =:@/\u0130\u00df\u00e9", min_size=6, max_size=20), st.text(max_size=20))
def test_whatever_a_strong_password_is_made_of_it_is_found(password: str, around: str) -> None:
    if where(password.strip(), is_name=False) is not Where.ANYWHERE:
        return
    left = redact({"body": f"{around} {password.strip()} {around}"}, known(environment("u", password)))
    assert password.strip().lower() not in json.dumps(left, ensure_ascii=False).lower()


@pytest.mark.parametrize(
    "said",
    [
        f"Login: {USER} / hunter2",
        f"Username: {USER}, password: hunter2",
        f"curl -u {USER}:hunter2 https://shop.example",
        f"Connect to {USER}:hunter2@db.example.com please",
        f"https://{USER}:hunter2@shop.example/a",
    ],
)
def test_a_known_name_takes_the_unknown_password_beside_it_along(said: str) -> None:
    """`Login: root / x` was no pair of name and password any more once the known `root` was cut out of it."""
    assert "hunter2" not in str(redact({"title": said}, known()))


def test_pairs_of_short_words_count_like_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand short words in every combination filled the memory, and counted as a thousand words."""
    monkeypatch.setattr("fetch.redaction.secrets.CREDENTIAL_LETTERS", 2000)
    with pytest.raises(UserError, match="more than 2,000 letters"):
        known(*(environment(f"u{user}", f"p{word}") for user in range(10, 40) for word in range(10, 40)))


def test_of_more_addresses_than_an_account_has_words_are_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hit was looked for in 100,000 addresses of a thousand letters: minutes over the deadline."""
    monkeypatch.setattr("fetch.redaction.secrets.CREDENTIAL_LETTERS", 100)
    secrets = Secrets(TOKEN)
    for number in range(9):
        secrets.learn(environment(f"shop-{number}", "", url=f"https://shop-{number}.example.com/"))
    assert secrets.cut("https://shop-1.example.com/cart") == "https://shop-1.example.com/cart"
    assert secrets.cut("https://shop-8.example.com/cart") == "https://.example.com/cart"


@pytest.mark.parametrize(
    "text",
    [
        (2000 * "A" + " ") + (in_base64(PASSWORD).rstrip("=") + " ") * 30,
        in_base64(PASSWORD).rstrip("="),
        f"{USER} ",
        f"{PASSWORD} ",
        " ".join(PASSWORD) + " x ",
    ],
)
def test_texts_full_of_credentials_take_no_more_than_their_length(text: str) -> None:
    """20,000 letters of base64 took seven seconds, and 100,000 minutes: past any deadline."""
    secrets = known(environment(), environment("admin", "shopping"))
    with giving_up():
        assert PASSWORD not in secrets.cut(text * (LONG // len(text)))

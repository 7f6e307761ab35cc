"""What looks like a credential is cut out, whoever wrote it; what only speaks of credentials stays."""

import pytest

from fetch.redaction.fields import redact
from tests.effort import LONG, giving_up

HEX = "0123456789abcdef"


def body(text: str) -> str:
    found: str = redact({"body": text})["body"]
    return found


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("password is x9Kw2", "password is "),
        ("Password is: Tr0mbone", "Password is: "),
        ("Passwort lautet Sommer26", "Passwort lautet "),
        ("PIN: 4821", "PIN: "),
        ("pw\u00a0=\u00a0Sommer26", "pw\u00a0=\u00a0"),
        ("Password\uff1aSommer26", "Password:"),
        ("\u5bc6\u7801\uff1aTr0mbone9", "\u5bc6\u7801:"),
        ("Mot de passe : Ete2026!", "Mot de passe : "),
        ("Pass\u00adword:\u200bSommer26!", "Password:"),
        ("password ->\nSommer26", "password ->\n"),
        ("Login: anna / swordfish", "Login:  / "),
        ("Login\uff1aanna\uff0fswordfish", "Login:/"),
        ("Zugangsdaten: anna|swordfish", "Zugangsdaten: |"),
        ("Credentials:\nanna / swordfish\nthen open it", "Credentials:\n / \nthen open it"),
        ("User: anna\nPassword: swordfish", "User: \nPassword: "),
        ("user\u00a0name:\u00a0anna, pw:\u00a0swordfish", "user name: , pw: "),
        ("curl -u anna:swordfish https://x.example", "curl -u  https://x.example"),
        ("curl --user 'anna:sword fish' x", "curl --user  x"),
        ("wget --password=swordfish x", "wget --password= x"),
        ("sshpass -p swordfish ssh", "sshpass -p  ssh"),
        ("anna:sword7@db.example.com is it", "db.example.com is it"),
        ("postgres://anna:sword@db/x", "postgres://db/x"),
        ("mongodb+srv://anna:sw0rd@db.example/x", "mongodb+srv://db.example/x"),
        ("https://x.example/p?key=abc now", "https://x.example/p now"),
        ("https://x.example/cb?state=1&code=zz9 now", "https://x.example/cb now"),
        ("x.example/cb#code=zz9 now", "x.example/cb now"),
        ("Bearer abcdefghij0123456789", "Bearer "),
        ("send Basic YW5uYTpzd29yZGZpc2g= there", "send Basic  there"),
        (f"see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{HEX} end", "see  end"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.", ""),
        (f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{HEX}\nABC=\n-----END RSA PRIVATE KEY----- x", " x"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\\nAAA=", ""),
        ("hooks: https://hooks.slack.com/services/T000/B000/XXXXXXXX", "hooks: https://hooks.slack.com/services"),
        ("https://discord.com/api/webhooks/123456/abc-def", "https://discord.com/api/webhooks"),
        ("https://x.webhook.office.com/webhookb2/abc@def/Incoming", "https://x.webhook.office.com/webhookb2"),
        ("https://api.telegram.org/bot123456:ABC-DEF1234/sendMessage", "https://api.telegram.org/bot"),
    ],
)  # fmt: skip
def test_labelled_and_known_shapes_are_cut_out(said: str, left: str) -> None:
    """`Login: a / b` in a bug's steps, and the environment was open to every reader of the pages."""
    assert body(said) == left


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE", f"ghp_{HEX}{HEX}", f"github_pat_{HEX}_{HEX}", f"glpat-{HEX}abcd",
        f"xoxb-123456789012-{HEX}", f"sk_live_{HEX}", f"rk_test_{HEX}", f"AIza{HEX}{HEX}abc",
        f"ya29.{HEX}{HEX}", f"sk-proj-{HEX}{HEX}", f"sk-ant-{HEX}{HEX}", f"SG.{HEX}abcd.{HEX}{HEX}",
        f"key-{HEX}{HEX}", f"AC{HEX}{HEX}", f"npm_{HEX}{HEX}abcd", f"shpat_{HEX}{HEX}", f"hf_{HEX}{HEX}",
        f"dop_v1_{HEX * 4}", f"ATATT3{HEX * 4}", f"12345678:{HEX}{HEX}abc", f"hvs.{HEX}{HEX}",
    ],
)  # fmt: skip
def test_tokens_of_well_known_services_are_cut_out(token: str) -> None:
    assert body(f"It said {token}, then failed") == "It said , then failed"
    assert body(f'{{"k":"{token}"}}') == '{"k":""}'


@pytest.mark.parametrize(
    "text",
    [
        "Password is required", "the password is too short", "password is 8-12 characters",
        "Passwort ist leer", "Password is 100% visible", "Password is UTF-8 encoded",
        "Login: button is missing", "Login: Google / Facebook buttons do nothing",
        "Login fails: 404 / 500", "User: empty, Password: empty", "The pin is 20 px too low",
        "E-Mail:anna@example.com", "mailto:anna@example.com", "Basic functionality",
        "Use Basic Authentication", "token expired after 30 minutes", "10:30@zoom.example.com",
        "secret is out", "-u is an option", "git commit --password", "access key: F5 does nothing",
        "SKU AC-100 is sold out", "Compare https://shop.example/p?id=2&size=M",
        "sk-learn and glide-path and ghost_town", "eyJ is a prefix",
        "Username and password are not masked", "https://shop.example/hooks/fishing is 404",
        "-----BEGIN CERTIFICATE-----", "the tan line is 3 px", "Step 3: Account: iOS/Android",
    ],
)  # fmt: skip
def test_what_only_speaks_of_credentials_can_still_be_read(text: str) -> None:
    assert body(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Zero\u200cwidth \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467", "Cafe\u0301", "\uff21\uff22\uff23\uff1a\uff11",
        "a\u00a0b", "x\x0by\x0c", "\u202eabc", "1\u202f000\u00a0\u20ac", "\ufeffBOM", "a\r\nb",
    ],
)  # fmt: skip
def test_a_text_without_secrets_stays_as_it_is_to_the_last_byte(text: str) -> None:
    """Texts are searched clean, composed and with plain blanks; that is no reason to change them."""
    assert body(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "pass ", "password is ", "user: a password: ", "login: a/", "-u a:", "a:b@",
        "-----BEGIN PRIVATE KEY-----", "eyJa.", "AAAA", "basic ", "bearer a1", "hooks.", "/hooks/",
        "\u00a0", "\uff1a", "%25", "&amp;", "e\u0301", "A-", "ghp_", "PuTTY-User-Key-File-2:", "1:",
        ".aaaaaa.",
    ],
)  # fmt: skip
def test_no_text_hangs_the_search_for_shapes(piece: str) -> None:
    with giving_up():
        for text in (piece * (LONG // len(piece)), f"x{piece * 5000}y", f"password{piece * 20_000}"):
            assert len(body(text)) <= len(text)


def test_a_long_text_is_cut_off_before_anything_is_done_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A title of 10 MB kept one core busy for minutes."""
    monkeypatch.setattr("fetch.redaction.text.TEXT_LETTERS", 300)
    assert body("x" * 300) == "x" * 300
    assert body("x" * 301) == body(body("x" * 301)) == "x" * 299 + "\u2026"
    assert body("one two " * 38 + "three") == ("one two " * 37).rstrip() + "\u2026"
    assert body("x" * 280 + " then password: Sommer26!") == "x" * 280 + " then password:\u2026"


@pytest.mark.parametrize("name", ["url", "href", "thumbnail_links", "callback_uri"])
def test_a_text_in_the_place_of_an_address_is_searched_like_any_other(name: str) -> None:
    """Somebody wrote `Login: root / sesame` where a link belongs, and only its query was cut."""
    assert redact({name: "Login: root / sesame"}) == {name: "Login:  / "}
    assert redact({name: "https://shop.example/a b"}) == {name: "https://shop.example/a b"}

"""Values that programs name as credentials, and pairs of a person and a password, are cut out of any text."""

import pytest

from fetch.redaction.fields import redact
from tests.effort import LONG, giving_up

LONGER = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"


def body(text: str) -> str:
    found: str = redact({"body": text})["body"]
    return found


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("DB_PASSWORD=hunter2", "DB_PASSWORD="),
        ("export PGPASSWORD=hunter2", "export PGPASSWORD="),
        ("MYSQL_PWD=hunter2 mysql", "MYSQL_PWD= mysql"),
        ("spring.datasource.password=hunter2", "spring.datasource.password="),
        ("password := hunter2", "password := "),
        ("'password' => 'hunter2'", "'password' => ''"),
        ('{"clientSecret":"hunter2x"}', '{"clientSecret":""}'),
        (f"client_secret={LONGER}", "client_secret="),
        (f"aws_secret_access_key = {LONGER}", "aws_secret_access_key = "),
        (f"private_key: {LONGER}", "private_key: "),
        (f"AccountName=a;AccountKey={LONGER}==", "AccountName=a;AccountKey="),
        (f"session_id={LONGER}", "session_id="),
        (f"JSESSIONID={LONGER}; Path=/", "JSESSIONID=; Path=/"),
        (f"PHPSESSID={LONGER}", "PHPSESSID="),
        (f"csrf_token: {LONGER}", "csrf_token: "),
        (f"my secret key {LONGER}", "my secret key "),
        (f"The token is {LONGER}", "The token is "),
        (f"Authorization: ApiKey {LONGER}", "Authorization: ApiKey "),
        ("<password>hunter2</password>", "<password></password>"),
        ('<ns:apiToken type="x">hunter2</ns:apiToken>', '<ns:apiToken type="x"></ns:apiToken>'),
        ("<input type=password value=hunter2>", "<input type=password value=>"),
        ("Password (staging): hunter2", "Password (staging): "),
        ("Password [test]: hunter2", "Password [test]: "),
        ("password for user anna: hunter2", "password for user anna: "),
        ("the password for staging is hunter2", "the password for staging is "),
        ("Password - hunter2", "Password - "),
        ("Passwort \u2013 hunter2\nthen", "Passwort \u2013 \nthen"),
        ('password "hunter2"', 'password ""'),
        ("Passwort \u201ehunter2\u201c", "Passwort \u201e\u201c"),
        ("Login with anna / hunter2", "Login with  / "),
        ("We logged in as anna / hunter2.", "We logged in as  / "),
        ("log in using anna:hunter2", "log in using :"),
        ("creds: anna hunter2", "creds:  "),
        ("u/p: anna/hunter2", "u/p: /"),
        ("username anna password hunter2", "username  password "),
        ("email a@b.example with password hunter2", "email  with password "),
        ("a@b.example / hunter2", "a@b.example / "),
        ("a@b.example:hunter2", "a@b.example:"),
        ("a@b.example | hunter2 |", "a@b.example |  |"),
        ("salasana: hunter2", "salasana: "),
        ("L\u00f6senord: hunter2", "L\u00f6senord: "),
        ("heslo: hunter2", "heslo: "),
        ("\u015fifre: hunter2", "\u015fifre: "),
        ("\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631: hunter2",
         "\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631: "),
        ("\u05e1\u05d9\u05e1\u05de\u05d4: hunter2", "\u05e1\u05d9\u05e1\u05de\u05d4: "),
        (f"https://x.example/reset-password/{LONGER}", "https://x.example/reset-password/"),
        (f"open https://x.example/verify/email/{LONGER} now", "open https://x.example/verify/email/ now"),
        (f"https://x.example/#/login/{LONGER}", "https://x.example/#/login/"),
        (f"https://x.example/?token[]={LONGER}", "https://x.example/"),
        (f"https://x.example/?a=1&rlkey={LONGER}", "https://x.example/"),
        (f"it was eyJhbGciOiJkaXIifQ..{LONGER}.{LONGER}.{LONGER} then", "it was  then"),
        (f"tskey-auth-{LONGER}", ""),
    ],
)  # fmt: skip
def test_what_a_name_or_a_pair_says_is_a_credential_is_cut_out(said: str, left: str) -> None:
    """Configurations, requests and logins are pasted into steps and comments as they are."""
    assert body(said) == left


@pytest.mark.parametrize(
    "text",
    [
        "password_length = 12", "passwordField: required", "session_timeout: 30min", "token_type: Bearer",
        "Password - the field is empty", "PIN - 4digits only", "Password (optional): leave blank",
        "the password for staging is wrong", "Login with Google / Facebook", "Logged in as admin / editor",
        "Login with Face ID 2 fails", "a@b.example: not found", "a@b.example / b@c.example",
        "username and password are required", "<password> is not masked", "key Enter does nothing",
        "https://x.example/reset/step-2-of-the-shop", "https://x.example/login/forgot-password-2",
        "https://x.example/products/0123456789abcdef0123", "The session id is missing",
        "E-mail password reset",
        "token was refreshed after 2 minutes", "EAA is a law", "Credentials are wrong", "u/p is short",
        "Password of 12 letters: accepted", "/token/introspection-endpoint is 404",
    ],
)  # fmt: skip
def test_honest_texts_stay_as_they_are(text: str) -> None:
    assert body(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "db_password=", "a_", "password for ", "password (", "login with a / ", "creds a ",
        "user a password ",
        "a@b.cd / ", "/reset/", "<password ", "type=password ", "token is a", "key 1", "a.password",
    ],
)  # fmt: skip
def test_no_text_hangs_the_search_for_names(piece: str) -> None:
    with giving_up():
        for text in (piece * (LONG // len(piece)), f"password {piece * 5000}y"):
            assert len(body(text)) <= len(text)

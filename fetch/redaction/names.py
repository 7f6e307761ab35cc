"""What the names of fields say about their values."""

import re
from collections.abc import Collection
from functools import lru_cache

_PASSWORD = r"pass_?(word|wd|wort|phrase|code)|kennwort|(^|_)(pass\d*$|pwd\d*($|_)|secrets?\d*($|_))"  # noqa: S105 - what names passwords
_SECRET = re.compile(
    rf"{_PASSWORD}"
    r"|(^|_)(tokens?|credentials?|cookies?|jwt|otp|hmac|bearer|signature|o?auth)\d*($|_)"
    r"|(api|access|private|secret|signing|ssh|encryption|licen[cs]e)_?keys?\d*(_|$)|authori[sz]ation"
    r"|(^|_)(access|login)_?(code|data|details)($|_)|(^|_)webhooks?($|_)"
)
"""Names of fields that hold credentials."""
_OPENS = re.compile(
    r"(^|_)(pins?|tans?|otp|dsn|sessions?|sid|keys?|codes?|auth|psk|seed|connection_string)\d*($|_)"
)
"""Names that do so inside an environment."""
_LOGIN = re.compile(r"^(user_?name|user|login|account|e_?mail)$")
"""Names that are harmless alone and half of the credentials beside the other half."""
_UPLOAD = re.compile(r"^s3|upload_?(url|field|param|form|data|policy)|^upload$|presigned|direct_?upload")
_UPLOAD_FORM = re.compile(r"^x_(amz|goog)|^aws_?access_?key_?id$|^google_?access_?id$")
_ENVIRONMENT = re.compile(r"^((test_?)?env(ironment)?)s?$")
_CONNECTION = re.compile(r"^connections?$")
_IN_CONNECTION = re.compile(r"^(user_?name|user|login|account|access)$")
_BINARY = re.compile(r"^binary(_?app)?s?$")
_IN_BINARY = re.compile(r"ur[il]|link|href|upload|fields|form")

OF_ENVIRONMENT = frozenset({"id", "title", "url"})
"""All that is kept of a test environment: what else it holds, today or in a later version, opens it."""

_LONGEST = 200


class TooMuch(Exception):
    """An object holds more than is redacted in passable time."""


REMEMBERED = 2000
"""Sets of names of which is remembered what was found out about them."""
_USUAL_SIZE, _USUAL_LETTERS = 100, 4000


def usual(called: tuple[str, ...]) -> bool:
    """Return whether names of fields are worth remembering: an attacker's would fill the memory."""
    return len(called) <= _USUAL_SIZE and len("".join(called)) <= _USUAL_LETTERS


def key(name: str) -> str:
    """Return a field's name in one spelling: `apiKey`, `APIKey`, `API-Key` and `api_key` are one."""
    return _key(name[:_LONGEST])


@lru_cache(maxsize=8192)
def _key(name: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[\s._-]+", "_", parted).lower()


def thing(one: str) -> str:
    """Return what an object under this key is: `environment`, `connection`, `binary` or nothing of these."""
    if _BINARY.match(one):
        return "binary"
    if _ENVIRONMENT.match(one):
        return "environment"
    return "connection" if _CONNECTION.match(one) else ""


def environment(keys: Collection[str], inside: str) -> bool:
    """Return whether an object is a test environment, by what it is a part of or by what it holds."""
    return inside == "environment" or ("access" in keys and "access_type" in keys)


def dropped(keys: Collection[str], inside: str) -> set[str]:
    """Return which of an object's keys are dropped, `inside` telling what it is a part of."""
    if environment(keys, inside):
        return set(keys) - OF_ENVIRONMENT
    form = any(_UPLOAD_FORM.search(one) for one in keys)
    if form or ("policy" in keys and ("signature" in keys or "key" in keys)):
        return set(keys)
    secret = {one for one in keys if _SECRET.search(one)}
    return secret | {
        one
        for one in keys
        if _UPLOAD.search(one)
        or one == "environment_test_information"
        or (inside == "connection" and _IN_CONNECTION.match(one))
        or (inside == "binary" and _IN_BINARY.search(one))
        or (secret and _LOGIN.match(one))
    }


def secret(one: str) -> bool:
    """Return whether a key names credentials."""
    return _SECRET.search(one) is not None


def opens(one: str) -> bool:
    """Return whether a key of an environment names what opens it."""
    return secret(one) or _OPENS.search(one) is not None


def login(one: str) -> bool:
    """Return whether a key names a user."""
    return _LOGIN.match(one) is not None


def labels_secret(label: object) -> bool:
    """Return whether a text such as `Password:` says that the value beside it is a credential."""
    if not isinstance(label, str):
        return False
    one = key(label.strip(" :"))
    return secret(one) or _UPLOAD_FORM.search(one) is not None

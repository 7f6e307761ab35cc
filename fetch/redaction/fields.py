"""What must never leave the upstream's answer is dropped here, before anything else sees it.

Unknown fields are kept; credentials, upload fields, signed queries and the token are not,
wherever they turn up.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fetch.redaction.text import known_secrets, redact_text

DEEPEST = 64
"""Levels of nesting that are kept; an upstream object has about eight."""

_STORED_DEEPER = 2
"""So many levels deeper than in an answer an object lies in a document."""

_PASSWORD = r"pass_?(word|wd|wort|phrase|code)|kennwort|(^|_)(pass\d*$|pwd\d*($|_)|secrets?\d*($|_))"  # noqa: S105 - what names passwords
_SECRET = re.compile(
    rf"{_PASSWORD}"
    r"|(^|_)(tokens?|credentials?|cookies?|jwt|otp|hmac|bearer|signature|o?auth)\d*($|_)"
    r"|(api|access|private|secret|signing|ssh|encryption|licen[cs]e)_?keys?\d*(_|$)|authori[sz]ation"
    r"|(^|_)(access|login)_?(code|data|details)($|_)|(^|_)webhooks?($|_)"
)
"""Names of fields that hold credentials."""
_LOGIN = re.compile(r"^(user_?name|user|login|account|e_?mail)$")
"""Names that are harmless alone and half of the credentials beside the other half."""
_UPLOAD = re.compile(r"^s3|upload_?(url|field|param|form|data|policy)|^upload$|presigned|direct_?upload")
_UPLOAD_FORM = re.compile(r"^x_(amz|goog)|^aws_?access_?key_?id$|^google_?access_?id$")
_ENTERED = re.compile(r"^((test_?)?env(ironment)?|connection)s?$")
"""Things that one logs in to."""
_IN_ENTERED = re.compile(r"^(user_?name|user|login|account|access)$")
_BINARY = re.compile(r"^binary(_?app)?s?$")
_IN_BINARY = re.compile(r"ur[il]|link|href|upload|fields|form")
_LABEL = re.compile(r"^(name|key|label|field)$")
_LABELLED = re.compile(r"^(value|content)s?$")

_LONGEST_NAME = 200
_USUAL_SIZE = 100
"""Objects with more fields than this are rare, and not worth remembering."""


def redact(value: Any, *, token: str = "") -> Any:
    """Return a copy of an upstream value without anything secret.

    Args:
        value: Parsed JSON.
        token: The customer's token; wherever it was echoed, it is cut out.
    """
    return _value(value, "", "", known_secrets(token, _credentials(value)), 0)


def redact_stored(data: Any, *, token: str = "") -> Any:
    """Return a copy of a stored document's data without anything secret; what a refresh stored has none.

    Args:
        data: An object whose values were redacted one by one, such as a test and its bugs.
        token: The customer's token.
    """
    parts = data.values() if isinstance(data, dict) else ()
    known = known_secrets(token, [found for part in (data, *parts) for found in _credentials(part)])
    return _value(data, "", "", known, -_STORED_DEEPER)


def _value(value: Any, key: str, inside: str, known: re.Pattern[str] | None, depth: int) -> Any:
    if isinstance(value, str):
        return "" if inside == "binary" and "//" in value else redact_text(value, key, known)
    if isinstance(value, (dict, list)) and depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        return _object(value, inside, known, depth + 1)
    if isinstance(value, list):
        return [_value(item, key, inside, known, depth + 1) for item in value]
    return value


def _object(
    value: Mapping[str, Any], inside: str, known: re.Pattern[str] | None, depth: int
) -> dict[str, Any]:
    names = tuple(value)
    shape = _shape(names, inside) if len(names) <= _USUAL_SIZE else _shape.__wrapped__(names, inside)
    drop = shape.labelled if any(_says_secret(value[name]) for name in shape.labels) else ()
    echoed = known is not None and known.search("\n".join(names))
    return {
        name: _value(value[name], key, within, known, depth)
        for name, key, within in shape.kept
        if name not in drop and not (echoed and known and known.search(name))
    }


@dataclass(frozen=True, slots=True)
class _Shape:
    """A set of names of fields, and what objects with these have in common.

    Attributes:
        kept: Each name that stays, in small letters with underscores, and what its value is a part of.
        labels: Names whose values say what the object is, when `labelled` has anything.
        labelled: Names of that which they say: `value` of `{"name": "Password", "value": …}`.
    """

    kept: tuple[tuple[str, str, str], ...]
    labels: tuple[str, ...]
    labelled: tuple[str, ...]


@lru_cache(maxsize=1024)
def _shape(names: tuple[str, ...], inside: str) -> _Shape:
    keys = {name: _key(name) for name in names}
    drop = _dropped(set(keys.values()), inside)
    labelled = tuple(name for name, key in keys.items() if _LABELLED.match(key))
    return _Shape(
        tuple((name, key, _thing(key) or inside) for name, key in keys.items() if key not in drop),
        tuple(name for name, key in keys.items() if labelled and _LABEL.match(key)),
        labelled,
    )


def _key(name: str) -> str:
    """Return a field's name in one spelling: `apiKey`, `APIKey`, `API-Key` and `api_key` are one."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name[:_LONGEST_NAME])
    return re.sub(r"[\s._-]+", "_", parted).lower()


def _thing(key: str) -> str:
    if _BINARY.match(key):
        return "binary"
    return "entered" if _ENTERED.match(key) else ""


def _dropped(keys: Collection[str], inside: str) -> set[str]:
    """Return which of an object's names are dropped, `inside` telling what it is a part of."""
    form = any(_UPLOAD_FORM.search(key) for key in keys)
    if form or ("policy" in keys and ("signature" in keys or "key" in keys)):
        return set(keys)
    secret = {key for key in keys if _SECRET.search(key)}
    entered = inside == "entered" or ("access" in keys and "access_type" in keys)
    return secret | {
        key
        for key in keys
        if _UPLOAD.search(key)
        or key == "environment_test_information"
        or (entered and _IN_ENTERED.match(key))
        or (inside == "binary" and _IN_BINARY.search(key))
        or (secret and _LOGIN.match(key))
    }


def _says_secret(label: Any) -> bool:
    if not isinstance(label, str):
        return False
    key = _key(label.strip(" :"))
    return bool(_SECRET.search(key) or _UPLOAD_FORM.search(key))


def _credentials(value: Any) -> Iterator[tuple[str, bool]]:
    """Find what opens the test's environment, and whether it is a name and no secret by itself."""
    for kind, things in value.items() if isinstance(value, dict) else ():
        if isinstance(things, (dict, list)) and _thing(_key(kind)) == "entered":
            for one in things if isinstance(things, list) else [things]:
                fields = one if isinstance(one, dict) else {}
                keys = {name: _key(name) for name in fields}
                drop = _dropped(set(keys.values()), "entered")
                for name, text in fields.items():
                    if keys[name] in drop and isinstance(text, str):
                        yield text.strip(), _LOGIN.match(keys[name]) is not None

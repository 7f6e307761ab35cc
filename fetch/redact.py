"""What must never leave the upstream's answer is dropped here, before anything else sees it.

Unknown fields are kept; credentials, upload fields, signed queries and the token are not,
wherever they turn up.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

DEEPEST = 64
"""Levels of nesting that are kept; an upstream object has about eight."""

_PASSWORD = re.compile(r"pass(word|wd|phrase|code)|(^|_)(pwd|secrets?)($|_)")
_SECRET = re.compile(
    _PASSWORD.pattern + r"|(^|_)(tokens?|credentials?|cookies?|jwt|otp|hmac|bearer|signature|auth)($|_)"
    r"|(api|access|private|secret|signing)_?keys?(_|$)|authori[sz]ation"
)
"""Names of fields that hold credentials."""
_LOGIN = re.compile(r"^(user_?name|user|login|account|e_?mail)$")
"""Names that are harmless alone and half of the credentials beside a password."""
_UPLOAD = re.compile(r"^s3|upload_?(url|field|param|form|data|policy)|^upload$|presigned|direct_?upload")
_UPLOAD_FORM = re.compile(r"^x_(amz|goog)|^aws_?access_?key_?id$|^google_?access_?id$")
_ENVIRONMENT = re.compile(r"^(test_?)?environments?$")
_IN_ENVIRONMENT = re.compile(r"^(user_?name|access)$")
_BINARY = re.compile(r"^binary(_?app)?s?$")
_IN_BINARY = re.compile(r"ur[il]|link|href|upload|fields|form")
_LINK = re.compile(r"(^|_)(ur[il]s?|links?|hrefs?)$")

_USERINFO = re.compile(r"(//)[^\s/?#<>\"']*@")
_BARE_USERINFO = re.compile(r"^(?!mailto:)[^\s/?#@:]+:[^\s/?#@]*@")
_WHOLE_URL = re.compile(r"\s*([a-z][a-z0-9+.-]*:)?//\S+\s*", re.IGNORECASE)
_QUERY = re.compile(r"(?<=[^\s?])\?([^\s<>\"'`\])?]*)")
_SIGNED = re.compile(
    r"[?&;#](x-(amz|goog)-[\w-]*|[\w.-]*(signature|token|secret|passw|credential|api[_-]?key|accesskey)[\w.-]*"
    r"|sig|awsaccesskeyid|googleaccessid|key-pair-id|policy|jwt|otp|auth|pwd)=[^\s&#<>\"')\]]*",
    re.IGNORECASE,
)
_LONG_VALUE = re.compile(r"=[^&\s]{33,}")
"""Such a value of a query in running text is taken for a signature."""


def redact(value: Any, *, token: str = "") -> Any:
    """A copy of an upstream value without anything secret.

    Args:
        value: Parsed JSON.
        token: The customer's token; wherever it was echoed, it is cut out.
    """
    return _value(value, "", token, 0)


def _value(value: Any, key: str, token: str, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, key, token)
    if isinstance(value, (dict, list)) and depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        return _object(value, key, token, depth)
    if isinstance(value, list):
        return [_value(item, key, token, depth + 1) for item in value]
    return value


def _object(value: Mapping[str, Any], key: str, token: str, depth: int) -> dict[str, Any]:
    names = {name: _name(name) for name in value}
    drop = _dropped(frozenset(names.values()), key)
    return {
        name: _value(item, names[name], token, depth + 1)
        for name, item in value.items()
        if names[name] not in drop and not (token and token in name)
    }


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """`apiKey`, `API-Key` and `api_key` are one name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+", "_", name).lower()


@lru_cache(maxsize=4096)
def _dropped(names: frozenset[str], key: str) -> frozenset[str]:
    """Which of an object's names are dropped, `key` being the name that the object itself has."""
    if any(_UPLOAD_FORM.search(name) for name in names):
        return names
    drop = {name for name in names if _SECRET.search(name) or _UPLOAD.search(name)}
    drop |= names & {"environment_test_information"}
    if _ENVIRONMENT.match(key) or {"access", "access_type"} <= names:
        drop |= {name for name in names if _IN_ENVIRONMENT.match(name)}
    if _BINARY.match(key):
        drop |= {name for name in names if _IN_BINARY.search(name)}
    if any(_PASSWORD.search(name) for name in names):
        drop |= {name for name in names if _LOGIN.match(name)}
    return frozenset(drop)


def _text(text: str, key: str, token: str) -> str:
    if token and token in text:
        text = text.replace(token, "")
    if "//" in text:
        text = _USERINFO.sub(r"\1", text)
        if _WHOLE_URL.fullmatch(text):
            return _link(text)
    if ("?" in text or "@" in text or "=" in text) and _LINK.search(key):
        return _link(_BARE_USERINFO.sub("", text))
    if "=" not in text:
        return text
    return _SIGNED.sub("", _QUERY.sub(_harmless_query, text))


def _link(text: str) -> str:
    """A URL without its query, and without a fragment that holds values."""
    address = text.partition("?")[0]
    page, _, fragment = address.partition("#")
    return page if "=" in fragment else address


def _harmless_query(found: re.Match[str]) -> str:
    query = found[0]
    return "" if _SIGNED.search(query) or _LONG_VALUE.search(query) else query

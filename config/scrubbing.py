"""Secrets that no text of this process may show, and how to take them out."""

import json
import re
from typing import Any

_ADDRESS = re.compile(r"(https?://[^\s\"'<>?#]+)(\?[^\s\"'<>#]*)?", re.IGNORECASE)
_USERINFO = re.compile(r"(https?://)[^\s/@\"'<>]+@", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"\b(Token|Bearer)\s+(token=)?[\w.~+/=-]{6,}", re.IGNORECASE)
HIDDEN = "[hidden]"
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Keep a secret out of every later log line of this process, whoever logs it, in quotes too."""
    if secret:
        _secrets.update((secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]))


def without_secrets(text: str) -> str:
    """Hide the secrets that are known, and nothing else."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def scrub(value: Any) -> Any:
    """Hide known secrets, query strings, user names in URLs and authorization headers in any value."""
    if isinstance(value, str):
        value = _ADDRESS.sub(_without_query, without_secrets(value))
        value = _USERINFO.sub(rf"\1{HIDDEN}@", value)
        return _AUTHORIZATION.sub(rf"\1 {HIDDEN}", value)
    if isinstance(value, dict):
        return {scrub(key): scrub(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


def _without_query(found: re.Match[str]) -> str:
    return f"{found[1]}?{HIDDEN}" if found[2] else found[0]

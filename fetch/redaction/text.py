"""Cutting out of one text what opens something: credentials, signed queries, values known to be secret.

Every pattern is bounded: the text is anyone's, and may be made to be slow to search.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_PROSE = re.compile(
    r"(^|_)(title|name|description|goal|instructions|scope|howtofind|text|body|comments?|location|steps?|result)$"
)
"""Names of what people write. An address there may be where a bug is: it keeps a harmless query."""
_LINK = re.compile(r"(^|_)(ur[il]s?|links?|hrefs?)$")

_USERINFO = re.compile(
    r"((?:https?|s?ftp|wss?):[/\\]*|(?<![/\\])[/\\]{2,})[^\s/\\?#<>\"']{0,300}@", re.IGNORECASE
)
_UNQUOTED_USERINFO = re.compile(r"(//)[^\s/?#<>\"':@\[]{1,100}:(?!\d{0,5}(?:[/?#\s]|$))[^\s<>\"'@]{1,200}@")
"""A password that holds `/`, `?` or `#` as they are; not a host with its port."""
_BARE_USERINFO = re.compile(r"^(?!mailto:)[^\s/?#@:]+:[^\s/?#@]*@")
_WHOLE_URL = re.compile(r"\s*([a-z][a-z0-9+.-]*:)?//\S+\s*", re.IGNORECASE)
_QUERY = re.compile(r"(?<=[^\s?])\?([^\s<>\"'`\])?]*)")
_SIGNED = re.compile(
    r"(?:[?&;#~]|%(?:3f|26|3b|23))"
    r"(?:x-(?:amz|goog)-[\w-]{0,40}"
    r"|[\w.-]{0,40}(?:signature|token|secret|passw|credential|api[_-]?key|accesskey|session|hmac)[\w.-]{0,40}"
    r"|sig|awsaccesskeyid|googleaccessid|key-pair-id|policy|jwt|otp|auth|pwd?|pass|sid|hdn(?:ea|ts|tl))"
    r"(?:=|%3d)[^\s&#<>\"')\]]*",
    re.IGNORECASE,
)
_LONG_VALUE = re.compile(r"=[^&\s]{33,}")
"""Such a value of a query in running text is taken for a signature."""

_SAID = re.compile(
    r"(?P<label>\b(?:pass(?:word|wort|wd|code|phrase)?|pwd?|kennwort|secret"
    r"|(?:[a-z]{2,9}[ _-]?)?(?:token|api[ _-]?key))"
    r"[\"'`*_ \t]{0,4}[:=|][\"'`*_| \t]{0,4}\n?[ \t]{0,4})(?P<value>[^\s\"'`<>|,;()]{6,100})",
    re.IGNORECASE,
)
"""`Password: Summer26!`, also in quotes, bold or a table."""
_HEADER = re.compile(
    r"\b(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:token|bearer|basic|digest)\s{1,3}|cookie\s{0,3}:\s{0,3}(?=[\w.-]{1,60}=))"
    r"[^\n\"'<>]{4,4000}",
    re.IGNORECASE,
)
_TELLING = ("pass", "pw", "token", "key", "secret", "auth", "cookie", "kennwort")
_WORD = re.compile(r"\w?[a-z ]*")
_OPENING = re.compile(r"[\d!$%&§^+#@]")
"""Signs that passwords have and words have not."""
_SHORTEST = 6


def redact_text(text: str, key: str, known: re.Pattern[str] | None = None) -> str:
    """Return a text without anything secret.

    Args:
        text: Any text.
        key: The name of the field that it stands in, in small letters with underscores.
        known: What is known to be secret.
    """
    if known:
        text = known.sub("", text)
    if "@" in text and ("//" in text or ":" in text or "\\" in text):
        text = _UNQUOTED_USERINFO.sub(r"\1", _USERINFO.sub(r"\1", text))
    if _is_link(key) or ("//" in text and not _is_prose(key) and _WHOLE_URL.fullmatch(text)):
        return _link(_BARE_USERINFO.sub("", text))
    if "=" in text or "%3" in text:
        text = _SIGNED.sub("", _QUERY.sub(_harmless_query, text))
    if (":" in text or "=" in text or "|" in text) and _speaks_of_secrets(text.lower()):
        text = _SAID.sub(_harmless_value, _HEADER.sub(r"\1", text))
    return text


@lru_cache(maxsize=4096)
def _is_link(key: str) -> bool:
    return _LINK.search(key) is not None


@lru_cache(maxsize=4096)
def _is_prose(key: str) -> bool:
    return _PROSE.search(key) is not None


def _speaks_of_secrets(lowered: str) -> bool:
    return any(word in lowered for word in _TELLING)


def known_secrets(token: str, credentials: Iterable[tuple[str, bool]]) -> re.Pattern[str] | None:
    """Compile a pattern of the token and of what opens the test's environment; None without any.

    Credentials that are ordinary words are not looked for, and those that may be a part of the shop's own
    address only where they stand alone.

    Args:
        token: May be empty.
        credentials: Each with whether it is a name and no secret by itself.
    """
    anywhere: set[str] = {token} - {""}
    alone: set[str] = set()
    for text, is_name in credentials:
        if len(text) >= _SHORTEST and not _WORD.fullmatch(text):
            (alone if is_name or not _OPENING.search(text) else anywhere).add(text)
    parts = [*_longest_first(anywhere)]
    if alone:
        parts.append(rf"(?<![\w./@-])(?:{'|'.join(_longest_first(alone))})(?![\w/@-]|\.\w)")
    return re.compile("|".join(parts)) if parts else None


def _longest_first(texts: Iterable[str]) -> list[str]:
    return [re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text))]


def _link(text: str) -> str:
    """Return a URL without its query, fragments that hold values, and signed parts of its path."""
    address = text.partition("?")[0]
    page, _, fragment = address.partition("#")
    return _SIGNED.sub("", page if "=" in fragment else address)


def _harmless_query(found: re.Match[str]) -> str:
    query = found[0]
    return "" if _SIGNED.search(query) or _LONG_VALUE.search(query) else query


def _harmless_value(found: re.Match[str]) -> str:
    """Cut the word after `Password:`, unless it may be a sentence's: no digit, no sign of passwords."""
    value = found["value"]
    return found["label"] if _OPENING.search(value) and "://" not in value else found[0]

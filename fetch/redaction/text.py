"""Cutting out of one text what opens something: credentials, signed queries, values known to be secret.

Every pattern is bounded: the text is anyone's, and may be made to be slow to search.
"""

import re
from functools import lru_cache

from base.bounds import TEXT_LETTERS
from fetch.redaction.forms import plain
from fetch.redaction.labels import cut_labelled
from fetch.redaction.named import cut_named, cut_pairs
from fetch.redaction.secrets import Secrets
from fetch.redaction.shapes import Sign, cut_shapes

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
_BLANK = re.compile(r"\S\s+\S")
_QUERY = re.compile(r"(?<=[^\s?])\?([^\s<>\"'`\])?]*)")
_SIGNED = re.compile(
    r"(?:[?&;#~]|%(?:3f|26|3b|23))"
    r"(?:x-(?:amz|goog)-[\w-]{0,40}"
    r"|[\w.-]{0,40}(?:signature|token|secret|passw|credential|api[_-]?key|accesskey|resourcekey|rlkey|session|hmac)[\w.\[\]-]{0,40}"
    r"|sig|key|code|ticket|awsaccesskeyid|googleaccessid|key-pair-id|policy|jwt|otp|auth|pwd?|pass|sid|hdn(?:ea|ts|tl))"
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
    r"\b(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:token|bearer|basic|digest|apikey|negotiate|ntlm)\s{1,3}|cookie\s{0,3}:\s{0,3}(?=[\w.-]{1,60}=))"
    r"[^\n\"'<>]{4,4000}",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
"""A date, with its time or without: nothing in it looks like a secret by itself."""
_LONGEST_DATE = 32
_OPENING = re.compile(r"[\d!$%&§^+#@]")
"""Signs that passwords have and words have not."""
_HALF = 1000
"""So far before its end a text that is cut off may lose its last word, which may be half a credential."""


def redact_text(text: str, key: str, secrets: Secrets) -> str:
    """Return a text without anything secret; one without secrets as it is, to the last byte.

    What is hidden among invisible characters, wide signs and odd blanks is found as well.

    Args:
        text: Any text; of a longer one than `TEXT_LETTERS` its beginning is taken.
        key: The name of the field that it stands in, in small letters with underscores.
        secrets: What is known to be secret.
    """
    if len(text) <= _LONGEST_DATE and _DATE.fullmatch(text) and not secrets.in_dates():
        return text
    seen = plain(found := _redacted(text if len(text) <= TEXT_LETTERS else shortened(text), key, secrets))
    if seen == found:
        return found
    shorter = _redacted(seen, key, secrets)
    return found if shorter == seen else shorter


def cut_text(text: str, secrets: Secrets) -> str:
    """Return a text without what is known to be secret, and otherwise as it is."""
    seen = plain(found := secrets.cut(text))
    if seen == found:
        return found
    shorter = secrets.cut(seen)
    return found if shorter == seen else shorter


def shortened(text: str) -> str:
    """Return the text, or of one that is longer than any that people write its beginning."""
    if len(text) <= TEXT_LETTERS:
        return text
    whole = text[: TEXT_LETTERS - 1]
    end = max(whole.rfind(blank, len(whole) - _HALF) for blank in " \n\t")
    return f"{whole[:end] if end > 0 else whole}…"


def _redacted(text: str, key: str, secrets: Secrets) -> str:
    """Cut by shape before what is known is cut: `Login: root / x` is no pair any more without its `root`."""
    found, signs = secrets.searched(text)
    if found != text:
        found, signs = secrets.searched(_shaped(text, key, sum(Sign)))
    return _shaped(found, key, signs)


def _shaped(text: str, key: str, signs: int) -> str:
    """Return the text without what looks like a secret, known or not; `signs` are those in it."""
    if "@" in text and ("//" in text or ":" in text or "\\" in text):
        text = _UNQUOTED_USERINFO.sub(r"\1", _USERINFO.sub(r"\1", text))
    if _is_link(key) or ("//" in text and not _is_prose(key) and _WHOLE_URL.fullmatch(text)):
        text = _link(_BARE_USERINFO.sub("", text))
        if not _BLANK.search(text):
            return cut_pairs(cut_shapes(text, signs))
    if "?" in text:
        text = _QUERY.sub(_harmless_query, text)
    if "=" in text or "%3" in text:
        text = _SIGNED.sub("", text)
    if signs & Sign.LABEL:
        text = cut_named(cut_labelled(text))
        if ":" in text or "=" in text or "|" in text:
            text = _SAID.sub(_harmless_value, _HEADER.sub(r"\1", text))
    return cut_pairs(cut_shapes(text, signs))


@lru_cache(maxsize=4096)
def _is_link(key: str) -> bool:
    return _LINK.search(key) is not None


@lru_cache(maxsize=4096)
def _is_prose(key: str) -> bool:
    return _PROSE.search(key) is not None


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

"""Values that programs name as credentials, and pairs of a person and a password without a label.

`DB_PASSWORD=x`, `"clientSecret": "x"`, `<password>x</password>`, `anna@shop.example / x`, `/reset/x`. Every
pattern is bounded: the text is anyone's, and may be made to be slow to search.
"""

import re

from fetch.redaction.labels import made_up

_SECRETS = (
    r"(?:passw(?:or)?d|passwort|passphrase|pwd|(?:client|app|shared|consumer|webhook)[_.-]?secret"
    r"|secret(?:[_.-]?access)?[_.-]?key|(?:private|account|access|api|auth|encryption|signing)[_.-]?key"
    r"|(?:j|asp|php|aspnet[_.-]?)?sess(?:ion)?[_.-]?id|(?:auth|access|refresh|id|csrf|xsrf|session|api)[_.-]?token)"
)
_BEFORE = r"(?<![A-Za-z0-9])[A-Za-z0-9_.-]{0,60}?"
_ASSIGNED = re.compile(
    rf"(?P<label>{_BEFORE}{_SECRETS}_?\d{{0,2}}[\"'\]]{{0,2}}\s{{0,3}}(?::=|=>|=|:)\s{{0,3}}[\"']?)"
    r"(?P<value>[^\s\"'<>,;&|()]{4,4000})",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"(?P<label><(?:\w{1,20}:)?\w{0,20}(?:password|passwd|pwd|secret|token|apikey)\w{0,20}(?: [^<>]{0,200})?>"
    r"|\btype=[\"']?password\b[^<>]{0,200}?\bvalue=[\"']?)(?P<value>[^\s\"'<>]{3,4000})",
    re.IGNORECASE,
)
_OF_WHAT = re.compile(
    r"(?P<label>\b(?:pass(?:word|wort|code|phrase)|passwd|pwd?|kennwort|pin)"
    r"(?:\s{0,2}[(\[][^()\[\]\n]{1,40}[)\]]|\s(?:for|of|to|f\u00fcr|von|zu|zum)\s[^\n:=]{1,40}?)?"
    r"\s{0,3}(?::=|[:=]|\b(?:is|was|ist|lautet)\b:?|\s[-\u2013\u2014]\s(?=\S{4,100}[ \t.]{0,3}$)"
    r"|(?=[\"'`\u201c\u201e]))"
    r"\s{0,3}[\"'`*_\u201c\u201e]{0,2})(?P<value>[^\s\"'`<>|,;()\u201c\u201d]{4,100})",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR = re.compile(
    r"(?P<label>\b(?:log(?:ged)?[ _-]?in\s(?:with|as|using|mit|als)|u\s?/\s?p|un\s?/\s?pw"
    r"|user(?:name)?\s?/\s?pass|credentials?|creds|zugang(?:sdaten)?)[ \t:=]{1,4}[\"'`*_]{0,2})"
    r"(?P<user>[^\s\"'`<>|,;()/:]{2,100})(?P<part>\s{0,3}[/|:]\s{0,3}|[ \t]{1,3})"
    r"(?P<value>[^\s\"'`<>|,;()/]{4,100})(?=[ \t.,;)\"'`*]{0,4}(?:$|\n))",
    re.IGNORECASE,
)
_LONG = re.compile(
    r"(?P<label>\b(?:token|key)\s{1,3}(?:(?:is|was|ist|lautet)\b:?\s{1,3})?[\"'`]?)"
    r"(?P<value>(?=\S{0,200}\d)[A-Za-z0-9._~+/=-]{20,4000})",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?P<label>\b(?:user(?:name)?|login|e-?mail|u)[ \t:=]{1,4})(?P<user>[^\s\"'`<>|,;()/:]{2,100})"
    r"(?P<part>[\s,;/]{1,4}(?:and |und )?(?:with |mit )?(?:password|passwort|pass|pwd?|pw|p)[ \t:=]{1,4})"
    r"(?P<value>[^\s\"'`<>|,;()]{4,100})",
    re.IGNORECASE,
)
_MAIL_PAIR = re.compile(
    r"(?P<label>(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,20}\s{0,3}[/|:][ \t]{0,3})"
    r"(?![\w.+-]{1,64}@)(?P<value>[^\s\"'`<>|,;()/]{6,100})(?=[ \t.,;)\"'`*|]{0,4}(?:$|\n))",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?P<label>/(?:(?:password[-_]?)?reset(?:[-_]?password)?|set[-_]password|verif(?:y|ication)|confirm(?:ation)?"
    r"|activat(?:e|ion)|invit(?:e|ation)s?|magic(?:[-_]?link)?|token|sign[-_]?in|log[-_]?in|auth|sso|session|otp"
    r"|unlock)(?:/[a-z]{1,20})?/)(?P<value>[\w.~=-]{16,2000})",
    re.IGNORECASE,
)

_SLUG = re.compile(r"(?:[a-z]{2,20}|\d{1,6})(?:[-_.](?:[a-z]{1,20}|\d{1,6}|v\d{1,3}))*", re.IGNORECASE)
"""`step-2-of-the-shop`: what a page is called."""

SIGNS = ("passw", "pwd", "secret", "sessi", "phpsess", "u/p")
"""Beside the words of labels: one of these, in small letters, is in every text with a named value."""


def cut_named(text: str) -> str:
    """Return the text without the values of names that mean a credential; its labels stay."""
    if ":" in text or "=" in text:
        text = _ASSIGNED.sub(_value, text)
    if "<" in text or "=" in text:
        text = _ELEMENT.sub(r"\g<label>", text)
    text = _LONG.sub(_mixed, _OF_WHAT.sub(_value, text))
    text = _SPOKEN.sub(_pair, text)
    return _PAIR.sub(_pair, text)


def cut_pairs(text: str) -> str:
    """Return the text without the password behind a mail address, and the last parts of one-time links."""
    if "@" in text:
        text = _MAIL_PAIR.sub(_value, text)
    return _PATH.sub(_mixed, text) if "/" in text else text


def _value(found: re.Match[str]) -> str:
    return found["label"] if made_up(found["value"]) else found[0]


def _pair(found: re.Match[str]) -> str:
    return found["label"] + found["part"] if made_up(found["value"]) else found[0]


def _mixed(found: re.Match[str]) -> str:
    """Cut what no page is called: letters and digits mixed, or 32 letters without a break."""
    value = found["value"]
    digits, letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    return found["label"] if digits and letters and not _SLUG.fullmatch(value) else found[0]

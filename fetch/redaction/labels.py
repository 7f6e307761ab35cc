"""Values that a text itself calls a credential: `password is x`, `Login: a / b`, `User: a, password: b`.

Every pattern is bounded: the text is anyone's, and may be made to be slow to search.
"""

import re

_MARKS = r"[\"'`*_ \t]{0,4}"
_FIRST = r"[\"'`*_| \t\n]{0,6}"
_LETTER = r"[^\s\"'`<>|,;()]"
_PASSWORD = r"(?:pass(?:[ _-]?(?:word|wort|wd|code|phrase))?|pwd?|kennwort|pin)"  # noqa: S105 - a name
_USER = r"(?:user(?:[ _-]?name)?|log[ _-]?in|account|benutzer(?:name)?|e-?mail|konto)"
_KEY = r"(?:(?:api|access|secret)[ _-]?key|secret|otp|tan)"
_ELSEWHERE = (
    r"(?:mot de passe|contrase[\u00f1n]a|senha|wachtwoord|has\u0142o|\u043f\u0430\u0440\u043e\u043b\u044c"
    r"|salasana|l\u00f6senord|adgangskode|heslo|jelsz\u00f3|parola|\u015fifre"
    r"|\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631|\u05e1\u05d9\u05e1\u05de\u05d4)"
)
_WITHOUT_BLANKS = (
    r"(?:\u5bc6\u7801|\u5bc6\u78bc|\u30d1\u30b9\u30ef\u30fc\u30c9|\ube44\ubc00\ubc88\ud638)"
    r"[\s:\u662f\u306f=]{1,4}"
)
_STATE = (
    r"(?!(?:empty|required|missing|(?:in)?valid|wrong|(?:in)?correct|any|none|null|blank|field|optional|hidden"
    r"|visible|shown|leer|falsch|richtig|fehlt|pflichtfeld|unknown|undefined|tbd|todo|see|siehe|my|your|the)\b)"
)
"""What the fields of a form are said to be."""

_BOTH = re.compile(
    r"(?P<label>\b(?:log[ _-]?in|credentials?|creds|zugang(?:sdaten)?|anmeldung"
    rf"|user(?:name)?\s?/\s?{_PASSWORD}){_MARKS}[:=|]{_FIRST})(?P<user>[^\s\"'`<>|,;()/:]{{2,100}})(?P<part>\s{{0,3}}[/|:]\s{{0,3}})"
    r"(?P<password>[^\s\"'`<>|,;()/]{3,100})(?=[ \t]{0,9}(?:$|[\n.,;)\"'`*|]))",
    re.IGNORECASE | re.MULTILINE,
)
_USER_THEN = re.compile(
    rf"(?P<label>\b{_USER}{_MARKS}[:=|]{_FIRST}){_STATE}(?P<user>{_LETTER}{{2,100}})"
    rf"(?P<part>[\s\"'`*_|,;/()-]{{1,12}}{_PASSWORD}{_MARKS}[:=|]{_FIRST}){_STATE}(?P<password>{_LETTER}{{2,100}})"
    r"(?=[\"'`*_|,;.)}]{0,4}(?:\s|$))",
    re.IGNORECASE,
)
_IS = re.compile(
    rf"(?P<label>\b(?:{_PASSWORD}|{_KEY}|{_ELSEWHERE}){_MARKS}"
    rf"(?:\b(?:is|was|are|ist|war|lautet|est|es)\b:?|[-=]?>|\u2192|[:=])(?![ \t]{{2}})[\"'`*_ \t\n]{{1,6}}"
    rf"|{_WITHOUT_BLANKS})"
    rf"(?P<value>{_LETTER}{{4,100}})",
    re.IGNORECASE,
)
"""Two blanks stand where a value was cut out before: what follows them is none."""
_DIGITS = re.compile(r"\d{4,12}[.!?]?")
_MADE_UP = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])|(?=\S*[!$%&§^+#@])(?=\S*[^\W\d_])\S{6}")
_UNIT = re.compile(r"\d[\d.,-]*[%\w]{0,12}$|[a-z]+-\d+[.!?]?$|\S*://", re.IGNORECASE)
"""`12characters`, `100%`, `UTF-8`: what a password *is* in a bug about passwords."""

LABELS = (
    "pass", "pw", "kennwort", "secret", "pin", "otp", "tan", "login", "log in", "log-in", "log_in",
    "credential", "creds", "zugang", "anmeldung", "senha", "wachtwoord", "contrase", "has\u0142o",
    "\u043f\u0430\u0440\u043e\u043b\u044c", "logged", "salasana", "losenord", "adgangskode", "heslo",
    "jelszo", "parola", "sifre", "\u0643\u0644\u0645\u0629", "\u05e1\u05d9\u05e1\u05de\u05d4",
)  # fmt: skip
ANYWHERE = ("key", "\u5bc6", "\u30d1\u30b9", "\ube44\ubc00")
"""One of these, in small letters, is in every text from which something is cut out here; or a word begins
with one of `LABELS`."""


def cut_labelled(text: str) -> str:
    """Return the text without the values that it calls credentials."""
    if ":" in text or "=" in text or "|" in text:
        text = _USER_THEN.sub(r"\g<label>\g<part>", text)
        text = _BOTH.sub(r"\g<label>\g<part>", text)
    return _IS.sub(_made_up, text)


def _made_up(found: re.Match[str]) -> str:
    """Cut a word after `password is`, unless it may be a sentence's: no digit, no sign of passwords."""
    return found["label"] if made_up(found["value"]) else found[0]


def made_up(value: str) -> bool:
    """Return whether a word looks like a password: digits alone, or letters with a digit or a sign."""
    return bool(_DIGITS.fullmatch(value) or (_MADE_UP.match(value) and not _UNIT.match(value)))

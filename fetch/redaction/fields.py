"""What must never leave the upstream's answer is dropped here, before anything else sees it.

Unknown fields are kept; credentials, upload fields, signed queries and the token are not,
wherever they turn up.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from operator import is_
from typing import Any

from base.bounds import NESTED_DEEPEST, NEW_NAMES_WORK, OBJECT_WORK
from fetch.redaction import names
from fetch.redaction.again import Again
from fetch.redaction.names import TooMuch
from fetch.redaction.secrets import Secrets
from fetch.redaction.text import cut_text, redact_text

_STORED_DEEPER = 2
"""So many levels deeper than in an answer an object lies in a document."""

_LABEL = re.compile(r"^(name|key|label|field)$")
_LABELLED = re.compile(r"^(value|content)s?$")

_LONGEST_NAME = 200
_LETTERS = 5
"""So many letters of a text take as long as another value, when they are made to."""
_NUMBERS = frozenset({int, float, bool, type(None)})
_SHORT = 60
"""Letters of texts that come again and again: states, devices, dates."""


def redact(value: Any, secrets: Secrets | None = None, *, token: str = "") -> Any:
    """Return a copy of an upstream value without anything secret.

    Args:
        value: Parsed JSON.
        secrets: What is known to be secret, that of the value itself included; when left out, only that.
        token: The customer's token, without `secrets`; wherever it was echoed, it is cut out.

    Raises:
        TooMuch: When it holds so much that this would take seconds; see `OBJECT_WORK`.
    """
    if secrets is None:
        secrets = Secrets(token)
        secrets.learn(value)
    return _Walk(secrets, OBJECT_WORK).value(value, "", "", 0)


def redact_stored(data: Any, secrets: Secrets | None = None, *, token: str = "") -> Any:
    """Return a copy of a stored document's data without anything secret; what a refresh stored has none.

    Args:
        data: An object whose values were redacted one by one, such as a test and its bugs.
        secrets: What is known to be secret; when left out, what the data itself holds.
        token: The customer's token, without `secrets`.
    """
    if secrets is None:
        secrets = Secrets(token)
        secrets.learn(data)
    return _Walk(secrets, sys.maxsize).value(data, "", "", -_STORED_DEEPER)


def cut_known(value: Any, secrets: Secrets) -> Any:
    """Return a redacted value without what was learnt to be secret since; itself if nothing is to be cut."""
    if isinstance(value, str):
        return cut_text(value, secrets)
    if isinstance(value, list):
        items = [cut_known(item, secrets) for item in value]
        return value if all(map(is_, items, value)) else items
    if isinstance(value, dict):
        bad = secrets.in_names(tuple(value))
        kept = {name: cut_known(item, secrets) for name, item in value.items() if name not in bad}
        return value if len(kept) == len(value) and all(map(is_, kept.values(), value.values())) else kept
    return value


class _Walk:
    """A way through one upstream value; most of a refresh's own work is done here.

    Attributes:
        secrets: What is known to be secret.
        left: The values that may still come, five letters of a text that is not remembered counting as one.
    """

    __slots__ = ("left", "secrets")

    def __init__(self, secrets: Secrets, left: int) -> None:
        self.secrets = secrets
        self.left = left

    def value(self, value: Any, key: str, inside: str, depth: int) -> Any:
        """Return a value without anything secret."""
        if isinstance(value, str):
            return self._text(value, key, inside)
        if isinstance(value, (dict, list)):
            if depth >= NESTED_DEEPEST:
                return None
            self.left -= len(value)
            if self.left < 0:
                raise TooMuch
            if isinstance(value, dict):
                return self._object(value, inside, depth + 1)
            return self._list(value, key, inside, depth + 1)
        return value

    def _list(self, value: list[Any], key: str, inside: str, depth: int) -> list[Any]:
        kinds = set(map(type, value))
        if kinds <= _NUMBERS:
            return value
        texts = self.secrets.texts_in(f"{inside} {key}") if str in kinds else {}
        return [
            self._short(item, key, inside, texts)
            if type(item) is str and len(item) <= _SHORT
            else self.value(item, key, inside, depth)
            for item in value
        ]

    def _short(self, text: str, key: str, inside: str, texts: dict[str, str]) -> str:
        found = texts.get(text)
        if found is None:
            found = self._text(text, key, inside)
            self.secrets.remember(texts, text, found)
        return found

    def _text(self, text: str, key: str, inside: str) -> str:
        if inside == "binary" and "//" in text:
            return ""
        self.left -= len(text) // _LETTERS
        return redact_text(text, key, self.secrets)

    def _object(self, value: dict[str, Any], inside: str, depth: int) -> dict[str, Any]:
        """Return an object without anything secret: devices, authors and the like come again and again."""
        called = tuple(value)
        rules = self.secrets.rules.get((called, inside))
        if rules is None:
            self.left -= NEW_NAMES_WORK * len(called)
            rules = _rules(called, inside, self.secrets)
        raw = rules.again.written(value)
        if not raw:
            return self._fields(value, rules, depth)
        redacted = rules.again.find(raw, depth)
        if redacted is None:
            redacted = self._fields(value, rules, depth)
            rules.again.keep(raw, depth, redacted)
        return redacted

    def _fields(self, value: Mapping[str, Any], rules: "_Rules", depth: int) -> dict[str, Any]:
        if rules.environment:
            return {name: self._of_environment(value[name], key) for name, key, _, _ in rules.kept}
        redacted = {}
        for name, key, within, texts in rules.kept:
            item = value[name]
            kind = type(item)
            if kind is str:
                if len(item) <= _SHORT:
                    redacted[name] = texts.get(item) or self._short(item, key, within, texts)
                else:
                    redacted[name] = self._text(item, key, within)
            elif kind is dict or kind is list:
                redacted[name] = self.value(item, key, within, depth)
            else:
                redacted[name] = item
        if rules.labels and any(names.labels_secret(value[name]) for name in rules.labels):
            for name in rules.labelled:
                redacted.pop(name, None)
        return redacted

    def _of_environment(self, value: Any, key: str) -> Any:
        """Return one of the few values of an environment that are kept: nothing inside, only the address."""
        if isinstance(value, (dict, list)):
            return None
        if isinstance(value, str) and key == "url":
            value = value.split(maxsplit=1)[0] if value.strip() else ""
        return self.value(value, key, "", 0)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The way to redact objects with the same names of fields, as long as nothing new is learnt.

    Attributes:
        kept: Each name that stays, in small letters with underscores, what its value is a part of, and its
            short texts that were redacted already.
        labels: Names whose values say what the object is, when `labelled` has anything.
        labelled: Names of that which they say: `value` of `{"name": "Password", "value": …}`.
        environment: Whether they are test environments.
        again: What came of those that come again and again.
    """

    kept: tuple[tuple[str, str, str, dict[str, str]], ...]
    labels: tuple[str, ...]
    labelled: tuple[str, ...]
    environment: bool
    again: Again[dict[str, Any]]


def _rules(called: tuple[str, ...], inside: str, secrets: Secrets) -> _Rules:
    keys = {name: names.key(name) for name in called}
    drop = names.dropped(set(keys.values()), inside)
    bad = secrets.in_names(called)
    labelled = tuple(name for name, key in keys.items() if _LABELLED.match(key))
    environment = names.environment(keys.values(), inside)
    things = {name: names.thing(key) or ("" if environment else inside) for name, key in keys.items()}
    rules = _Rules(
        tuple(
            (name, key, things[name], secrets.texts_in(f"{things[name]} {key}"))
            for name, key in keys.items()
            if key not in drop and name not in bad and len(name) <= _LONGEST_NAME
        ),
        tuple(name for name, key in keys.items() if labelled and _LABEL.match(key)),
        labelled,
        environment,
        Again(secrets.room),
    )
    if names.usual(called):
        if len(secrets.rules) >= names.REMEMBERED:
            secrets.rules.clear()
            secrets.room.clear()
        secrets.rules[called, inside] = rules
    return rules

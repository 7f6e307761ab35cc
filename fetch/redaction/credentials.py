"""Find the credentials that an answer holds in clear: those of test environments, above all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from base.bounds import NESTED_DEEPEST, NEW_NAMES_WORK, OBJECT_WORK
from fetch.redaction import names
from fetch.redaction.again import Again, Room
from fetch.redaction.names import TooMuch

LONGEST = 1000
"""Characters of a credential that are looked for; what follows without a blank goes with them."""

_MOST = 100
"""Credentials of one environment that are looked for of each kind; none has so many."""
_SIMPLE = frozenset({str, int, float, bool, type(None)})
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_USERINFO = re.compile(r"//([^\s/@:]{0,200}):([^\s@]{1,300})@|//([^\s/@:]{1,200})@")
_QUERY_VALUE = re.compile(r"[?&#;]([\w.-]{1,60})=([^&#\s]{4,1000})")
_LABELLED = re.compile(
    r"\b(?:(?P<name>user(?:[ _-]?name)?|login|account|benutzer(?:name)?|e-?mail)"
    r"|pass(?:[ _-]?(?:word|wort|wd|code|phrase))?|pwd?|kennwort|pin|tan|otp|code|secret|token|key|psk)\b"
    r"[\"'`*_ \t]{0,4}(?:[:=|]|\b(?:is|ist|lautet)\b)?[\"'`*_| \t]{0,4}(?P<value>[^\s,;|\"'`<>()]{3,200})",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?<!\S)([^\s/:|,;]{2,100})\s{0,2}[/:|]\s{0,2}([^\s/|,;]{5,200})(?!\S)")
_PIECE = re.compile(r"[^\s,;|\"'`<>()\[\]]{8,200}")
_MODEL = re.compile(r"[a-z]+[ _-]?[\d.]{1,5}|\d{1,4}[ _-]?[a-z]+|v?\d+(\.\d+)+", re.IGNORECASE)
"""`iPhone15`, `2-factor`, `v2.10.3`: words with a number that every second note holds."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of one environment.

    Attributes:
        users: Names that are no secret by themselves.
        secrets: Passwords, codes, keys, addresses that let in.
        address: Of the environment itself, which may hold the same words; empty without one.
    """

    users: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    address: str = ""


def credentials(value: Any, shapes: "Shapes | None" = None) -> list[Credentials]:
    """Find the credentials of all environments in an answer, and those that stand elsewhere by name.

    Args:
        value: Parsed JSON, not redacted.
        shapes: What is remembered of objects from one answer to the next.

    Raises:
        TooMuch: When it holds so much that this would take seconds; see `OBJECT_WORK`.
    """
    search = _Search(shapes or Shapes())
    if isinstance(value, (dict, list)):
        search.look(value, "", 0)
    return search.found


class _Search:
    """A way through one upstream value.

    Attributes:
        shapes: What is remembered of objects.
        found: The credentials so far.
        left: The values that may still come.
    """

    __slots__ = ("found", "left", "shapes")

    def __init__(self, shapes: "Shapes") -> None:
        self.shapes = shapes
        self.found: list[Credentials] = []
        self.left = OBJECT_WORK

    def look(self, value: Any, inside: str, depth: int) -> None:
        """Look through an object or list, `inside` telling what it is a part of (`names.thing`)."""
        self.left -= len(value)
        if self.left < 0:
            raise TooMuch
        if depth >= NESTED_DEEPEST:
            return
        if type(value) is list:
            for item in value:
                if type(item) is dict or type(item) is list:
                    self.look(item, inside, depth + 1)
            return
        called = tuple(value)
        shape = self.shapes.known.get((called, inside))
        if shape is None:
            self.left -= NEW_NAMES_WORK * len(called)
            shape = _shape(called, inside, self.shapes)
        if shape.holds or not _SIMPLE.issuperset(map(type, value.values())):
            self._look_inside(value, shape, depth)

    def _look_inside(self, value: Any, shape: "Shape", depth: int) -> None:
        """Look through an object, unless the same one was met before."""
        raw = shape.again.written(value)
        known = shape.again.find(raw, depth) if raw else None
        if known is not None:
            self.found += known
            return
        before = len(self.found)
        if shape.holds:
            self.found.append(_of(value, shape.keys, environment=shape.opened))
        for item, within in zip(value.values(), shape.within, strict=True):
            if type(item) is dict or type(item) is list:
                self.look(item, within, depth + 1)
        if raw:
            shape.again.keep(raw, depth, self.found[before:])


@dataclass(frozen=True, slots=True)
class Shape:
    """A set of names of fields, and what objects with these have in common.

    Attributes:
        keys: Each name in one spelling.
        within: What the value of each is a part of.
        opened: Whether they are environments.
        holds: Whether some fields hold credentials.
        again: The credentials in those that come again and again.
    """

    keys: Mapping[str, str]
    within: tuple[str, ...]
    opened: bool
    holds: bool
    again: Again[list[Credentials]]


@dataclass(frozen=True, slots=True)
class Shapes:
    """The memory from one answer to the next.

    Attributes:
        known: The shapes, by the names of an object's fields and what it is a part of.
        room: For the objects that these remember.
    """

    known: dict[tuple[tuple[str, ...], str], Shape] = field(default_factory=dict)
    room: Room = field(default_factory=Room)


def _shape(called: tuple[str, ...], inside: str, shapes: Shapes) -> Shape:
    keys = {name: names.key(name) for name in called}
    opened = names.environment(keys.values(), inside)
    shape = Shape(
        keys,
        tuple(names.thing(key) or ("" if opened else inside) for key in keys.values()),
        opened,
        opened or inside == "connection" or any(map(names.secret, keys.values())),
        Again(shapes.room),
    )
    if names.usual(called):
        if len(shapes.known) >= names.REMEMBERED:
            shapes.known.clear()
            shapes.room.clear()
        shapes.known[called, inside] = shape
    return shape


def tells(value: Any) -> bool:
    """Return whether a listed test shows the credentials of its environment, as its detail would."""
    environment = value.get("test_environment") if isinstance(value, dict) else None
    return isinstance(environment, dict) and "password" in {names.key(name) for name in environment}


def _of(fields: Mapping[str, Any], keys: Mapping[str, str], *, environment: bool) -> Credentials:
    users: list[str] = []
    secrets: list[str] = []
    address = ""
    for name, item in fields.items():
        key = keys[name]
        if isinstance(item, bool) or not isinstance(item, (str, int, float)):
            continue
        text = str(item).strip()
        if key == "url":
            address = text
            _from_address(text, users, secrets)
        elif names.login(key):
            users.append(text)
        elif names.opens(key) if environment else names.secret(key):
            secrets.append(text)
        elif environment and isinstance(item, str) and key not in names.OF_ENVIRONMENT:
            _from_note(text, users, secrets, opening=key == "access")
    return Credentials(_usable(users), _usable(secrets), address.partition("?")[0][:LONGEST])


def _from_address(text: str, users: list[str], secrets: list[str]) -> None:
    """Take what an address lets in with: before its host, and in its query."""
    for found in _USERINFO.finditer(text):
        users += [unquote(found[1] or found[3] or "")]
        secrets += [unquote(found[2] or "")]
    for found in _QUERY_VALUE.finditer(text):
        if names.opens(names.key(found[1])):
            secrets += [found[2], unquote(found[2])]


def _from_note(text: str, users: list[str], secrets: list[str], *, opening: bool) -> None:
    """Take what people wrote down of how to get in; `opening` when every address in it lets in."""
    note = text[: 20 * LONGEST]
    for found in _ADDRESS.finditer(note):
        _from_address(found[0], users, secrets)
        page = found[0].rstrip(".,;:!?)").partition("?")[0]
        if opening and page.count("/") > 3:  # noqa: PLR2004 - more than scheme://host/
            secrets.append(page)
    note = _ADDRESS.sub(" ", note)
    for found in _LABELLED.finditer(note):
        (users if found["name"] else secrets).append(found["value"].rstrip(".,;:"))
    for found in _PAIR.finditer(note):
        if _made_up(found[2]):
            users.append(found[1])
            secrets.append(found[2].rstrip(".,;:"))
    secrets += [piece for found in _PIECE.finditer(note) if _made_up(piece := found[0].strip(".,;:!?"))]


def _made_up(piece: str) -> bool:
    """Return whether a piece of a note is hardly a word: it mixes letters and digits, not as `iPhone15`."""
    digits = any(sign.isdigit() for sign in piece)
    return digits and any(sign.isalpha() for sign in piece) and not _MODEL.fullmatch(piece)


def _usable(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[:LONGEST] for text in texts if text))[:_MOST]

"""All credentials that are known, and cutting them out of texts in whatever form they stand there.

Where a credential is looked for depends on how much it looks like one (see `docs/threat-model.md`):
ANYWHERE, also inside a word, when it is a password with a digit or a sign in it; ALONE, as a word by itself,
when it is a name or an unusual word; LABELLED, only where the text says what it is or beside its other half,
when it is an everyday word (`admin`, `test`, `shopping`) or very short: cut out everywhere, those would
destroy honest texts.
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Any

from base.bounds import CREDENTIAL_LETTERS
from base.errors import UserError
from fetch.redaction.again import Room
from fetch.redaction.automaton import of_all, of_parted
from fetch.redaction.credentials import LONGEST, Credentials, Shapes, credentials
from fetch.redaction.forms import Where, decoded, folded, plain, run_around, stands_alone, where
from fetch.redaction.names import REMEMBERED, usual


class TooManyCredentials(UserError):
    """An API that names more credentials than any customer has: they cannot all be looked for."""

    code = "TOO_MANY_CREDENTIALS"


_NO_BLANK = re.compile(r"\S*")
_HOST = re.compile(r"//|[\w-]+(?:\.[\w-]+)+")
_LONGEST_PIECE = 300
_PARTED = re.compile(
    r"[\s\"'`*_()]{0,6}(?:[/:|;,=\n]|[-=]>|(?:\band\b|\bund\b|\bwith\b|\bmit\b|[,;/&+])?\s{0,3}"
    r"\b(?:pwd?|pin|pass(?:word|wort|code)?|kennwort)\b\s{0,3}(?:[:=|]|\bis\b|\bist\b)?)[\s\"'`*_()]{0,6}",
    re.IGNORECASE,
)
"""What stands between a user's name and the password."""
_LONGEST_PARTING = 40
_NEXT = 8
_TEXTS = 50_000
"""How many short texts (states, devices, dates) are remembered."""
_MOST_PAIRED = 8
_ENCODINGS = 3
"""So often a credential may be encoded over and over: percent signs in HTML in JSON."""
_PASSES = 6
"""So often a credential may stand inside another one; people do not write that."""
_FEWEST_PARTS = 2
_SIGNS_OF_DATES = frozenset("0123456789-:.+tz ")
_LABEL_BEFORE = re.compile(
    r"\b(?:(?:pass(?:[ _-]?(?:word|wort|wd|code|phrase))?|pwd?|kennwort|pin|secret)"
    r"[\"'`*_ \t]{0,4}(?:[:=|]|[-=]>|\b(?:is|was|ist|lautet)\b)?"
    r"|(?:user(?:[ _-]?name)?|login|account|benutzer(?:name)?|e-?mail|code|token|key)"
    r"[\"'`*_ \t]{0,4}(?:[:=|]|[-=]>|\b(?:is|ist|lautet)\b))[\"'`*_| \t\n(]{0,6}$",
    re.IGNORECASE,
)
_BEFORE = 40


class Secrets:
    """The credentials that a client has seen so far; it learns, and forgets nothing.

    Attributes:
        token: The customer's token, which is cut out wherever it is echoed.
        version: Grows when something new is learnt.
        told: Tests whose environment was seen, with its credentials.
        rules: How objects with the same names of fields are redacted, by these and what they are a part of.
        room: For the objects that these remember.
    """

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.version = 0
        self.told: set[int] = set()
        self.rules: dict[tuple[tuple[str, ...], str], Any] = {}
        self.room = Room()
        self._shapes = Shapes()
        self._learnt: set[Credentials] = set()
        self._texts: dict[str, dict[str, str]] = {}
        self._room = _TEXTS
        self._names: dict[tuple[str, ...], frozenset[str]] = {}
        self._known: dict[str, Where] = {}
        self._written: dict[str, str] = {}
        self._pairs: set[tuple[str, str]] = set()
        self._paired: set[str] = set()
        self._addresses: set[str] = set()
        self._in_addresses: dict[str, bool] = {}
        self._address_letters = 0
        self._letters = 0
        self._automaton: Any = None
        self._by_themselves: Any = None
        self._in_dates = True
        self._add(token, Where.ANYWHERE)

    def learn(self, value: Any) -> None:
        """Take the credentials that an object of a raw answer holds.

        Raises:
            TooMuch: When looking for them would take seconds.
            TooManyCredentials: When there are more than can be looked for.
        """
        for found in credentials(value, self._shapes):
            if found not in self._learnt:
                self._learn(found)
                if len(self._learnt) < REMEMBERED:
                    self._learnt.add(found)
        if self._letters > CREDENTIAL_LETTERS:
            raise TooManyCredentials(
                f"The Customer API names credentials of more than {CREDENTIAL_LETTERS:,} letters.",
                "So many cannot be cut out of all texts.",
                "Check TESTIO_CUSTOMER_API_BASE_URL, or refresh fewer products: TESTIO_PRODUCT_IDS.",
            )

    def _learn(self, found: Credentials) -> None:
        users, secrets = (
            [folded(plain(one)) for one in some[:_MOST_PAIRED]] for some in (found.users, found.secrets)
        )
        for text in found.users:
            self._add(plain(text), where(plain(text), is_name=True))
        for text in found.secrets:
            self._add(plain(text), where(plain(text), is_name=False))
        if found.address:
            self._place(folded(plain(found.address)))
        pairs = {
            (user, secret)
            for user in users
            for secret in secrets
            if user in self._known and secret in self._known
            if Where.LABELLED in {self._known[user], self._known[secret]}
        }
        if new := pairs - self._pairs:
            self._pairs |= new
            self._paired |= {user for user, _ in new}
            self._letters += sum(len(user) + len(secret) for user, secret in new)
            self._grown()

    def _place(self, address: str) -> None:
        """Note an environment's address; of very many, words in them are cut out of addresses too."""
        if address not in self._addresses and self._address_letters < CREDENTIAL_LETTERS:
            self._addresses.add(address)
            self._address_letters += len(address)
            self._in_addresses.clear()

    def _add(self, text: str, kind: Where | None) -> None:
        word = folded(text)
        if kind is None or not word or self._known.get(word, kind + 1) <= kind:
            return
        self._letters += 0 if word in self._known else len(word)
        self._known[word] = kind
        self._written[word] = text
        self._grown()

    def _grown(self) -> None:
        self.version += 1
        self._automaton = None
        self.rules.clear()
        self.room.clear()
        self._texts = {}
        self._room = _TEXTS
        self._names.clear()

    def texts_in(self, key: str) -> dict[str, str]:
        """Return the short texts of a field that were redacted already, each as it is then."""
        return self._texts.setdefault(key, {}) if len(self._texts) < REMEMBERED else {}

    def remember(self, texts: dict[str, str], text: str, redacted: str) -> None:
        """Add to what `texts_in` returned, as long as there is room."""
        if self._room:
            self._room -= 1
            texts[text] = redacted

    def in_names(self, names: tuple[str, ...]) -> frozenset[str]:
        """Return which names of fields hold a credential; the same names come again and again."""
        found = self._names.get(names)
        if found is None:
            found = frozenset(name for name in names if self.cut(plain(name)) != plain(name))
            if usual(names) and len(self._names) < REMEMBERED:
                self._names[names] = found
        return found

    def fingerprints(self) -> frozenset[str]:
        """Return a mark of each credential that says nothing about it to one who has not the token."""
        key = self.token.encode() or b"no token"
        texts = [f"{kind} {word}" for word, kind in self._known.items()]
        texts += [f"pair {user}\0{secret}" for user, secret in self._pairs]
        return frozenset(
            hmac.digest(key, text.encode("utf-8", "replace"), "sha256").hex()[:24] for text in texts
        )

    def cut(self, text: str) -> str:
        """Return the text without any known credential, be it written plain, encoded or in other case."""
        return self.searched(text)[0]

    def searched(self, text: str) -> tuple[str, int]:
        """Return the text as `cut` does, and the sum of the signs of other secrets that are left in it."""
        found, signs = self._cut(text)
        if "%" in found or "&" in found or "\\" in found:
            shorter = self._cut_encoded(found)
            if shorter != found:
                return shorter, self._cut(shorter)[1]
        return found, signs

    def _cut_encoded(self, text: str) -> str:
        """Return the text, or what it stands for without credentials, when that holds any."""
        other = text
        for _ in range(_ENCODINGS):
            before, other = other, decoded(other)
            if other == before:
                break
            shorter = self._cut(other)[0]
            if shorter != other:
                text = other = shorter
        return text

    def _cut(self, text: str) -> tuple[str, int]:
        """Return the text without what is known, also if cutting brings it together, and the signs in it."""
        for _ in range(_PASSES):
            spans, signs = self._found(text)
            if not spans:
                spans = self._parted(text)
                if not spans:
                    return text, signs
            pieces, end = [], 0
            for start, stop in spans:
                pieces.append(text[end:start])
                end = max(end, stop)
            text = "".join([*pieces, text[end:]])
        return "", 0

    def _found(self, text: str) -> tuple[list[tuple[int, int]], int]:
        """Find where known credentials stand, and the signs of others, in one pass."""
        if self._automaton is None:
            self._prepare()
        lower = folded(text)
        hits, signs = [], 0
        for end, (word, kind, inside, first) in self._automaton.iter(lower):
            start = end + 1 - len(word)
            if kind is not None:
                hits.append((start, end + 1, word, kind))
            signs |= inside
            if first and not (start and (lower[start - 1].isalnum() or lower[start - 1] == "_")):
                signs |= first
        return sorted(self._spans(text, sorted(hits))) if hits else [], signs

    def _prepare(self) -> None:
        self._automaton = of_all(self._known, self._written, self._pairs)
        self._by_themselves = of_parted(self._known)
        self._in_dates = any(map(_SIGNS_OF_DATES.issuperset, self._automaton.keys()))

    def in_dates(self) -> bool:
        """Return whether any of the credentials, in any form, could stand in a date and time."""
        if self._automaton is None:
            self._prepare()
        return self._in_dates

    def _parted(self, text: str) -> list[tuple[int, int]]:
        """Find passwords that somebody wrote with blanks or line ends in them.

        `Test 2024` is no password: words and numbers stand side by side in every text.
        """
        words = text.split() if self._by_themselves is not None else ()
        if len(words) < _FEWEST_PARTS:
            return []
        spans = []
        places: list[int] = []
        for end, word in self._by_themselves.iter(folded("".join(words))):
            places = places or [place for place, sign in enumerate(text) if not sign.isspace()]
            start, stop = places[end + 1 - len(word)], places[end] + 1
            parts = text[start:stop].split()
            natural = len(parts) == _FEWEST_PARTS and parts[0].isalpha() and parts[1].isdecimal()
            if len(parts) > 1 and not natural and stands_alone(text, start, stop):
                spans.append((start, stop))
        return sorted(spans)

    def _spans(self, text: str, hits: list[tuple[int, int, str, Where]]) -> Iterator[tuple[int, int]]:
        """Find where known credentials stand."""
        run_end = 0
        for place, (start, stop, word, kind) in enumerate(hits):
            if kind is Where.PACKED:
                if stop > run_end:
                    first, run_end = run_around(text, start, stop)
                    yield first, run_end
                continue
            if kind is Where.ANYWHERE:
                end = _NO_BLANK.match(text, stop) if len(word) >= LONGEST else None
                yield start, end.end() if end else stop
            elif not stands_alone(text, start, stop):
                continue
            else:
                found = kind is Where.ALONE and not self._in_address(text, start, stop, word)
                if found or _LABEL_BEFORE.search(text, max(0, start - _BEFORE), start):
                    yield start, stop
            if word in self._paired:
                yield from self._with_partner(text, hits[place : place + 1 + _NEXT])

    def _with_partner(
        self, text: str, hits: Sequence[tuple[int, int, str, Where]]
    ) -> Iterator[tuple[int, int]]:
        """Find the first hit and those behind it that are its other halves."""
        start, stop, word, _ = hits[0]
        for begin, last, other, _ in hits[1:]:
            if begin - stop > _LONGEST_PARTING:
                break
            if (
                (word, other) in self._pairs
                and _PARTED.fullmatch(text, stop, max(stop, begin))
                and stands_alone(text, begin, last)
            ):
                yield start, stop
                yield begin, last

    def _in_address(self, text: str, start: int, stop: int, word: str) -> bool:
        """Return whether a word stands in an address as part of the environment's own, as people write it."""
        if text[start - 1 : start] == "=":
            return False
        placed = self._in_addresses.get(word)
        if placed is None:
            placed = self._in_addresses[word] = any(word in address for address in self._addresses)
        if not placed:
            return False
        before = text[max(0, start - _LONGEST_PIECE) : start]
        first = start - len(before) + max(before.rfind(blank) for blank in " \n\t(<\"'") + 1
        end = _NO_BLANK.match(text, stop, stop + _LONGEST_PIECE)
        return _HOST.search(text, first, end.end() if end else stop) is not None

"""What a person may see of a setting: secrets masked, and only what looks like a setting of its kind."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,14}|[-+0-9.,;: ]{1,15}", re.ASCII)
_USERINFO = re.compile(r"(^(?!\w+:/)|:/{1,2})[^@\s]*@(?:[^/?#@\s]*@)*")
"""A path has one slash left, a proxy may have no scheme, and passwords hold slashes and at signs."""
_RUN = re.compile(r"(?<![A-Za-z0-9_+/.:-])[A-Za-z0-9_+]+/[A-Za-z0-9_+/-]{15,}|[A-Za-z0-9_+-]{16,}", re.ASCII)
"""The first is base64, whose slashes are not those of a path."""
_TURN = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])", re.ASCII)
_TURNS_OF_A_TOKEN = 4
_TURNS_WITHOUT_A_BREAK = 3
_TURNS_ACROSS_FOLDERS = 8
_LEAST_PIECE, _LONGEST_PIECE = 16, 20
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*")
_SHOWN_OF_A_SECRET = 4
_LONG_ENOUGH = 12


def quoted_value(value: object) -> str:
    """Return a value that cannot be used, in quotes; of what may be a secret only its length.

    A token that was pasted into the wrong variable is neither a short word nor a number.
    """
    text = str(value)
    return repr(text) if _WORD.fullmatch(text) else f"a text of {len(text):,} characters that is not shown"


def masked(value: Any) -> str:
    """Return a setting's value for a person to read.

    A secret shows its last four characters at most, an address neither credentials nor query, and any other
    text nothing that looks like a token: somebody may have pasted one into the wrong variable.
    """
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return "****" + (secret[-_SHOWN_OF_A_SECRET:] if len(secret) >= _LONG_ENOUGH else "")
    if isinstance(value, tuple):
        return ", ".join(masked(part) for part in value)
    if value is None:
        return ""
    return _RUN.sub(_hidden, _QUERY.sub(r"\1?****", _USERINFO.sub(r"\1****@", str(value))))


def tokens_in(text: str) -> Iterator[str]:
    """Find what looks like a token in a text of any kind."""
    return (run for run in _RUN.findall(text) if _is_token(run))


def _hidden(run: re.Match[str]) -> str:
    return "****" if _is_token(run.group()) else run.group()


def _is_token(run: str) -> bool:
    """Return whether letters and digits look drawn by lot: they take turns, or go on without a break."""
    if "/" in run and len(_TURN.findall(run)) < _TURNS_ACROSS_FOLDERS:
        return any(_is_token(part) for part in run.split("/") if len(part) >= _LEAST_PIECE)
    return len(_TURN.findall(run)) >= _TURNS_OF_A_TOKEN or any(
        len(piece) > _LONGEST_PIECE or len(_TURN.findall(piece)) >= _TURNS_WITHOUT_A_BREAK
        for piece in re.split(r"[_+-]", run)
        if len(piece) >= _LEAST_PIECE
    )

"""Escape upstream text so that it stays text in Markdown."""

import re

from base.text import one_line

LONGEST_TEXT = 160


_JOINER = "\u2060"


_TROUBLE = re.compile(
    r"(?P<call>@(?=\w)|#(?=\d)|:(?=[\w+-]+:)|:(?=//)|(?<=www)\.)"
    r"|(?P<special>[\\`*_\[\]<>&|~$]|^[#+=-])"
    r"|(?P<number>^\d{1,9})(?=[.)](\s|$))",
    re.IGNORECASE,
)


class Raw(str):
    """Markdown that is put in as it is."""

    __slots__ = ()


def escape(value: object) -> str:
    """Return a text as Markdown that shows exactly this text, on one line.

    Mentions, emoji codes and addresses are also parted by a word joiner (U+2060, no width): some
    readers look for them after the Markdown has been read, when a backslash is gone.
    """
    if isinstance(value, Raw):
        return value
    return _TROUBLE.sub(_escaped, one_line(str(value)))


def _escaped(found: re.Match[str]) -> str:
    if found["call"]:
        return f"\\{found['call']}{_JOINER}"
    return f"{found['number']}\\" if found["number"] else f"\\{found['special']}"

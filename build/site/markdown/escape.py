"""Escape upstream text so that it stays text in Markdown."""

import re

from base.text import one_line

LONGEST_TEXT = 160

_JOINER = "\u2060"

_CALLS = (
    r"@(?=\w)|[#!&$%~](?=\w)|(?<=\bGH)-(?=\d)"  # people, issues, merge requests, labels of GitHub and GitLab
    r"|:(?=[\w+-]+:)|:(?=//)|(?<=www)\."  # emoji codes, addresses
    r"|\{(?=[{%#]|$)"  # templates of Jekyll and others
)
_HASH = r"(?P<hash>\b(?=\w*\d)(?=\w*[a-f]|\d{40})[0-9a-f]{7,}\b)"
"""What may be the hash of a commit."""
_TROUBLE = re.compile(
    rf"(?P<call>{_CALLS})|{_HASH}"
    r"|(?P<special>[\\`*_\[\]<>&|~$]|^[#+=-])"
    r"|(?P<number>^\d{1,9})(?=[.)](\s|$))",
    re.IGNORECASE,
)
_IN_A_CHAT = re.compile(
    rf"(?P<special>[*`~<]|(?<!\w)_|_(?!\w))|(?P<call>{_CALLS}|\\|\](?=[(\[:])|&(?=#)|^[#+=>-])|{_HASH}"
    r"|(?P<number>^\d{1,9})(?=[.)](\s|$))",
    re.IGNORECASE,
)
_LOOKALIKES = {"*": "\u2217", "`": "\u02cb", "~": "\u223c", "_": "\u02cd", "<": "\u2039"}
"""What chats take for emphasis, code or a command, and what only looks like it."""
_HARMLESS_PART = re.compile(r".{1,6}")


class Raw(str):
    """Markdown that is put in as it is."""

    __slots__ = ()


def escape(value: object) -> str:
    """Return a text as Markdown that shows exactly this text, on one line.

    Mentions, references, hashes, emoji codes, templates and addresses are also parted by a word joiner
    (U+2060, no width): some readers look for them after the Markdown has been read, when a backslash is gone.
    """
    if isinstance(value, Raw):
        return value
    return _TROUBLE.sub(_escaped, one_line(str(value)))


def chat_text(value: object) -> str:
    """Write a text as chats show it, on one line: Slack shows backslashes, Teams reads Markdown.

    Instead of escaping, word joiners part what would become a link or a call, and letters that look alike
    stand for the signs of emphasis.
    """
    if isinstance(value, Raw):
        return value
    return _IN_A_CHAT.sub(_defused, one_line(str(value)))


def _escaped(found: re.Match[str]) -> str:
    if found["call"]:
        return f"\\{found['call']}{_JOINER}"
    if found["hash"]:
        return _parted(found["hash"])
    return f"{found['number']}\\" if found["number"] else f"\\{found['special']}"


def _defused(found: re.Match[str]) -> str:
    if found["hash"]:
        return _parted(found["hash"])
    if found["special"]:
        return _LOOKALIKES[found["special"]]
    text = found["call"] or found["number"]
    return f"{_JOINER if not found.start() else ''}{text}{_JOINER}"


def _parted(text: str) -> str:
    return _JOINER.join(_HARMLESS_PART.findall(text))

"""Fix confirmations: not a field, but what a comment says of a bug's fix."""

import re
from collections.abc import Iterable

from quality.model.entities import Comment, Confirmation

_LONGEST = 2000
"""A confirmation is short: what comes after so many characters is not looked at."""
_CONFIRMATION = "bug fix confirmation: #"
_FIXED = re.compile(r"this bug is fixed\b")
_RESULT = re.compile(r"\b(passed|failed|blocked|cancelled|canceled|expired)\b")
_LINK = re.compile(r"https?://\S+")


def confirmation(comments: Iterable[Comment]) -> Confirmation | None:
    """Return the last result of a fix confirmation: `passed` or `failed`; None without one.

    A confirmation that was blocked, cancelled or has expired says nothing of the fix, so that the one before
    it stays. A comment counts when it begins as one; its result is the last that it names outside of links.
    """
    found: Confirmation | None = None
    for comment in comments:
        said = " ".join(comment.body[:_LONGEST].split()).casefold()
        if said.startswith(_CONFIRMATION):
            results = _RESULT.findall(_LINK.sub(" ", said))
            if results and results[-1] in {"passed", "failed"}:
                found = "passed" if results[-1] == "passed" else "failed"
        elif _FIXED.match(said):
            found = "passed"
    return found

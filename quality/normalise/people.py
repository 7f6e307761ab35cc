"""Names of people → pseudonyms, for readers who are not to know who they are."""

import hashlib
from dataclasses import replace
from functools import lru_cache
from sys import intern

from msgspec import structs

from quality.model.entities import Bug, Comment, Test

_KEY = b"testio-reports people"
"""The same for everyone, so that pages, readers and days agree wherever they are made."""
_BYTES = 6
"""Two of ten thousand people are called the same in one of five million such accounts."""


@lru_cache(maxsize=65_536)
def pseudonym(name: str) -> str:
    """Return what a person is called instead, such as `Person 3f9a2c81b0d4`: always the same for a name.

    By the name alone: people are told apart by it everywhere, and comments give no ids.
    """
    spelled = name.encode("utf-8", "surrogatepass")
    return intern(f"Person {hashlib.blake2b(spelled, digest_size=_BYTES, key=_KEY).hexdigest()}")


def without_names(test: Test) -> Test:
    """Return a test with pseudonyms for its makers, testers and those who comment; free texts stay."""
    return replace(
        test,
        created_by=_hidden(test.created_by),
        submitted_by=_hidden(test.submitted_by),
        bugs=tuple(map(bug_without_names, test.bugs)),
    )


def bug_without_names(bug: Bug) -> Bug:
    """Return a bug with pseudonyms for its tester and those who comment; free texts stay."""
    return structs.replace(bug, tester=_hidden(bug.tester), comments=tuple(map(_comment, bug.comments)))


def _comment(comment: Comment) -> Comment:
    return replace(comment, author=_hidden(comment.author))


def _hidden(name: str | None) -> str | None:
    return pseudonym(name) if name else None

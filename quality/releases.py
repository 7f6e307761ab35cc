"""Releases that people name in the titles of their tests; the upstream has no field for them."""

import re
from functools import lru_cache

_NUMBER = r"\d{1,4}(?:\.\d{1,4}){1,3}"
_NAMED = re.compile(
    rf"\b(?:release|version|hotfix|build|v)[ .:#-]{{0,2}}(?P<after>{_NUMBER})(?!\.?\w)"
    rf"|(?<![\w.])v?(?P<before>{_NUMBER})[ -](?:release|rc|hotfix)\b",
    re.IGNORECASE,
)


@lru_cache(8192)
def releases(title: str) -> tuple[str, ...]:
    """Find the release numbers in a title, in their order: `Release 4.2 regression` names `4.2`.

    A number counts only beside the word release, version, hotfix, build or rc, or after a v, so
    that `iOS 18.2` is no release.
    """
    found = (match["after"] or match["before"] for match in _NAMED.finditer(title))
    return tuple(dict.fromkeys(found))

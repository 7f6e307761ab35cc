"""Folders for what people name: releases and teams."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

_LONGEST_SLUG = 40
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")
"""Names that no file may have on Windows."""


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a folder for each name: `4.15`; no two alike, whatever the names are.

    A name that leaves nothing, or the same as another one, has a few digits of its hash behind it.
    """
    plain = {name: _slug(name) for name in names}
    often = Counter(plain.values())
    found = {name: folder for name, folder in plain.items() if name and folder == name}
    for name, folder in plain.items():
        if name in found:
            continue
        place, digits = folder, 0
        alone = bool(folder) and often[folder] == 1
        while not (alone and place not in found.values()):
            alone, digits = True, digits + 6
            digest = blake2b(name.encode("utf-8", "replace"), digest_size=32).hexdigest()
            place = f"{folder or 'other'}-{digest[:digits]}"
        found[name] = place
    return found


def _slug(name: str) -> str:
    """Return small ASCII letters, digits, single dots and hyphens, which no file system minds."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9.]+|\.{2,}", "-", plain).strip("-.")[:_LONGEST_SLUG].strip("-.")
    words = re.sub(r"-{2,}", "-", words)
    return f"v-{words}" if _RESERVED.match(words) else words

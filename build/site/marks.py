"""The mark at the end of a page: which page of a site it is, and of what content.

The list of pages is a hidden file, which artifact uploads and copies leave out. By its mark a page is known
without the list: at its own place, and unaltered since a build wrote it.
"""

import hashlib
import re

_MARK = re.compile(rb"<!-- testio-reports (?P<path>[^\n<>]{1,400}) (?P<digest>[0-9a-f]{16}) -->\n\Z")
_LONGEST = 500


def marked(path: str, content: bytes) -> bytes:
    """Return the page as it is written: an HTML page with its mark, anything else as it is."""
    if not path.endswith(".html"):
        return content
    return content + f"<!-- testio-reports {path} {_digest(content)} -->\n".encode()


def carries_mark(path: str, content: bytes) -> bool:
    """Return whether a build wrote this page for this place, whatever was done to it since."""
    found = _MARK.search(content[-_LONGEST:])
    return found is not None and found["path"] == path.encode()


def is_unaltered(path: str, content: bytes) -> bool:
    """Return whether a build wrote exactly this page for this place."""
    found = _MARK.search(content[-_LONGEST:])
    if found is None or not carries_mark(path, content):
        return False
    return found["digest"] == _digest(content[: content.rindex(found[0])]).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]

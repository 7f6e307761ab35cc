"""Absolute addresses, which feeds need that are read elsewhere."""

from urllib.parse import quote


def absolute(base_url: str | None, path: str) -> str:
    """Return the address of a page of the site; empty without the site's own."""
    return f"{base_url.rstrip('/')}/{quote(path, safe='/#.-_')}" if base_url else ""

"""Text that a terminal shows and does not obey."""

from base.text import clean


def calm(text: str) -> str:
    """Return text of any origin as one line that cannot steer a terminal."""
    return clean(text).replace("\n", " ")

"""Text that a terminal shows and does not obey."""


def calm(text: str) -> str:
    """Text of any origin as one line that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

"""Other words for what is looked for: they are suggested, and never added to a query silently."""

from base.text import fold

SAME: tuple[tuple[str, ...], ...] = (
    ("login", "log in", "sign in", "signin"),
    ("logout", "log out", "sign out"),
    ("signup", "sign up", "register", "registration"),
    ("checkout", "check out"),
    ("cart", "basket", "shopping bag"),
    ("popup", "pop up", "dialog"),
    ("dropdown", "drop down"),
    ("email", "e-mail"),
    ("crash", "crashes", "freezes"),
    ("photo", "picture", "image"),
    ("delete", "remove"),
    ("typo", "spelling", "misspelled"),
    ("slow", "slowly", "lag", "takes long"),
    ("dark mode", "dark theme", "darkmode"),
)
"""Each holds spellings and names of one thing; words apart are looked for in a row."""
_OF = {word: group for group in SAME for word in group}


def widened(query: str) -> tuple[str, list[str]] | None:
    """Return a query with the other words for its own, and which these are; None when there are none.

    `login crash*` becomes `login OR "log in" OR "sign in" OR signin crash*`.
    """
    from build.search.operators import operated

    asked = operated(query)
    groups = [list(group) for group in asked.groups]
    added: list[str] = []
    place = 0
    while place < len(groups):
        following = groups[place + 1] if place + 1 < len(groups) else []
        pair = " ".join((*groups[place], *following))
        if len(groups[place]) == len(following) == 1 and fold(pair) in _OF:
            groups[place : place + 2] = [[f'"{pair}"']]
        held = {fold(piece.strip('"')) for piece in groups[place]}
        others = dict.fromkeys(other for word in held for other in _OF.get(word, ()) if other not in held)
        words = [f'"{other}"' if not other.isalnum() else other for other in others]
        groups[place] += words
        added += words
        place += 1
    if not added:
        return None
    return " ".join((*(" OR ".join(group) for group in groups), *(f"-{one}" for one in asked.without))), added

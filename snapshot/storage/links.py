"""Links inside a snapshot folder: refused by every task alike, before it reads or writes anything."""

import os
import re
from pathlib import Path

from snapshot.errors import LinkInside
from snapshot.storage.layout import DOCUMENTS, PRUNED, VERSIONS, is_version_id

_OURS = frozenset(
    {
        "CURRENT",
        DOCUMENTS,
        VERSIONS,
        PRUNED,
        "index",
        "facts",
        "journal.jsonl",
        "details.jsonl",
        "damaged.txt",
        "history.jsonl",
        "refresh.lock",
        "refresh.owner.json",
    }
)
_SHELF = re.compile(r"[0-9a-f]{2}")


def refuse_links(root: Path) -> None:
    """Check that nothing by whose name this folder is read or written is a link.

    The folder itself may be reached through one. A document that is a link counts as damaged.

    Raises:
        LinkInside: when something is, with the way out.
    """
    for folder, ours in (
        ("", _OURS.__contains__),
        (DOCUMENTS, lambda name: _SHELF.fullmatch(name) is not None),
        (VERSIONS, is_version_id),
        (PRUNED, is_version_id),
    ):
        try:
            with os.scandir(root / folder) as found:
                linked = sorted(one.name for one in found if one.is_symlink() and ours(one.name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        if linked:
            raise LinkInside(
                f"{folder}{'/' if folder else ''}{linked[0]} is a symbolic link inside the snapshot folder.",
                "It could lead anywhere, so it is neither read nor written.",
                "Move the whole folder instead, and name it in TESTIO_SNAPSHOT_DIR.",
            )

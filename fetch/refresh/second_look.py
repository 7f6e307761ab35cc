"""Look once more through documents for what was learnt to be secret after they were stored."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from fetch.redaction.fields import cut_known, redact_stored
from fetch.redaction.in_turns import each
from fetch.redaction.secrets import Secrets
from fetch.redaction.text import cut_text
from fetch.refresh.known import Key
from snapshot.errors import SnapshotError
from snapshot.format.documents import Document, decode
from snapshot.format.manifest import Entry
from snapshot.reader import read_bytes
from snapshot.store import erase, put

log = logging.getLogger(__name__)

RULES = 1
"""The version of the rules by which secrets are cut out; what was stored by earlier ones is redacted anew."""
_QUICKLY = 2**18
"""Documents of more bytes are looked through value by value, with breaks."""
_ESCAPED = (("\\n", "\n"), ("\\r", "\n"), ("\\t", "\t"), ('\\"', '"'), ("\\\\", "\\"))


class Sought(NamedTuple):
    """The rules by which a version was redacted, and marks of the credentials cut out of all of it."""

    rules: int
    marks: tuple[str, ...]


@dataclass
class SecondLook:
    """A look at documents that were stored already, and what was found in them.

    Attributes:
        root: The snapshot folder.
        secrets: All that is known to be secret by now.
        replaced: The new entries of the documents that held any of it.
    """

    root: Path
    secrets: Secrets
    replaced: dict[Key, Entry] = field(default_factory=dict)
    _old: set[str] = field(default_factory=set)

    async def take(self, entries: Iterable[Entry], *, anew: bool = False) -> None:
        """Look through documents, and store those that hold a secret without it.

        Others may work between two documents, and stop this.

        Args:
            entries: The documents; one that cannot be read is passed over.
            anew: Redact each as if it came from the upstream, because an earlier release did.
        """
        for entry in entries:
            await self.look(entry, anew=anew)
            await asyncio.sleep(0)

    async def look(self, entry: Entry, *, anew: bool = False) -> None:
        """Look through one document; others may work in between, and stop this.

        Raises:
            NotWritten: When it cannot be stored without the secret.
        """
        try:
            raw = read_bytes(self.root, entry)
            if not anew and len(raw) <= _QUICKLY and not self._may_hold_any(raw):
                return
            document = decode(raw)
        except SnapshotError:
            return
        data = await self._without(document.data, anew=anew)
        if data == document.data:
            return
        shorter = Document(document.kind, document.id, document.fetched_at, data)
        stored = put(self.root, shorter, product_id=entry.product_id)
        changes = {"sha256": stored.sha256, "size": stored.size}
        self.replaced[entry.kind, entry.id] = entry.model_copy(update=changes)
        self._old.add(entry.sha256)

    async def _without(self, data: Any, *, anew: bool) -> Any:
        """Return a document's data without secrets: its own fields, and then its lists row by row."""
        if not isinstance(data, dict):
            return cut_known(data, self.secrets)
        known = -1
        while known != self.secrets.version:
            known = self.secrets.version
            found = self._cut(
                {name: [] if isinstance(one, list) else one for name, one in data.items()}, anew
            )
            for name in found:
                if isinstance(data[name], list):
                    parts = await each(({name: [row]} for row in data[name]), partial(self._cut, anew=anew))
                    found[name] = [row for part in parts for row in part.get(name, ())]
            data = found
        return data

    def _cut(self, data: dict[str, Any], anew: bool) -> dict[str, Any]:
        cut = redact_stored if anew else cut_known
        return {**cut(data, self.secrets)}

    def withdraw(self, entry: Entry) -> None:
        """Give a document up that there was no time to look through."""
        self._old.add(entry.sha256)

    def finish(self) -> None:
        """Remove the files that held secrets, as far as no earlier version consists of them.

        Raises:
            NotWritten: When one cannot be removed.
        """
        if not self._old:
            return
        left = erase(self.root, self._old)
        log.warning(
            "stored documents held what is a secret by now; it was cut out",
            extra={"documents": len(self._old), "in_earlier_versions": left},
        )

    def _may_hold_any(self, raw: bytes) -> bool:
        text = raw.decode("utf-8", "replace")
        if "\\u00" in text:
            return True
        for escaped, sign in _ESCAPED:
            text = text.replace(escaped, sign)
        return cut_text(text, self.secrets) != text

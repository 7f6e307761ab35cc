"""Checking a version to the last byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snapshot.damage import note
from snapshot.errors import DamagedDocument, NewerFormat
from snapshot.format.kinds import KINDS, Kind
from snapshot.format.manifest import Entry, Manifest
from snapshot.reader import open_snapshot, read_document
from snapshot.storage.layout import document_path


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a version.

    Attributes:
        kind: The affected document's kind.
        id: Its id.
        product_id: The product that it belongs to.
        path: Its file.
        what: What is wrong, in words.
    """

    kind: Kind
    id: int
    product_id: int | None
    path: Path
    what: str


def verify(root: Path, version: str | None = None) -> list[Fault]:
    """Check every document of a version: there, whole, of the hash, kind and id that the manifest says.

    And every reference: a test, or a product's features, needs its product.

    Args:
        root: The snapshot folder.
        version: A version's id; None takes the published one.

    Returns:
        What is wrong, in the manifest's order; empty when nothing is.

    Raises:
        NoSnapshot, DamagedManifest, NewerFormat, Refused: as `open_snapshot`, when there is nothing to check.
    """
    snapshot = open_snapshot(root, version)
    faults = [_fault(root, entry, what) for entry, what in unreferenced(snapshot.manifest)]
    for entry in snapshot.manifest.entries:
        try:
            read_document(root, entry)
        except (DamagedDocument, NewerFormat) as error:
            if isinstance(error, DamagedDocument):
                note(root, entry.sha256)
            lost = " The API no longer has it, so no refresh can mend it." if entry.state == "gone" else ""
            faults.append(_fault(root, entry, f"{error}{lost}"))
    return faults


def unreferenced(manifest: Manifest) -> Iterator[tuple[Entry, str]]:
    """Find the entries that a version cannot hold, with why: named twice, or of a product not there."""
    products = {entry.id for entry in manifest.entries if entry.kind == "product"}
    absent = {problem.product_id or problem.id for problem in manifest.problems if problem.kind == "product"}
    seen: set[tuple[Kind, int]] = set()
    for entry in manifest.entries:
        if (entry.kind, entry.id) in seen:
            yield entry, f"The manifest names {entry.kind} {entry.id} twice."
        seen.add((entry.kind, entry.id))
        if KINDS[entry.kind].of_product and entry.product_id not in products | absent:
            yield entry, f"It belongs to product {entry.product_id}, which the version does not hold."


def _fault(root: Path, entry: Entry, what: str) -> Fault:
    return Fault(entry.kind, entry.id, entry.product_id, document_path(root, entry.sha256), what)

"""Documents and versions for the snapshot's tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from snapshot.format.documents import Document
from snapshot.format.manifest import Entry, Manifest
from snapshot.storage.layout import document_path, new_id
from snapshot.store import publish, put

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def product(number: int = 598, name: str = "Halo Shop", at: datetime = NOW) -> Document:
    return Document("product", number, at, {"id": number, "name": name, "sections": []})


def features(number: int = 598, *titles: str, at: datetime = NOW) -> Document:
    listed = [{"id": 2000 + place, "title": title} for place, title in enumerate(titles)]
    return Document("features", number, at, {"features": listed})


def reject_reasons(at: datetime = NOW) -> Document:
    reason = {"key": "known_bug", "name": "Known bug", "default_comment": "Rejected - known."}
    return Document("reject_reasons", 0, at, {"reject_reasons": [reason]})


def raw_bug(number: int, status: str = "forwarded", **fields: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Bug {number}", "status": status, "severity": "high", **fields}


def a_test(
    number: int,
    status: str = "locked",
    bugs: Iterable[dict[str, Any]] = (),
    at: datetime = NOW,
    **fields: Any,
) -> Document:
    raw = {"id": number, "title": f"Test {number}", "status": status, **fields}
    return Document("test", number, at, {"test": raw, "bugs": list(bugs)})


def store(root: Path, documents: Iterable[Document], product_id: int = 598) -> tuple[Entry, ...]:
    return tuple(
        put(root, document, product_id=None if document.kind == "reject_reasons" else product_id)
        for document in documents
    )


def manifest_of(entries: Iterable[Entry], at: datetime = NOW, **fields: Any) -> Manifest:
    fields = {"id": new_id(at), "api_host": "api.test.io", **fields}
    return Manifest(created_at=at, entries=tuple(entries), **fields)


def publish_version(
    root: Path, documents: Iterable[Document], at: datetime = NOW, product_id: int = 598, **fields: Any
) -> Manifest:
    manifest = manifest_of(store(root, documents, product_id), at, **fields)
    publish(root, manifest)
    return manifest


def publish_days(root: Path, days: int, first: datetime = NOW) -> list[Manifest]:
    """One version a day; test 1 never changes, test 2 changes every day."""
    return [
        publish_version(root, [product(), a_test(1), a_test(2, goal=f"day {day}")], at)
        for day in range(days)
        for at in [first + timedelta(days=day)]
    ]


def file_of(root: Path, entry: Entry) -> Path:
    return document_path(root, entry.sha256)


def all_files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }

"""The file in which a version travels: a zip, or one JSON object. What comes in is trusted in nothing.

A zip holds `manifest.json` and `documents/<aa>/<sha256>.json`; the JSON object {format, manifest, documents}
holds the documents by their hash.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from base.bounds import (
    DOCUMENT_BYTES,
    JSON_EXPORT_BYTES,
    MANIFEST_BYTES,
    PARSED_BYTES,
    VERSION_BYTES,
    ZIP_LIST_BYTES,
    ZIP_RATIO,
)
from base.weight import weight
from snapshot.errors import DamagedDocument, Refused
from snapshot.format.documents import canonical
from snapshot.format.manifest import Entry, Manifest, decode_manifest, encode_manifest
from snapshot.format.parsing import parsed
from snapshot.format.upgrade import FORMAT, upgraded
from snapshot.storage.layout import MANIFEST, document_path

_EXPORT = "Name a file that invoke export wrote."
_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_JSON_HEAD = b'{\n"documents": {\n'
_END = 2**16 + 128
"""The end of a zip holds its list's size, before a comment of at most 64 KiB."""

Read = Callable[[Entry], bytes]


@contextmanager
def opened(source: Path) -> Iterator[tuple[Manifest, Read]]:
    """Open an export, and yield its manifest and a function that reads the bytes of a document in it.

    Raises:
        Refused: when it is no plain file, no export, holds what its manifest does not name, or is
            unreasonably large.
        DamagedManifest: when the manifest is cut or altered.
        NewerFormat: when a later release wrote it.
    """
    with _reading(source):
        file = _plain(source)
    with file:
        with _reading(source):
            archive = zipfile.ZipFile(file) if _is_zip(file, source) else None
        if archive is None:
            yield _from_json(file, source)
        else:
            with archive:
                yield _from_zip(archive, source)


def is_export(path: Path) -> bool:
    """Return whether a plain file looks like an export, or is empty."""
    try:
        with _plain(path) as file:
            if not _is_zip(file, path):
                file.seek(0)
                return file.read(len(_JSON_HEAD)) in {b"", _JSON_HEAD}
            with zipfile.ZipFile(file) as archive:
                return MANIFEST in archive.namelist()
    except (Refused, OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def write_zip(file: BinaryIO, manifest: Manifest, read: Read) -> None:
    """Write a version as a zip, compressed unless it shrinks to less than an import believes."""
    see_reasonable(manifest, "The version")
    begin = file.tell()
    for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        file.seek(begin)
        file.truncate()
        with zipfile.ZipFile(file, "w", packing) as archive:
            archive.writestr(_member(MANIFEST, packing), encode_manifest(manifest))
            for entry in manifest.entries:
                archive.writestr(_member(_member_name(entry), packing), _parsable(entry, read(entry)))
        if _total(manifest) <= ZIP_RATIO * file.tell():
            return


def write_json(file: BinaryIO, manifest: Manifest, read: Read) -> None:
    """Write a version as one JSON object.

    Raises:
        Refused: when it is larger than an import takes.
    """
    see_reasonable(manifest, "The version")
    size = heavy = 0
    for piece in _json_pieces(manifest, read):
        size, heavy = size + len(piece), heavy + weight(piece)
        if size > JSON_EXPORT_BYTES or heavy > PARSED_BYTES:
            raise Refused(
                f"Version {manifest.id} is too large for one JSON file.",
                "An import reads such a file as a whole.",
                "Name a file that ends in .zip.",
            )
        file.write(piece)


def damaged(entry: Entry, why: str) -> DamagedDocument:
    """Create the error for a document that cannot be taken in."""
    return DamagedDocument(
        f"The document of {entry.kind} {entry.id} cannot be taken in.",
        why,
        "Export the version again.",
        kind=entry.kind,
        id=entry.id,
    )


def _plain(source: Path) -> BinaryIO:
    """Open a plain file, also through a link; a device or pipe is neither read nor waited for."""
    descriptor = os.open(source, _OPENING)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise Refused(f"{source} is not a plain file.", "", _EXPORT)
    if found.st_size > VERSION_BYTES:
        os.close(descriptor)
        raise Refused(f"{source} has {found.st_size:,} bytes.", _too_many(VERSION_BYTES))
    return open(descriptor, "rb")  # noqa: PTH123 - of a descriptor


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Refuse a file that cannot be read, whatever is wrong with its structure."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{source} cannot be read.", f"{error.strerror or error}.", _EXPORT) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        ValueError,
        OverflowError,
    ) as error:
        raise Refused(f"{source} is not a complete export.", f"{error}.", _EXPORT) from None


def _is_zip(file: BinaryIO, source: Path) -> bool:
    """Return whether a file is a zip, whose list of files can be read without taking much memory."""
    if not zipfile.is_zipfile(file):
        return False
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END))
    end = file.read()
    for mark, form, place in ((b"PK\x05\x06", "<L", 12), (b"PK\x06\x06", "<Q", 40)):
        at = end.rfind(mark)
        if 0 <= at <= len(end) - place - struct.calcsize(form):
            (listed,) = struct.unpack_from(form, end, at + place)
            if ZIP_LIST_BYTES < listed < 2**32 - 1 or (form == "<Q" and listed > ZIP_LIST_BYTES):
                raise Refused(f"{source} lists its files in {listed:,} bytes.", _too_many(ZIP_LIST_BYTES))
    return True


def _from_zip(archive: zipfile.ZipFile, source: Path) -> tuple[Manifest, Read]:
    members = archive.infolist()
    by_name = {member.filename: member for member in members}
    if len(by_name) < len(members):
        raise Refused(f"{source} holds two files of one name.")
    if MANIFEST not in by_name:
        raise Refused(f"{source} is not an exported version.", f"It holds no {MANIFEST}.", _EXPORT)

    def content(member: zipfile.ZipInfo, limit: int) -> bytes:
        if member.file_size > limit:
            raise Refused(
                f"{member.filename!r} in {source} has {member.file_size:,} bytes.", _too_many(limit)
            )
        if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(f"{member.filename!r} in {source} is encrypted, or compressed in an unusual way.")
        with _reading(source), archive.open(member) as file:
            return file.read(limit + 1)

    manifest = decode_manifest(content(by_name[MANIFEST], MANIFEST_BYTES), f"The manifest in {source}")
    names = {_member_name(entry): entry for entry in manifest.entries}
    for name in by_name:
        if name != MANIFEST and name not in names:
            raise Refused(f"{source} holds {name[:120]!r}, which its manifest does not name.")
    see_reasonable(manifest, str(source), ZIP_RATIO * source.stat().st_size)

    def read(entry: Entry) -> bytes:
        member = by_name.get(_member_name(entry))
        if member is None:
            raise damaged(entry, "The file does not hold it.")
        return content(member, entry.size)

    return manifest, read


def _from_json(file: BinaryIO, source: Path) -> tuple[Manifest, Read]:
    with _reading(source):
        file.seek(0)
        raw = file.read(JSON_EXPORT_BYTES + 1)
    if len(raw) > JSON_EXPORT_BYTES:
        raise Refused(f"{source} has more than {JSON_EXPORT_BYTES:,} bytes.", "", "Import a zip instead.")
    try:
        whole_file = upgraded(parsed(raw), str(source))
        documents: Any = whole_file["documents"]
        raw_manifest = orjson.dumps(whole_file["manifest"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{source} is not an exported version.", f"{error}.", _EXPORT) from None
    manifest = decode_manifest(raw_manifest, f"The manifest in {source}")
    if not isinstance(documents, dict) or set(documents) - {entry.sha256 for entry in manifest.entries}:
        raise Refused(f"{source} holds documents that its manifest does not name.")
    see_reasonable(manifest, str(source))

    def read(entry: Entry) -> bytes:
        envelope = documents.get(entry.sha256)
        if not isinstance(envelope, dict):
            raise damaged(entry, "The file does not hold it.")
        try:
            return canonical(envelope)
        except ValueError as error:
            raise damaged(entry, f"{error}.") from None

    return manifest, read


def _json_pieces(manifest: Manifest, read: Read) -> Iterable[bytes]:
    yield _JSON_HEAD
    for place, entry in enumerate(manifest.entries):
        raw = _parsable(entry, read(entry))
        yield b",\n" * bool(place) + b'"%b": ' % entry.sha256.encode() + raw.rstrip()
    yield b'\n},\n"format": %d,\n"manifest": ' % FORMAT
    yield encode_manifest(manifest).rstrip() + b"\n}\n"


def _parsable(entry: Entry, raw: bytes) -> bytes:
    if weight(raw) > PARSED_BYTES:
        raise Refused(
            f"The document of {entry.kind} {entry.id} would take {weight(raw):,} bytes of memory.",
            _too_many(PARSED_BYTES),
        )
    return raw


def see_reasonable(manifest: Manifest, name: str, most: int = VERSION_BYTES) -> None:
    """Check that an import takes a version of this size.

    Raises:
        Refused: when it does not.
    """
    if len({(entry.kind, entry.id) for entry in manifest.entries}) < len(manifest.entries):
        raise Refused(f"{name} names a document twice.")
    largest = max((entry.size for entry in manifest.entries), default=0)
    if largest > DOCUMENT_BYTES:
        raise Refused(f"{name} holds a document of {largest:,} bytes.", _too_many(DOCUMENT_BYTES))
    limit = min(VERSION_BYTES, most)
    if _total(manifest) > limit:
        raise Refused(f"{name} would unpack to {_total(manifest):,} bytes.", _too_many(limit))


def _total(manifest: Manifest) -> int:
    return sum(entry.size for entry in manifest.entries)


def _too_many(limit: int) -> str:
    return f"More than {limit:,} are not taken in."


def _member_name(entry: Entry) -> str:
    return document_path(Path(), entry.sha256).as_posix()


def _member(name: str, packing: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = packing
    return member

"""Adding a note: to the one file that it belongs to, and only as long as nobody has changed it."""

import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from base import folders
from base.bounds import CONTEXT_FILE_BYTES
from base.errors import InvalidInput, Unavailable
from base.folders import Folder, LeadsElsewhere, NotPlain
from base.text import clean, shorten
from context_files.checked import shaped
from context_files.folder import decoded
from context_files.front_matter import split
from context_files.shapes import NoteShape
from context_files.yaml import BadYaml
from quality.model.context import Note

LONGEST_NOTE = 4_000
_HASH = 16


@dataclass(frozen=True, slots=True)
class Added:
    """The file that a note was written into, as it is called inside the context folder, and its hash."""

    file: str
    hash: str
    new: bool


def add_note(root: Path, note: Note, expected: str | None) -> Added:
    """Write a note into a file of its own, or below what stands in it; it is internal.

    Args:
        root: The context folder; made when it is not there.
        note: What it is on, its text, kind and day; the rest of it is not written.
        expected: The hash of the file as the caller knows it; None for a file that is not there.

    Raises:
        InvalidInput: When the file is another one than expected, is published, or is no note.
        Unavailable: When it cannot be written, or somebody else writes into this folder just now.
    """
    body = clean(note.text).strip()
    if not body or len(body) > LONGEST_NOTE:
        raise InvalidInput(
            f"The note has {len(body):,} characters.", f"It takes 1 to {LONGEST_NOTE:,}.", "Shorten it."
        )
    file = f"{note.id}.md"
    name = f"notes/{note.target}/{file}"
    try:
        with (
            folders.holding(root, make=True) as base,
            folders.below(base, ("notes", note.target), make=True) as folder,
        ):
            if folder.descriptor is not None and not folders.lock(folder.descriptor):
                raise Unavailable("Another note is being written.", "Notes take turns.", "Call again.")
            before = _read(folder, file)
            content = _joined(name, before, replace(note, text=body), expected)
            folders.put(folder, file, content)
    except (LeadsElsewhere, NotPlain):
        raise InvalidInput(
            f"{name} is no plain file in plain folders.",
            "Links are not followed.",
            "Put the file itself there.",
        ) from None
    except OSError as error:
        raise Unavailable(
            f"{name} could not be written.",
            f"{os.strerror(error.errno or 0)}.",
            "Free space or fix permissions where the reader runs.",
        ) from None
    return Added(name, _hash(content), before is None)


def _read(folder: Folder, name: str) -> bytes | None:
    try:
        return folders.read(folder, name, CONTEXT_FILE_BYTES)
    except FileNotFoundError:
        return None


def _joined(name: str, before: bytes | None, note: Note, expected: str | None) -> bytes:
    """Return the content of the file with the note.

    Raises:
        InvalidInput: When the note may not be put there.
    """
    if before is None:
        if expected:
            raise InvalidInput(
                f"{name} is not there.", "It was removed meanwhile.", "Call again without expected_hash."
            )
        front = f"date: {note.date}\nkind: {note.kind}\nvisibility: internal"
        return f"---\n{front}\n---\n{note.text}\n".encode()
    file = decoded(tuple(name.split("/")), before)
    if expected != _hash(before):
        raise InvalidInput(
            f"{name} has a note already" + (", and is not as expected." if expected else "."),
            f"It says: {shorten(file.text, 300)}",
            f"To write below it, call again with expected_hash='{_hash(before)}'.",
        )
    if file.fault or _visibility(name, file.text) != "internal":
        raise InvalidInput(
            f"{name} is published, or cannot be read as a note.",
            "Only internal notes are written by a tool.",
            "Ask a person to change it by a commit.",
        )
    joined = before.rstrip() + f"\n\n**{note.date}, {note.kind}**\n\n{note.text}\n".encode()
    if len(joined) > CONTEXT_FILE_BYTES:
        raise InvalidInput(f"{name} is full.", "A file takes 1 MB.", "Ask a person to shorten it.")
    return joined


def _visibility(name: str, text: str) -> str | None:
    try:
        front = split(text).front
    except BadYaml:
        return None
    shape, _ = shaped(front, NoteShape, name, value=front.value)
    return shape.visibility if shape else None


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()[:_HASH]

"""Writing a note: the one tool that writes into the context folder; off unless a setting asks for it."""

import re
from datetime import UTC, datetime

from anyio import to_thread
from fastmcp.tools import ToolResult, tool
from mcp_types import ToolAnnotations

from base.errors import InvalidInput, NotFound, Unavailable
from mcp_reader.answers.base import Answer, result, schema, stamp
from mcp_reader.arguments.types import Text, Word, choice
from mcp_reader.context import current_reader
from mcp_reader.grants import current_grant
from quality.model.context import NOTE_KINDS, TARGET_KINDS, Note, NoteKind, Place, TargetKind
from quality.model.facts import Facts

WRITES_A_NOTE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)


class NoteAdded(Answer):
    """The file that the note was written into; its hash is what the next note there has to name."""

    file: str
    hash: str
    created: bool


@tool(title="Add a note", annotations=WRITES_A_NOTE, output_schema=schema(NoteAdded))
async def add_note(*, target: str, text: str, kind: Word = None, expected_hash: Text = None) -> ToolResult:
    """Write an internal note on a product, test, bug or feature into the team's context folder.

    Only when a person asks for it. A note that is there already stays; the text is written below it.

    Args:
        target: The thing, such as `bug 402278` or `product 598`.
        text: Markdown, at most 4,000 characters.
        kind: note (default), decision, question or handover.
        expected_hash: Of the file as you know it, where a note is there already; the refusal names it.
    """
    from context_files.add import add_note as write

    reader = current_reader()
    if current_grant() is not None:
        raise Unavailable(
            "Notes are not written over HTTP.",
            "Whoever can call a server is not always a member of the team.",
            "Write the file and commit it, or use the reader on stdio.",
        )
    facts = (await reader.library.edition()).facts
    noun, number = _target(facts, target)
    of = choice("kind", kind, NOTE_KINDS, "note")
    note_kind: NoteKind = next(one for one in NOTE_KINDS if one == of)
    today = datetime.now(UTC).date()
    note = Note(Place("add_note"), noun, number, text, date=today, kind=note_kind)
    added = await to_thread.run_sync(write, reader.settings.testio_context_dir, note, expected_hash)
    return result(
        NoteAdded(data_as_of=stamp(facts.as_of), file=added.file, hash=added.hash, created=added.new)
    )


def _target(facts: Facts, text: str) -> tuple[TargetKind, int]:
    """Return what a note is to be on.

    Raises:
        InvalidInput: For what names no kind and id.
        NotFound: For an id that the snapshot lacks.
    """
    found = re.fullmatch(r"\s*(\w+)[\s:/#]+([1-9]\d{0,14})\s*", text[:100], re.ASCII)
    noun = next((one for one in TARGET_KINDS if found and found[1].lower() == one), None)
    if found is None or noun is None:
        raise InvalidInput(
            f"target={text[:60]!r} does not name a thing.",
            f"It takes one of {', '.join(TARGET_KINDS)}, and an id.",
            "For example: target='bug 402278'.",
        )
    number = int(found[2])
    known = {
        "product": number in facts.products,
        "test": number in facts.tests,
        "bug": number in facts.bugs,
        "feature": any(one.id == number for every in facts.features.values() for one in every),
    }
    if not known[noun]:
        raise NotFound(
            f"{noun.capitalize()} {number} is not in the snapshot.",
            "A note is on something that is known.",
            "search finds ids.",
        )
    return noun, number

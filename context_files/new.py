"""New context files, to be filled in: one is made where nothing has its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from base import folders
from base.errors import InvalidInput, Unavailable
from base.text import closest, listed, shorten
from context_files.json_schemas import context_schemas
from quality.model.context import TARGET_KINDS

SCHEMAS = ".schemas"
"""Where the schemas lie for editors, inside the context folder."""
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,59}", re.ASCII)
_EXAMPLES = ("note bug 402278", "release 598 4.3", "goals 598", "actions", "owners", "links")


@dataclass(frozen=True, slots=True)
class New:
    """A file to be made: where, of which kind, and what stands in it."""

    parts: tuple[str, ...]
    kind: str
    text: str


def make_file(root: Path, words: str, today: date) -> Path:
    """Make the file that some words ask for, such as `note bug 402278`, with its schema for editors.

    Raises:
        InvalidInput: For words that name no kind, or a file that is there already.
        Unavailable: When the folder cannot be written.
    """
    new = planned(words, today)
    try:
        with folders.holding(root, make=True) as base:
            with folders.below(base, (SCHEMAS,), make=True) as schemas:
                folders.put(schemas, f"{new.kind}.json", context_schemas()[f"{new.kind}.json"])
            _make(base, new)
    except FileExistsError:
        raise InvalidInput(
            f"{'/'.join(new.parts)} is there already.", "Nothing was changed.", "Open it in an editor."
        ) from None
    except OSError as error:
        raise Unavailable(
            f"{'/'.join(new.parts)} could not be written.",
            f"{error.strerror or type(error).__name__}.",
            "Free space or fix permissions.",
        ) from None
    return root.joinpath(*new.parts)


def _make(base: folders.Folder, new: New) -> None:
    with folders.below(base, new.parts[:-1], make=True) as folder:
        descriptor = folders.create(folder, new.parts[-1])
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(new.text.encode())


def planned(words: str, today: date) -> New:
    """Return the file that some words ask for.

    Raises:
        InvalidInput: For words that name no kind, or lack what it needs.
    """
    kind, *rest = re.split(r"[\s/]+", words.strip()) or [""]
    made = _MAKERS.get(kind)
    if made is None:
        near = closest(kind, _MAKERS, 1)
        raise InvalidInput(
            f"{shorten(kind, 40)!r} is no kind of context file.",
            f"The kinds are {listed(_MAKERS)}.",
            f"Did you mean {near[0]}?" if near else f"For example: --new {_EXAMPLES[0]!r}",
        )
    for word in rest:
        if not _PART.fullmatch(word) or word.endswith("."):
            raise InvalidInput(
                f"{shorten(word, 40)!r} cannot be a part of a file's name.",
                "Letters, digits and . _ + - are taken.",
                f"For example: --new {_EXAMPLES[0]!r}",
            )
    count, make = made
    if len(rest) != count:
        example = next(one for one in _EXAMPLES if one.startswith(kind))
        raise InvalidInput(
            f"A file of the kind {kind} needs {count} more words.", "", f"For example: --new {example!r}"
        )
    return make(rest, today)


def _note(rest: list[str], today: date) -> New:
    target, number = rest
    if target not in TARGET_KINDS:
        raise InvalidInput(
            f"{target!r} has no notes.",
            f"They are on one of {listed(TARGET_KINDS)}.",
            f"For example: {_EXAMPLES[0]!r}",
        )
    _see_id(number, target)
    front = f"author: \ndate: {today.isoformat()}\nkind: note # decision, note, question or handover"
    shown = "visibility: internal # published: also on sites that others can open"
    return New(
        ("notes", target, f"{number}.md"), "note", f"---\n{front}\n{shown}\n---\nWrite the note here.\n"
    )


def _release(rest: list[str], today: date) -> New:
    product, version = rest
    _see_id(product, "product")
    lines = (
        f'version: "{version}"\ndate: {today.isoformat()}\nstatus: planned # shipped, rolled back\n'
        "test_ids: []\n"
    )
    return New(("releases", product, f"{version}.yaml"), "release", _with_schema(2, "release", lines))


def _goals(rest: list[str], _: date) -> New:
    _see_id(rest[0], "product")
    lines = "goals:\n  - metric: acceptance_rate\n    target: 70 %\nreview_owner: \n"
    return New(("goals", f"{rest[0]}.yaml"), "goals", _with_schema(1, "goals", lines))


def _actions(_: list[str], today: date) -> New:
    lines = f"actions:\n  - what: Say what was agreed\n    owner: \n    agreed: {today.isoformat()}\n"
    return New(("actions.yaml",), "actions", _with_schema(0, "actions", lines))


def _owners(_: list[str], __: date) -> New:
    lines = "owners: []\n#  - product: 598\n#    team: Shop\n#    reviewer: Ann\n"
    return New(("owners.yaml",), "owners", _with_schema(0, "owners", lines))


def _links(_: list[str], __: date) -> New:
    lines = "links: []\n#  - bug: 402278\n#    key: SHOP-12\n#    state: open # fixed, accepted risk\n"
    return New(("links.yaml",), "links", _with_schema(0, "links", lines))


def _with_schema(depth: int, kind: str, lines: str) -> str:
    return f"# yaml-language-server: $schema={'../' * depth}{SCHEMAS}/{kind}.json\n{lines}"


def _see_id(text: str, noun: str) -> None:
    if not re.fullmatch(r"[1-9]\d{0,14}", text, re.ASCII):
        raise InvalidInput(f"{text!r} is not the id of a {noun}.", "An id is a whole number.")


_MAKERS: dict[str, tuple[int, Callable[[list[str], date], New]]] = {
    "release": (2, _release),
    "note": (2, _note),
    "goals": (1, _goals),
    "actions": (0, _actions),
    "owners": (0, _owners),
    "links": (0, _links),
}
"""Each kind with how many words follow it."""

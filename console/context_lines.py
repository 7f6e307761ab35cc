"""What the tasks over the context folder tell a person, as lines of plain text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from base.text import shorten
from quality.model.context import Context, Fault
from quality.wording import counted, day

MOST = 100
"""Rows of one kind that are told one by one."""
FEW = 5
"""Mistakes that a build names."""


def listed(folder: Path, found: Context) -> Iterator[str]:
    """List what a context folder says."""
    if not folder.is_dir():
        yield f"There is no folder {folder}. Begin with: invoke context --new 'note product 598'"
        return
    yield f"{folder}:"
    rows = [*_rows(found)]
    yield from rows[:MOST]
    if len(rows) > MOST:
        yield f"  … and {len(rows) - MOST:,} more"


def _rows(found: Context) -> Iterator[str]:
    for one in found.releases:
        status = one.status.replace("_", " ")
        yield f"  release  {shorten(one.version, 40)} of product {one.product_id}, {status} {day(one.date)}"
    for note in found.notes:
        text = shorten(note.text, 60)
        yield f"  {note.kind:8} on {note.target} {note.id}, {note.visibility}: {text}"
    for goals in found.goals:
        parts = [counted(len(goals.goals), "goal"), counted(len(goals.thresholds), "threshold")]
        yield f"  goals    of product {goals.product_id}: {', '.join(parts)}"
    for action in found.actions:
        due = f", due {day(action.due)}" if action.due else ""
        yield f"  action   {shorten(action.what, 80)}{due}{', done' if action.done else ''}"
    for kind, count in sorted(Counter(one.kind for one in found.own).items()):
        yield f"  {kind:8} {counted(count, 'record')}"
    if found.owners:
        yield f"  owners   {len(found.owners):,}"
    if found.links:
        states = Counter(one.state.replace("_", " ") for one in found.links)
        yield f"  links    {', '.join(f'{count:,} {state}' for state, count in sorted(states.items()))}"


def told(wrong: Sequence[Fault], *, ids: bool) -> Iterator[str]:
    """Say what is wrong.

    Args:
        wrong: In the order of the files.
        ids: Whether ids could be looked up in a snapshot.
    """
    yield from (str(fault) for fault in wrong[:MOST])
    if len(wrong) > MOST:
        yield f"… and {len(wrong) - MOST:,} more"
    yield f"{counted(len(wrong), 'mistake')}." if wrong else "Nothing is wrong."
    if not ids:
        yield "There is no snapshot: ids were not looked up."


def left_out(found: Context) -> Iterator[str]:
    """Say what of the context could not be read, if anything."""
    if found.faults:
        few = found.faults[:FEW]
        yield from (f"Context: {fault}" for fault in few)
        if len(found.faults) > FEW:
            yield f"Context: {len(found.faults) - FEW:,} more mistakes; list them: invoke context"

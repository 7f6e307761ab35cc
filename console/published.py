"""The published snapshot with its context, as the tasks that judge it need them."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from quality.model.facts import Facts
from quality.options import QualityOptions
from snapshot.reader import Snapshot


@dataclass(frozen=True)
class Published:
    """A version, what it and the context say, and what both are judged by."""

    snapshot: Snapshot
    facts: Facts
    options: QualityOptions


def published(settings: Settings) -> Published:
    """Open the published version and the context folder.

    Raises:
        SnapshotError: When none is published, or it cannot be read.
    """
    from build.facts.load import load_facts
    from context_files.load import load_context
    from quality.context.effect import judged_by
    from snapshot.reader import open_snapshot

    snapshot = open_snapshot(settings.testio_snapshot_dir)
    context = load_context(context_place(settings, snapshot))
    facts = replace(load_facts(snapshot, hide_names=settings.testio_hide_names), context=context)
    return Published(snapshot, facts, judged_by(settings.quality, context))


def context_place(settings: Settings, snapshot: Snapshot | None) -> Path:
    """Return the folder that the context is read from."""
    from context_files.place import folder_for

    by_hand = "testio_context_dir" in settings.model_fields_set
    host = snapshot.manifest.api_host if snapshot else ""
    return folder_for(settings.testio_context_dir, host, by_hand=by_hand)


def version_at(snapshot: Snapshot, moment: datetime, *, hide_names: bool) -> Facts | None:
    """Return what the newest version before a moment said, else the oldest; None without an earlier one."""
    from build.facts.load import load_facts
    from snapshot.versions import versions_before

    found = None
    for version in versions_before(snapshot):
        found = version
        if version.manifest.created_at <= moment:
            break
    return None if found is None else load_facts(found, hide_names=hide_names)

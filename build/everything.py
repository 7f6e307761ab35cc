"""Index and pages of a published version, in one go."""

from dataclasses import dataclass, replace
from pathlib import Path

from base.places import keep_apart
from build.facts.history import facts_before
from build.facts.load import load_facts
from build.facts.loss import see_readable
from build.search.index import IndexReport, update_index
from build.search.place import writable_index
from build.site.site import SiteOptions, build_site
from build.site.writer import BuildReport
from quality.model.context import NO_CONTEXT, Context
from snapshot.reader import open_snapshot


@dataclass(frozen=True, slots=True)
class Built:
    """Files that a build wrote, and files that it left as they were."""

    index: IndexReport
    pages: BuildReport


def build_everything(
    root: Path,
    site: Path,
    options: SiteOptions | None = None,
    *,
    context: Context = NO_CONTEXT,
    accept_loss: bool = False,
) -> Built:
    """Build search index and pages; only what changed is written.

    Args:
        root: The snapshot folder; the index goes into it, or into the user's cache.
        site: The folder of the pages.
        options: How the pages look and what their numbers are judged by.
        context: What people say beside the snapshot.
        accept_loss: Build even if more than a fifth of the known tests cannot be read.

    Raises:
        InvalidInput: When the snapshot folder would be published with the site.
        Unreadable: When too many documents are damaged; nothing is written then.
        NoSnapshot: When nothing was published yet.
        SnapshotError: When the version cannot be read, or a file cannot be written.
    """
    keep_apart(root, site)
    snapshot = open_snapshot(root)
    facts = replace(load_facts(snapshot), context=context)
    if not accept_loss:
        see_readable(snapshot, facts)
    indexed = update_index(facts, writable_index(root))
    return Built(indexed, build_site(facts, site, options, earlier=facts_before(snapshot, facts)))

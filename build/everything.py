"""Index and pages of a published version, in one go."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from base.code import code_digest
from base.places import keep_apart
from build.facts.account import Account, account_before, hashes_of_tests, open_account, whole_tests
from build.facts.history import version_before
from build.facts.loss import see_readable
from build.facts.stored import keep_only
from build.facts.whole import WholeTests
from build.parallel import cores, run_all
from build.search.index import IndexReport, rows_of, update_index
from build.search.index_files import altered, stamp
from build.search.place import writable_index
from build.site.jinja import load_templates
from build.site.kept import earlier_build, is_whole
from build.site.site import MADE_BY, SiteOptions, build_parts, sources
from build.site.writer import BuildReport
from quality.model.context import NO_CONTEXT, Context
from snapshot.history import history_bytes
from snapshot.reader import Snapshot, open_snapshot
from snapshot.versions import version_ids

_SHARED_FROM = 16
"""From so many tasks on, it pays to start processes for them."""


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
    workers: int | None = None,
) -> Built:
    """Build search index and pages; only what changed is made and written.

    Args:
        root: The snapshot folder; the index goes into it, or into the user's cache.
        site: The folder of the pages.
        options: How the pages look and what their numbers are judged by.
        context: What people say beside the snapshot.
        accept_loss: Build even if more than a fifth of the known tests cannot be read.
        workers: In how many processes to make many pages; by default as many as there are cores.

    Raises:
        InvalidInput: When the snapshot folder would be published with the site.
        Unreadable: When too many documents are damaged; nothing is written then.
        NoSnapshot: When nothing was published yet.
        SnapshotError: When the version cannot be read, or a file cannot be written.
    """
    keep_apart(root, site)
    snapshot, index_dir = open_snapshot(root), writable_index(root)
    chosen = options or SiteOptions()
    inputs = _inputs(snapshot, chosen, context)
    before = earlier_build(site)
    if before.key and before.key == _key(inputs, index_dir) and is_whole(site, before):
        return Built(IndexReport(0, 0, rows_of(index_dir)), BuildReport(0, len(before.digests), 0))
    account = _opened(snapshot, context, accept_loss=accept_loss, hide_names=chosen.hide_names)
    made_of = sources(
        account.facts,
        chosen,
        earlier=account_before(account, version_before(snapshot)),
        whole=partial(whole_tests, account),
        hashes={entry.id: entry.sha256 for entry in snapshot.entries("test")},
    )
    indexed: list[IndexReport] = []

    def run(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        facts = replace(account.facts, tests=WholeTests(account))
        index = partial(update_index, facts, index_dir, hashes_of_tests(account, made_of.code))
        count = cores() if workers is None and len(tasks) >= _SHARED_FROM else workers or 1
        if count > 1:
            load_templates()
        first, *others = run_all([index, *tasks], count)
        indexed.append(first)
        return others

    def key() -> str:
        damaged = any(gap.state == "damaged" for gap in account.facts.gaps)
        return "" if damaged else _key(inputs, index_dir)

    pages = build_parts(made_of, site, key, run)
    keep_only(root, account.documents.keys() | account.facts.products.keys())
    return Built(indexed[0], pages)


def _opened(snapshot: Snapshot, context: Context, *, accept_loss: bool, hide_names: bool) -> Account:
    account = open_account(snapshot, version_before(snapshot), hide_names=hide_names)
    if not accept_loss:
        see_readable(snapshot, account.facts)
    return replace(account, facts=replace(account.facts, context=context))


def _inputs(snapshot: Snapshot, options: SiteOptions, context: Context) -> str:
    """Hash all that index and pages are made of: versions, which never change, history and what is chosen."""
    versions = version_ids(snapshot.root)
    past = hashlib.blake2b(history_bytes(snapshot.root), digest_size=16).hexdigest()
    code = code_digest((*MADE_BY, "snapshot"))
    made_of = (snapshot.id, *versions, past, repr(options), repr(context), code)
    return hashlib.sha256("\n".join(made_of).encode("utf-8", "surrogatepass")).hexdigest()


def _key(inputs: str, index_dir: Path) -> str:
    """Return what stands for the inputs and the index that was made of them; empty without a whole index."""
    made = stamp(index_dir)
    return "" if made is None or altered(index_dir, sizes_only=True) else f"{inputs} {made}"

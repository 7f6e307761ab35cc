"""The tasks over a snapshot folder: status, verify, snapshots, prune, diff, export, import, push, pull."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.tasks import task

from base.errors import InvalidInput
from config.settings import Settings
from console.flags import see_no_flag, whole_number
from console.run import FAILED, each_account, only_account, say, say_json
from quality.wording import counted
from snapshot.errors import NoSnapshot


@task
def status(_: Context) -> int:
    """Say what is published: version, age, counts, gaps."""
    from console import messages
    from snapshot.reader import open_snapshot

    def tell(settings: Settings) -> int:
        say(messages.status(open_snapshot(settings.testio_snapshot_dir).manifest, datetime.now(UTC)))
        return 0

    return each_account(tell)


@task(help={"version": "The version's id; the published one when left out."})
def verify(_: Context, version: str = "") -> int:
    """Check every document, hash and reference of a version. Exit code 1 when anything is wrong."""
    from snapshot.history import damaged_lines
    from snapshot.reader import open_snapshot
    from snapshot.verify import verify as faults_of

    def check(settings: Settings) -> int:
        snapshot = open_snapshot(settings.testio_snapshot_dir, version or None)
        faults = faults_of(settings.testio_snapshot_dir, snapshot.id)
        say(f"{fault.kind} {fault.id} of product {fault.product_id}: {fault.what}" for fault in faults)
        say([f"{snapshot.id}: {len(snapshot.manifest.entries)} documents, {len(faults)} faults."])
        torn = damaged_lines(settings.testio_snapshot_dir)
        if torn:
            say([f"history.jsonl: {counted(torn, 'line')} damaged; the next prune leaves them out."])
        return FAILED if faults or torn else 0

    return each_account(check)


@task
def snapshots(_: Context) -> int:
    """List the versions, newest first; the published one is marked with *."""
    from console import messages
    from snapshot.versions import list_versions

    def tell(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        listed = list_versions(root)
        if not listed:
            raise NoSnapshot(
                f"There is no snapshot in {root}.", "", "Take one: invoke refresh, or invoke demo."
            )
        say(messages.versions(listed))
        return 0

    return each_account(tell)


@task(
    help={
        "keep-last": "Keep this many of the newest versions.",
        "keep-daily": "Keep the newest version of each of this many days.",
        "keep-monthly": "Keep the newest version of each of this many months.",
    }
)
def prune(_: Context, keep_last: str = "", keep_daily: str = "", keep_monthly: str = "") -> int:
    """Remove old versions and what only they need; the published one always stays."""
    from console import messages
    from snapshot.prune import prune as remove

    last = whole_number(keep_last, "--keep-last")
    daily = whole_number(keep_daily, "--keep-daily")
    monthly = whole_number(keep_monthly, "--keep-monthly")
    if not (last or daily or monthly):
        raise InvalidInput(
            "No retention rule was given.",
            "Nothing was removed.",
            "For example: invoke prune --keep-daily 14 --keep-monthly 24",
        )

    def work(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        say(messages.pruned(remove(root, keep_last=last, keep_daily=daily, keep_monthly=monthly)))
        return 0

    return each_account(work)


@task(
    help={
        "before": "The earlier version; the one before the later one when left out.",
        "after": "The later version; the published one when left out.",
        "json": "Print JSON.",
    },
)
def diff(_: Context, before: str = "", after: str = "", json: bool = False) -> None:
    """Say what is new, changed, reviewed, archived or gone between two versions, by product."""
    from console import messages
    from snapshot.diff import diff as compare
    from snapshot.reader import open_snapshot
    from snapshot.versions import versions_before

    root = only_account().testio_snapshot_dir
    later = open_snapshot(root, after or None)
    earlier = open_snapshot(root, before) if before else next(versions_before(later), None)
    if earlier is None:
        raise NoSnapshot(
            f"There is no version of {later.manifest.api_host} before {later.id}.",
            "",
            "List the versions: invoke snapshots",
        )
    found = compare(earlier, later)
    if json:
        say_json(found.as_dict())
    else:
        say(messages.differing(found))


@task(
    positional=["file"],
    help={
        "file": "The file to write: JSON when it ends in .json, else a zip.",
        "version": "The version's id; the published one when left out.",
        "replace": "Also replace a file that is not an export.",
    },
)
def export(_: Context, file: str, version: str = "", replace: bool = False) -> None:
    """Write one version into a file, for another machine."""
    from snapshot.transfer import export_version

    see_no_flag(file)
    root = only_account().testio_snapshot_dir
    manifest = export_version(root, Path(file), version or None, replace=replace)
    say([f"{manifest.id} with {len(manifest.entries)} documents is in {Path(file).resolve()}"])


@task(
    name="import",
    positional=["file"],
    help={
        "file": "A file that export wrote.",
        "accept-loss": "Publish even if more than a fifth of the known tests is lost.",
    },
)
def import_(_: Context, file: str, accept_loss: bool = False) -> None:
    """Take in a version that export wrote; everything in it is checked first."""
    from snapshot.transfer import import_version

    settings = only_account()
    root = settings.testio_snapshot_dir
    done = import_version(root, Path(file), clean=_cleaning(settings), accept_loss=accept_loss)
    say([_arrived(done.id, done.written, done.published)])


@task(
    positional=["url"],
    help={
        "url": "Where to: s3://, gs://, az:// or file://, such as s3://bucket/reports.",
        "accept-loss": "Publish even if more than a fifth of the tests that are known there is lost.",
    },
)
def push(_: Context, url: str, accept_loss: bool = False) -> int:
    """Write the published version to an object store or shared folder; only what is missing there travels."""
    from fetch.api.network import see_way
    from snapshot.remote import push as send

    see_way(url)

    def work(settings: Settings) -> int:
        done = send(settings.testio_snapshot_dir, settings.place_of(url), accept_loss=accept_loss)
        say([_arrived(done.id, done.written, done.published)])
        return 0

    return each_account(work)


@task(
    positional=["url"],
    help={
        "url": "Where from: s3://, gs://, az://, file:// or https://.",
        "accept-loss": "Publish even if more than a fifth of the known tests is lost.",
    },
)
def pull(_: Context, url: str, accept_loss: bool = False) -> int:
    """Take in the version that push published; everything in it is checked, only what is missing travels."""
    from fetch.api.network import see_way
    from snapshot.remote import pull as fetch

    see_way(url)

    def work(settings: Settings) -> int:
        root, clean = settings.testio_snapshot_dir, _cleaning(settings)
        done = fetch(root, settings.place_of(url), clean=clean, accept_loss=accept_loss)
        say([_arrived(done.id, done.written, done.published)])
        return 0

    return each_account(work)


def _cleaning(settings: Settings) -> Callable[[Any], Any]:
    """Return what a refresh applies to everything that it stores."""
    from fetch.redaction.fields import redact_stored

    token, _source = settings.token()
    return partial(redact_stored, token=token.get_secret_value() if token else "")


def _arrived(version: str, written: int, published: bool) -> str:
    state = "published" if published else "listed; a newer one is published"
    return f"{version}: {counted(written, 'document')} written, {state}."

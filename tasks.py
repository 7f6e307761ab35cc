"""The tasks: `invoke TASK` in a checkout, `testio-reports TASK` where the wheel is installed."""

import asyncio
import functools
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.main import program as invoke_program
from invoke.program import Program
from invoke.tasks import task

from base.errors import InvalidInput, UserError
from base.terminal import calm
from config.accounts import chosen_account, chosen_accounts
from config.settings import Settings, load, product_ids, whole_number
from snapshot.errors import NoSnapshot, SnapshotError

if TYPE_CHECKING:
    from fetch.refresh.request import RefreshRequest

CHECKOUT = Path(__file__).parent
"""Where the rooms are; the development tasks need a checkout."""
FAILED, WITH_GAPS, STOPPED = 1, 3, 130
_owed: set[int] = set()
"""Exit codes that are given when the last task is done, as `build` shall follow a `refresh` with gaps."""


def _spoken(body: Callable[..., None]) -> Callable[..., None]:
    """Turn an error that a person can act on into one clear line and exit code 1."""

    @functools.wraps(body)
    def spoken(*arguments: Any, **options: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a pipe on Windows does not know every letter
        try:
            body(*arguments, **options)
        except (UserError, SnapshotError) as error:
            raise Exit(calm(str(error)), code=FAILED) from None
        except KeyboardInterrupt:
            raise Exit("Stopped.", code=STOPPED) from None
        if _owed and _last_task() == body.__name__.rstrip("_"):
            code = min(_owed)
            _owed.clear()
            raise Exit(code=code)

    return spoken


def _last_task() -> str:
    """The last task on the command line, which `invoke` or our own program has read."""
    running = program if hasattr(program, "tasks") else invoke_program
    return str(running.tasks[-1].name)


def _each_account(work: Callable[[Settings], int], *, one: bool = False) -> None:
    """Work for every account that is chosen, each under its name; the next tasks run unless all failed.

    Args:
        work: Gives an exit code.
        one: Whether there must be only one, as for an answer in JSON.
    """
    codes = set()
    accounts = (chosen_account(),) if one else chosen_accounts()
    for account in accounts:
        if len(accounts) > 1:
            print(f"{account}:", flush=True)
        try:
            codes.add(work(_settings(account)))
        except (UserError, SnapshotError) as error:
            if account is None:
                raise
            print(calm(f"{account}: {error}"), file=sys.stderr)
            codes.add(FAILED)
    if codes == {FAILED}:
        raise Exit(code=FAILED)
    _owed.update(codes - {0})


def _settings(account: str | None) -> Settings:
    """The settings of an account, with the logging that they ask for."""
    from config.logs import configure

    settings = load(account)
    configure(settings.log_level, settings.log_format)
    return settings


def _only() -> Settings:
    """The settings of the only account, or of the one that TESTIO_ACCOUNT chooses."""
    return _settings(chosen_account())


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(calm(line), flush=True)


def _say_json(value: Any) -> None:
    import orjson

    print(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


@task(
    help={
        "full": "Fetch everything again, whatever is known.",
        "since": "Leave out tests that ended before this date, such as 2025-01-01 or '1 year ago'.",
        "products": "Refresh only these products, such as 598,599.",
        "dry-run": "List products and tests, say what would be fetched, and fetch no more.",
        "strict": "Publish nothing when there are gaps, and end with exit code 1.",
        "accept-loss": "Publish even if more than a fifth of the known tests is lost.",
        "deadline": "Stop after this time, such as 10m, and publish what is complete.",
    }
)
@_spoken
def refresh(
    _: Context,
    full: bool = False,
    since: str = "",
    products: str = "",
    dry_run: bool = False,
    strict: bool = False,
    accept_loss: bool = False,
    deadline: str = "",
) -> None:
    """Take a snapshot of the API. Exit code 0: complete, 3: published with gaps, 1: nothing published."""
    from console import messages
    from fetch.refresh.preview import preview
    from fetch.refresh.progress import shown
    from fetch.refresh.refresh import refresh as take_snapshot

    began = time.monotonic()

    def take(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        request = _request(settings, since=since, products=products, deadline=deadline)
        if request.deadline is not None:  # for all accounts together
            request = replace(request, deadline=max(request.deadline - (time.monotonic() - began), 0))
        request = replace(request, full=full, strict=strict, accept_loss=accept_loss)
        with shown() as progress:
            if dry_run:
                planned = asyncio.run(preview(root, settings.client, request, progress=progress))
                _say(messages.previewed(planned))
                return 0
            result = asyncio.run(take_snapshot(root, settings.client, request, progress=progress))
        _say(messages.refreshed(result))
        return result.exit_code

    _each_account(take)


def _request(
    settings: Settings, *, since: str = "", products: str = "", deadline: str = ""
) -> "RefreshRequest":
    """What a refresh shall do, from settings and flags."""
    from fetch.refresh.request import RefreshRequest
    from quality.periods.dates import parse_date
    from quality.periods.durations import parse_duration

    bound = since or settings.testio_sync_since
    return RefreshRequest(
        product_ids=settings.testio_product_ids,
        only=product_ids(products),
        since=parse_date(bound, datetime.now(UTC)) if bound else None,
        deadline=parse_duration(deadline) if deadline else None,
        ttl=timedelta(seconds=settings.cache_ttl_seconds),
    )


@task
@_spoken
def build(_: Context) -> None:
    """Build search index and pages from the published snapshot; only what changed is written."""
    _each_account(_build)


def _build(settings: Settings) -> int:
    from build.everything import build_everything
    from build.site.site import SiteOptions

    began = time.perf_counter()
    options = SiteOptions(settings.quality, settings.testio_site_base_url, settings.testio_customer_name)
    built = build_everything(settings.testio_snapshot_dir, settings.testio_site_dir, options)
    took = time.perf_counter() - began
    index, pages = built.index, built.pages
    _say(
        (
            f"Index: {index.added} added, {index.deleted} deleted, {index.unchanged} unchanged.",
            f"Pages: {pages.written} written, {pages.removed} removed, {pages.unchanged} unchanged.",
            f"Built in {took:.1f} s. Open {(settings.testio_site_dir / 'index.html').resolve()}",
        )
    )
    return 0


@task
@_spoken
def demo(_: Context) -> None:
    """Do all of it over the embedded demo API: no account is needed."""
    from console import messages
    from demo.account.account import DEMO_NOW, demo_account
    from demo.server.server import serve
    from fetch.api.options import ClientOptions
    from fetch.refresh.progress import shown
    from fetch.refresh.refresh import refresh as take_snapshot

    settings = _only()
    with serve(demo_account()) as api, shown() as progress:
        client = ClientOptions(base_url=api.base_url, token=api.token)
        result = asyncio.run(
            take_snapshot(settings.testio_snapshot_dir, client, now=DEMO_NOW, progress=progress)
        )
    _say(messages.refreshed(result))
    _build(settings)


@task
@_spoken
def mcp(_: Context) -> None:
    """Serve Claude and other MCP clients over stdin and stdout, from the published snapshot."""
    from mcp_reader.server import run_stdio

    run_stdio(load(chosen_account()))


@task
@_spoken
def status(_: Context) -> None:
    """Say what is published: version, age, counts, gaps."""
    from console import messages
    from snapshot.reader import open_snapshot

    def say(settings: Settings) -> int:
        _say(messages.status(open_snapshot(settings.testio_snapshot_dir).manifest, datetime.now(UTC)))
        return 0

    _each_account(say)


@task(help={"version": "The version's id; the published one when left out."})
@_spoken
def verify(_: Context, version: str = "") -> None:
    """Check every document, hash and reference of a version. Exit code 1 when anything is wrong."""
    from snapshot.reader import open_snapshot
    from snapshot.verify import verify as faults_of

    def check(settings: Settings) -> int:
        snapshot = open_snapshot(settings.testio_snapshot_dir, version or None)
        faults = faults_of(settings.testio_snapshot_dir, snapshot.id)
        _say(
            f"{fault.kind} {fault.id} of product {fault.product_id}: {fault.what} ({fault.path})"
            for fault in faults
        )
        print(f"{snapshot.id}: {len(snapshot.manifest.entries)} documents, {len(faults)} faults.")
        return FAILED if faults else 0

    _each_account(check)


@task
@_spoken
def snapshots(_: Context) -> None:
    """List the versions, newest first; the published one is marked with *."""
    from console import messages
    from snapshot.versions import list_versions

    def say(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        listed = list_versions(root)
        if not listed:
            raise NoSnapshot(
                f"There is no snapshot in {root}.", "", "Take one: invoke refresh, or invoke demo."
            )
        _say(messages.versions(listed))
        return 0

    _each_account(say)


@task(
    help={
        "retry": "Fetch again only what is listed.",
        "clear": "Forget what is listed; a refresh that meets it again records it anew.",
        "product": "Only the problems of these products, such as 598,599.",
        "json": "Print JSON.",
    }
)
@_spoken
def problems(
    _: Context, retry: bool = False, clear: bool = False, product: str = "", json: bool = False
) -> None:
    """List what the last refresh could not fetch: what, why, since when, how often it was tried."""
    import fetch.refresh.problems as record
    from console import messages
    from fetch.refresh.progress import shown

    only = product_ids(product, "--product")
    if retry and clear:
        raise InvalidInput("--retry and --clear exclude each other.", "", "Use one of them.")

    def work(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        code = 0
        if retry:
            request = replace(_request(settings), only=only)
            with shown() as progress:
                result = asyncio.run(record.retry(root, settings.client, request, progress=progress))
            code = 0 if result is None else result.exit_code
            if result is not None and not json:
                _say(messages.refreshed(result))
                return code
        found = record.problems(root, only)
        if clear:
            found = record.clear(root, lambda problem: problem in found)
        if json:
            _say_json([problem.model_dump(mode="json", exclude_none=True) for problem in found])
        else:
            _say(messages.cleared(found) if clear else messages.problems(found))
        return code

    _each_account(work, one=json)


@task(
    help={
        "keep-last": "Keep this many of the newest versions.",
        "keep-daily": "Keep the newest version of each of this many days.",
        "keep-monthly": "Keep the newest version of each of this many months.",
    }
)
@_spoken
def prune(_: Context, keep_last: str = "", keep_daily: str = "", keep_monthly: str = "") -> None:
    """Remove old versions and what only they need; the published one always stays."""
    from console import messages
    from snapshot.prune import prune as remove

    last = whole_number(keep_last, "--keep-last")
    daily = whole_number(keep_daily, "--keep-daily")
    monthly = whole_number(keep_monthly, "--keep-monthly")
    if not (last or daily or monthly):
        raise InvalidInput(
            "It is not said which versions are kept.",
            "Nothing was removed.",
            "Write for example: invoke prune --keep-daily 14 --keep-monthly 24",
        )

    def work(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        _say(messages.pruned(remove(root, keep_last=last, keep_daily=daily, keep_monthly=monthly)))
        return 0

    _each_account(work)


@task(
    help={
        "before": "The earlier version; the one before the later one when left out.",
        "after": "The later version; the published one when left out.",
        "json": "Print JSON.",
    },
)
@_spoken
def diff(_: Context, before: str = "", after: str = "", json: bool = False) -> None:
    """Say what is new, changed, reviewed, archived or gone between two versions, by product."""
    from console import messages
    from snapshot.diff import diff as compare
    from snapshot.reader import open_snapshot
    from snapshot.versions import versions_before

    root = _only().testio_snapshot_dir
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
        _say_json(found.as_dict())
    else:
        _say(messages.differing(found))


@task(
    positional=["file"],
    help={
        "file": "Where to; JSON when it ends in .json, else a zip.",
        "version": "The version's id; the published one when left out.",
    },
)
@_spoken
def export(_: Context, file: str, version: str = "") -> None:
    """Write one version into a file, for another machine."""
    from snapshot.transfer import export_version

    manifest = export_version(_only().testio_snapshot_dir, Path(file), version or None)
    print(f"{manifest.id} with {len(manifest.entries)} documents is in {Path(file).resolve()}")


@task(name="import", positional=["file"], help={"file": "What export wrote."})
@_spoken
def import_(_: Context, file: str) -> None:
    """Take in a version that export wrote; everything in it is checked first."""
    from snapshot.transfer import import_version

    done = import_version(_only().testio_snapshot_dir, Path(file))
    state = "published" if done.published else "listed; a newer one is published"
    print(f"{done.id}: {done.written} documents written, {state}.")


@task
@_spoken
def doctor(_: Context) -> None:
    """Say what is set (secrets masked), what can be reached and what is missing."""
    from console.doctor import examine, settings_lines

    def work(settings: Settings) -> int:
        _say(settings_lines(settings))
        findings = list(examine(settings))
        _say(f"{'✓' if finding.good else '✗'} {finding.text}" for finding in findings)
        return FAILED if any(finding.fatal for finding in findings) else 0

    _each_account(work)


def _develop(*command: str) -> int:
    """Run a development tool in the checkout."""
    if not (CHECKOUT / "pyproject.toml").is_file():
        raise InvalidInput(
            "This task works on the sources.", "Only the wheel is installed here.", "Run it in a checkout."
        )
    return subprocess.run([sys.executable, "-m", *command], cwd=CHECKOUT, check=False).returncode


@task(
    help={"all": "Also the slow tests (kills, faults, the wheel) and those of the pages in Chromium."},
)
@_spoken
def test(_: Context, all: bool = False) -> None:  # noqa: PT028 - a task, not a test
    """Run the quick tests, or all of them."""
    workers = str(min((os.cpu_count() or 1) + 1, 8))  # one more, as many tests wait for something
    several = ("pytest", "-q", "-n", workers, "--dist", "loadscope")
    profile = ("--hypothesis-profile", "thorough") if all else ()
    code = _develop(*several, *profile, "-m", "not browser and not slow")
    if all:
        code = code or _develop(*several, "-m", "slow and not browser")
        code = code or _develop("pytest", "-q", "-m", "browser")
    if code:
        raise Exit(code=code)


@task
@_spoken
def check(_: Context) -> None:
    """Check style and types."""
    for command in (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)):
        if code := _develop(*command):
            raise Exit(code=code)


@task(
    help={
        "sizes": "Numbers of tests to measure with, from 20 on, such as 120,700.",
        "scale": "Measure 8,000 tests with 100,000 bugs instead: memory, own CPU and time, in some minutes.",
    }
)
@_spoken
def bench(_: Context, sizes: str = "120,700", scale: bool = False) -> None:
    """Measure refresh, build, search and tools on demo data, each beside its baseline."""
    tests = [str(whole_number(size, "--sizes", least=20)) for size in sizes.split(",")]
    if code := _develop("bench.scale") if scale else _develop("bench", *tests):
        raise Exit(code=code)


@task
@_spoken
def gold(_: Context) -> None:
    """Accept the pages as they are built now as the expected ones; look at the difference first."""
    if code := _develop("tests.build.golden"):
        raise Exit(code=code)


@task
@_spoken
def schemas(_: Context) -> None:
    """Write the JSON Schemas of the snapshot documents into docs/schemas."""
    from snapshot.format.json_schemas import write_schemas

    write_schemas(CHECKOUT / "docs" / "schemas")


def _version() -> str:
    try:
        return metadata.version("testio-reports")
    except metadata.PackageNotFoundError:
        return "0"


program = Program(
    name="testio-reports", version=_version(), namespace=Collection.from_module(sys.modules[__name__])
)

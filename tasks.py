"""The tasks: `invoke TASK` in a checkout, `testio-reports TASK` where the wheel is installed."""

import asyncio
import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.program import Program
from invoke.tasks import task

from config.accounts import chosen_account, chosen_accounts
from config.settings import TOKEN, Settings, load, masked
from quality.errors import InvalidInput, UserError
from snapshot.errors import NoSnapshot, SnapshotError

CHECKOUT = Path(__file__).parent
"""Where the rooms are; the development tasks need a checkout."""
MOST_GAPS = 10
"""Gaps that are told one by one at the end of a refresh."""
SINCE = "Leave out tests that ended before this date, such as 2025-01-01 or '1 year ago'."


def _spoken(body: Callable[..., None]) -> Callable[..., None]:
    """Turn an error that a person can act on into one clear line and exit code 1."""

    @functools.wraps(body)
    def spoken(*arguments: Any, **options: Any) -> None:
        try:
            body(*arguments, **options)
        except (UserError, SnapshotError) as error:
            raise Exit(str(error), code=1) from None
        except KeyboardInterrupt:
            raise Exit(
                "Stopped. What was fetched is kept; the next refresh goes on from there.", 130
            ) from None

    return spoken


def _each_account(work: Callable[[Settings], int]) -> None:
    """Work for every account that is chosen; 1 (failed) is worse than 3 (gaps) is worse than 0."""
    codes = set()
    for account in chosen_accounts():
        try:
            codes.add(work(_settings(account)))
        except (UserError, SnapshotError) as error:
            if account is None:
                raise
            print(f"{account}: {error}", file=sys.stderr)
            codes.add(1)
    for code in (1, 3):
        if code in codes:
            raise Exit(code=code)


def _settings(account: str | None) -> Settings:
    """The settings of an account, with the logging that they ask for."""
    from config.logs import configure

    settings = load(account)
    configure(settings.log_level, settings.log_format)
    return settings


def _only() -> Settings:
    """The settings of the only account, or of the one that TESTIO_ACCOUNT chooses."""
    return _settings(chosen_account())


@task(
    help={
        "full": "Fetch everything again, whatever is known.",
        "since": SINCE,
        "products": "Refresh only these products, such as 598,599.",
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
    strict: bool = False,
    accept_loss: bool = False,
    deadline: str = "",
) -> None:
    """Take a snapshot of the API. Exit code 0: complete, 3: published with gaps, 1: nothing published."""
    _each_account(
        lambda settings: _take(
            settings,
            full=full,
            since=since,
            products=products,
            strict=strict,
            accept_loss=accept_loss,
            deadline=deadline,
        )
    )


def _take(
    settings: Settings,
    *,
    full: bool,
    since: str,
    products: str,
    strict: bool,
    accept_loss: bool,
    deadline: str,
) -> int:
    from datetime import UTC, datetime, timedelta

    from config.settings import product_ids
    from fetch.progress import shown
    from fetch.refresh import RefreshRequest
    from fetch.refresh import refresh as take_snapshot
    from quality.dates import parse_date
    from quality.durations import parse_duration

    now = datetime.now(UTC)
    bound = since or settings.testio_sync_since
    request = RefreshRequest(
        product_ids=settings.testio_product_ids,
        only=product_ids(products),
        since=parse_date(bound, now) if bound else None,
        full=full,
        strict=strict,
        accept_loss=accept_loss,
        deadline=parse_duration(deadline) if deadline else None,
        ttl=timedelta(seconds=settings.cache_ttl_seconds),
    )
    with shown() as progress:
        result = asyncio.run(
            take_snapshot(settings.testio_snapshot_dir, settings.client, request, now=now, progress=progress)
        )
    _tell(settings, result)
    return result.exit_code


def _tell(settings: Settings, result: Any) -> None:
    """Say what a refresh published."""
    counts = ", ".join(f"{count} {name}" for name, count in result.counts.items())
    print(f"Published {result.version} in {settings.testio_snapshot_dir}: {counts}.")
    print(f"{result.statistics.requests} requests in {result.statistics.seconds:.1f} s.")
    if result.problems:
        print(f"{len(result.problems)} gaps:")
        for problem in result.problems[:MOST_GAPS]:
            name = f"{problem.kind} {problem.id}" if problem.id else problem.kind
            print(f"  {name}: {problem.reason}")
        if len(result.problems) > MOST_GAPS:
            print(f"  … and {len(result.problems) - MOST_GAPS} more")


@task
@_spoken
def build(_: Context) -> None:
    """Build search index and pages from the published snapshot; only what changed is written."""
    _each_account(_build)


def _build(settings: Settings) -> int:
    from build.facts import load_facts
    from build.index import update_index
    from build.site import SiteOptions, build_site
    from snapshot.reader import open_snapshot

    began = time.perf_counter()
    root = settings.testio_snapshot_dir
    facts = load_facts(open_snapshot(root))
    indexed = update_index(facts, root / "index")
    options = SiteOptions(settings.quality, settings.testio_site_base_url, settings.testio_customer_name)
    pages = build_site(facts, settings.testio_site_dir, options)
    print(f"Index: {indexed.added} added, {indexed.deleted} deleted, {indexed.unchanged} unchanged.")
    print(
        f"Pages: {pages.written} written, {pages.removed} removed, {pages.unchanged} unchanged, "
        f"in {time.perf_counter() - began:.1f} s."
    )
    print(f"Open {(settings.testio_site_dir / 'index.html').resolve()}")
    return 0


@task
@_spoken
def demo(_: Context) -> None:
    """Do all of it over the embedded demo API: no account is needed."""
    from fetch.client import ClientOptions
    from fetch.demo.account import DEMO_NOW, demo_account
    from fetch.demo.server import serve
    from fetch.progress import shown
    from fetch.refresh import refresh as take_snapshot

    settings = _only()
    with serve(demo_account()) as api, shown() as progress:
        print(f"The demo API listens at {api.base_url}.")
        client = ClientOptions(base_url=api.base_url, token=api.token)
        result = asyncio.run(
            take_snapshot(settings.testio_snapshot_dir, client, now=DEMO_NOW, progress=progress)
        )
    _tell(settings, result)
    _build(settings)


@task
@_spoken
def mcp(_: Context) -> None:
    """Serve Claude and other MCP clients over stdin and stdout, from the published snapshot."""
    from mcp_reader.server import run_stdio

    run_stdio(_only())


@task
@_spoken
def status(_: Context) -> None:
    """Say what is published: version, age, counts, gaps."""
    from datetime import UTC, datetime

    from snapshot.reader import open_snapshot

    def say(settings: Settings) -> int:
        manifest = open_snapshot(settings.testio_snapshot_dir).manifest
        age = datetime.now(UTC) - manifest.created_at
        hours = age.total_seconds() / 3600
        print(
            f"Version   {manifest.id}, taken {manifest.created_at:%Y-%m-%d %H:%M} UTC ({hours:.0f} hours ago)"
        )
        print(f"From      {manifest.api_host}")
        print("Holds     " + ", ".join(f"{count} {name}" for name, count in manifest.counts.items()))
        print(f"Gaps      {len(manifest.problems)}")
        for problem in manifest.problems:
            print(f"  {problem.kind} {problem.id or ''}: {problem.reason} Since {problem.since:%Y-%m-%d}.")
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
        for fault in faults:
            print(f"{fault.kind} {fault.id} of product {fault.product_id}: {fault.what} ({fault.path})")
        documents = len(snapshot.manifest.entries)
        print(f"{snapshot.id}: {documents} documents, {len(faults)} faults.")
        return 1 if faults else 0

    _each_account(check)


@task
@_spoken
def snapshots(_: Context) -> None:
    """List the versions, newest first; the published one is marked with *."""
    from snapshot.versions import list_versions

    def listed(settings: Settings) -> int:
        versions = list_versions(settings.testio_snapshot_dir)
        if not versions:
            raise NoSnapshot(
                f"There is no snapshot in {settings.testio_snapshot_dir}.",
                "",
                "Take one: invoke refresh, or try invoke demo.",
            )
        for each in versions:
            mark = "*" if each.published else " "
            counts = each.fault or ", ".join(f"{count} {name}" for name, count in each.counts.items())
            print(f"{mark} {each.id}  {each.bytes / 2**20:6.1f} MB  {each.problems:3} gaps  {counts}")
        return 0

    _each_account(listed)


@task
@_spoken
def doctor(_: Context) -> None:
    """Say what is set (secrets masked), what can be reached and what is missing."""
    _each_account(_examine)


def _examine(settings: Settings) -> int:
    from fetch.reach import reach
    from snapshot.reader import open_snapshot

    for name in Settings.model_fields:
        value = getattr(settings, name)
        set_here = "" if name in settings.model_fields_set else "  (default)"
        print(f"{name.upper():36} {masked(value) or '–'}{set_here}")
    healthy = True
    token, source = settings.token()
    if token is None:
        healthy = False
        print(f"\n✗ No token. Set {TOKEN} in the environment or in {settings.source}, or try: invoke demo")
    else:
        print(f"\n✓ Token {masked(token)} from the {source}")
        try:
            seconds, products = asyncio.run(reach(settings.client))
            print(f"✓ The API answers in {seconds * 1000:.0f} ms and lists {products} products")
        except UserError as error:
            healthy = False
            print(f"✗ {error}")
    try:
        manifest = open_snapshot(settings.testio_snapshot_dir).manifest
        print(f"✓ Snapshot {manifest.id} with {len(manifest.problems)} gaps")
    except SnapshotError as error:
        print(f"✗ {error}")
    index = settings.testio_site_dir / "index.html"
    print(f"✓ Pages: {index.resolve()}" if index.is_file() else "✗ No pages yet: invoke build")
    return 0 if healthy else 1


def _develop(*command: str | Path) -> int:
    """Run a development tool in the checkout."""
    if not (CHECKOUT / "pyproject.toml").is_file():
        raise InvalidInput(
            "This task works on the sources.", "Only the wheel is installed here.", "Run it in a checkout."
        )
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=CHECKOUT, check=False).returncode


@task(name="test", help={"all": "Also the slow tests: kills, faults, the wheel."})
@_spoken
def run_tests(_: Context, all: bool = False) -> None:  # noqa: A002 - the flag's name
    """Run the tests; those of the pages need Chromium."""
    workers = str(min(os.cpu_count() or 1, 8))
    marks = "not browser" if all else "not browser and not slow"
    code = _develop("pytest", "-q", "-n", workers, "-m", marks)
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


@task(help={"sizes": "Numbers of tests to measure with, such as 120,700."})
@_spoken
def bench(_: Context, sizes: str = "120,700") -> None:
    """Measure refresh, build, search and tools on demo data, each beside its baseline."""
    if code := _develop("bench", sizes):
        raise Exit(code=code)


@task
@_spoken
def gold(_: Context) -> None:
    """Accept the pages as they are built now as the expected ones; look at the difference first."""
    if code := _develop("pytest", "-q", "tests/build", "-k", "gold", "--accept-gold"):
        raise Exit(code=code)


@task
@_spoken
def schemas(_: Context) -> None:
    """Write the JSON Schemas of the snapshot documents into docs/schemas."""
    from snapshot.schemas import write_schemas

    write_schemas(CHECKOUT / "docs" / "schemas")


def _version() -> str:
    try:
        return metadata.version("testio-reports")
    except metadata.PackageNotFoundError:
        return "0"


program = Program(
    name="testio-reports", version=_version(), namespace=Collection.from_module(sys.modules[__name__])
)

"""The tasks: `invoke TASK` in a checkout, `testio-reports TASK` where the wheel is installed."""

import asyncio
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.program import Program
from invoke.tasks import task

from base.errors import InvalidInput, Unavailable
from base.version import version
from config.environment import without_fastmcp_settings
from config.settings import Settings, load
from console import context_tasks, fleet_tasks, key_tasks, setup_tasks, snapshot_tasks
from console.flags import product_ids, refresh_request, whole_number
from console.run import FAILED, TaskExecutor, each_account, only_account, say, say_json, served_settings

log = logging.getLogger(__name__)


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
def refresh(
    _: Context,
    full: bool = False,
    since: str = "",
    products: str = "",
    dry_run: bool = False,
    strict: bool = False,
    accept_loss: bool = False,
    deadline: str = "",
) -> int:
    """Take a snapshot of the API. Exit code 0: complete, 3: published with gaps, 1: nothing published."""
    from console import messages
    from fetch.refresh.preview import preview
    from fetch.refresh.progress import shown
    from fetch.refresh.refresh import refresh as take_snapshot

    began = time.monotonic()

    def take(settings: Settings) -> int:
        root = settings.testio_snapshot_dir
        request = refresh_request(settings, since=since, products=products, deadline=deadline)
        if request.deadline is not None:  # for all accounts together
            request = replace(request, deadline=max(request.deadline - (time.monotonic() - began), 0))
        request = replace(request, full=full, strict=strict, accept_loss=accept_loss)
        with shown() as progress:
            if dry_run:
                planned = asyncio.run(preview(root, settings.client, request, progress=progress))
                say(messages.previewed(planned))
                return 0
            result = asyncio.run(take_snapshot(root, settings.client, request, progress=progress))
        say(messages.refreshed(result))
        return result.exit_code

    return each_account(take)


@task(
    help={
        "accept-loss": "Build even if more than a fifth of the known tests cannot be read.",
        "single-file": "Write the report of this product, by id or name, as one HTML file to send; no site.",
        "watch": "Build again whenever snapshot, context files or templates change, until ^C.",
    },
)
def build(_: Context, accept_loss: bool = False, single_file: str = "", watch: bool = False) -> int:
    """Build search index and pages from the published snapshot; only what changed is written."""
    from console import building

    if single_file and watch:
        raise InvalidInput("--single-file and --watch exclude each other.", "", "Use one of them.")
    if single_file:
        return _report(only_account(), single_file, None, None, "", html=True)
    if watch:
        return building.watch(only_account(), accept_loss=accept_loss)
    return each_account(lambda settings: building.build(settings, accept_loss=accept_loss))


@task(
    help={
        "product": "Its id or name.",
        "start": "First day, or a period such as 2026-Q3 or 'last month'; the default period without it.",
        "end": "Last day.",
        "release": "A release of the context folder instead, such as 4.16.",
        "html": "Write one HTML file to send instead of Markdown.",
        "output": "The file; - for standard output. By default a name made of product and period.",
    }
)
def report(
    _: Context,
    product: str,
    start: str = "",
    end: str = "",
    release: str = "",
    html: bool = False,
    output: str = "",
) -> int:
    """Write the report of a product over any period or of a release as Markdown or as one HTML file."""
    if release and (start or end):
        raise InvalidInput("--release and dates exclude each other.", "", "Use one of them.")
    start = f"release {release}" if release else start
    return _report(only_account(), product, start or None, end or None, output, html=html)


def _report(
    settings: Settings, product: str, start: str | None, end: str | None, output: str, *, html: bool
) -> int:
    from build.site.markdown.report import product_markdown
    from build.site.single_file import single_file
    from build.site.site import readable
    from console.building import site_options
    from console.published import published
    from console.report_file import write_report
    from mcp_reader.lookup.names import id_of
    from mcp_reader.lookup.spans import span_of
    from quality.products import slug
    from quality.views.product import product_view

    facts, options = readable(published(settings).facts, site_options(settings))
    given = int(product) if product.isascii() and product.isdigit() else product
    product_id = id_of(facts, "product", given, "--product")
    span = span_of(facts, (product_id,), start, end) if start or end else None
    view = product_view(facts, product_id, None, options.quality, span=span)
    if html:
        content = single_file(facts, product_id, options, span=span)
    else:
        content = product_markdown(view, options.base_url).encode()
    if output == "-":
        sys.stdout.buffer.write(content)
        return 0
    name = f"{slug(view.product)}-{view.report.period.key.replace('/', '-')}"
    place = Path(output or f"{name}.{'html' if html else 'md'}")
    write_report(place, content)
    say([f"Written: {place.resolve()}"])
    return 0


@task(name="open")
def open_site(_: Context) -> int:
    """Open the portfolio in the browser."""
    import webbrowser

    def show(settings: Settings) -> int:
        page = settings.testio_site_dir / "index.html"
        if not page.is_file():
            where = f"There are no pages in {settings.testio_site_dir}."
            raise InvalidInput(where, "", "Build them: invoke build")
        say([f"Open {page.resolve()}"])
        webbrowser.open(page.resolve().as_uri())
        return 0

    return each_account(show)


@task
def demo(_: Context) -> None:
    """Run two days on the embedded demo API, and build their pages; no account is needed."""
    from datetime import timedelta

    from console import building, messages
    from demo.account.account import DEMO_NOW, demo_account
    from demo.server.server import serve as serve_demo
    from fetch.api.options import ClientOptions
    from fetch.refresh.progress import shown
    from fetch.refresh.refresh import refresh as take_snapshot
    from snapshot.versions import version_ids

    settings = only_account()
    for day in (0,) if version_ids(settings.testio_snapshot_dir) else (-1, 0):
        with serve_demo(demo_account(day=day)) as api, shown() as progress:
            client = ClientOptions(base_url=api.base_url, token=api.token)
            now = DEMO_NOW + timedelta(days=day)
            result = asyncio.run(
                take_snapshot(settings.testio_snapshot_dir, client, now=now, progress=progress)
            )
        say(messages.refreshed(result))
    building.build(settings)


@task
def mcp(_: Context) -> None:
    """Serve Claude and other MCP clients over stdin and stdout, from the published snapshot."""
    settings = served_settings()  # first, so that nothing is logged as it is
    for name in without_fastmcp_settings():
        log.warning("%s is ignored: the reader's settings have names of their own, such as LOG_LEVEL", name)
    from mcp_reader.stdio import run_stdio

    run_stdio(*settings)


@task(
    help={
        "host": "The address to listen at; 127.0.0.1 when left out.",
        "port": "The port to listen at; 8000 when left out.",
        "insecure": "Serve an address that others reach without authentication.",
        "refresh-every": "Refresh and build meanwhile, so often, such as 1h, each account in turn.",
    }
)
def serve(
    _: Context,
    host: str = "127.0.0.1",
    port: str = "8000",
    insecure: bool = False,
    refresh_every: str = "",
) -> None:
    """Serve MCP, REST and the built pages over HTTP, from the published snapshot."""
    accounts = served_settings()
    own = accounts[0] if len(accounts) == 1 else load()
    for name in without_fastmcp_settings():
        log.warning("%s is ignored: the reader's settings have names of their own, such as LOG_LEVEL", name)
    from quality.periods.durations import parse_duration

    every = parse_duration(refresh_every) if refresh_every else None
    try:
        from mcp_reader.http.app import run_http
    except ImportError as error:
        raise Unavailable(
            "serve needs libraries that are not installed.",
            f"{error.name} is an extra of this package.",
            "Install it: uv sync --extra http, or pip install 'testio-reports[http]'.",
        ) from None

    run_http(accounts, own, host, whole_number(port, "--port"), insecure=insecure, refresh_every=every)


@task(
    help={
        "retry": "Fetch again only what is listed.",
        "clear": "Delete these records; the next refresh adds those that still fail.",
        "product": "Only the problems of these products, such as 598,599.",
        "json": "Print JSON.",
    }
)
def problems(
    _: Context, retry: bool = False, clear: bool = False, product: str = "", json: bool = False
) -> int:
    """List what the last refresh could not fetch: the reason, since when, and the number of tries."""
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
            request = replace(refresh_request(settings), only=only)
            with shown() as progress:
                result = asyncio.run(record.retry(root, settings.client, request, progress=progress))
            code = 0 if result is None else result.exit_code
            if result is not None and not json:
                say(messages.refreshed(result))
                return code
        found = record.problems(root, only)
        if clear:
            found = record.clear(root, lambda problem: problem in found)
        if json:
            say_json([problem.model_dump(mode="json", exclude_none=True) for problem in found])
        else:
            say(messages.cleared(found) if clear else messages.problems(found))
        return code

    return each_account(work, one=json)


@task
def doctor(_: Context) -> int:
    """Show what is set (secrets masked), what can be reached and what is missing."""
    from console.doctor import examine, settings_lines

    def work(settings: Settings) -> int:
        say(settings_lines(settings))
        findings = list(examine(settings))
        say(f"{'✓' if finding.good else '✗'} {finding.text}" for finding in findings)
        return FAILED if any(finding.fatal for finding in findings) else 0

    return each_account(work)


def _collection() -> Collection:
    """Assemble the tasks; those that work on the sources only where the sources are."""
    found = Collection(refresh, build, report, open_site, demo, mcp, serve, problems, doctor)
    modules = [snapshot_tasks, context_tasks, fleet_tasks, key_tasks, setup_tasks]
    if (Path(__file__).parent / "pyproject.toml").is_file():
        from console import dev_tasks

        modules.append(dev_tasks)
    for module in modules:
        for each in Collection.from_module(module).tasks.values():
            found.add_task(each)
    return found


namespace = _collection()
program = Program(name="testio-reports", version=version(), namespace=namespace, executor_class=TaskExecutor)

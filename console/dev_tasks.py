"""The tasks of those who work on the project; offered in a checkout only."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from config.accounts import chosen_accounts
from config.settings import load
from console.flags import whole_number
from console.run import say

CHECKOUT = Path(__file__).parent.parent
LEAST_COVERED = 90
"""Percent of the rooms' lines that the quick tests run through at least."""
HANGS = 3600
"""Seconds after which a slow test counts as hanging, on a busy machine too."""


def _develop(*command: str) -> int:
    """Run a development tool in the checkout.

    It may write bytecode, whatever the environment says: tests run in many processes, which share it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=CHECKOUT, env=environment, check=False
    ).returncode


def _covered(*command: str) -> int:
    """Run tests, then say how many lines of the rooms they ran through: fewer than the floor is a failure.

    In two steps, as slipcover with a floor prints its figures before it has those of the other processes.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines = str(Path(folder) / "lines.json")
        code = _develop("slipcover", "--json", "--out", lines, "-m", *command)
        return code or _develop(
            "slipcover", "--merge", lines, "--out", lines, "--fail-under", str(LEAST_COVERED)
        )


@task(
    help={"all": "Also the slow tests (kills, faults, the wheel) and those of the pages in Chromium."},
)
def test(_: Context, all: bool = False) -> None:  # noqa: PT028 - a task, not a test
    """Run the quick tests, or all of them."""
    workers = str(min(os.cpu_count() or 1, 8))
    several = ("pytest", "-q", "-n", workers, "--dist", "loadscope")
    quick = ("-m", "not browser and not slow", "--ignore", "tests/browser")
    slow = ("-m", "slow and not browser", "--timeout", str(HANGS), "--no-loadscope-reorder")
    if not all:
        code = _develop(*several, *quick)
    else:
        code = _covered(*several, "--hypothesis-profile", "thorough", *quick)
        code = code or _develop(*several, *slow)
        code = code or _develop(*several, "-m", "browser", "--timeout", str(HANGS))
    if code:
        raise Exit(code=code)


@task
def check(_: Context) -> None:
    """Check style and types."""
    for command in (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)):
        if code := _develop(*command):
            raise Exit(code=code)


@task(
    help={
        "sizes": "Numbers of tests to measure with, each at least 20, such as 120,700.",
        "scale": "Measure 8,000 tests with 100,000 bugs instead: memory, own CPU and time, in some minutes.",
        "worst": "Measure refreshes from an API that attacks instead: memory and delay, in some minutes.",
    }
)
def bench(_: Context, sizes: str = "120,700", scale: bool = False, worst: bool = False) -> None:
    """Measure refresh, build, search and tools on demo data, each beside its baseline."""
    tests = [str(whole_number(size, "--sizes", least=20)) for size in sizes.split(",")]
    program = ["bench.scale"] if scale else ["bench.worst"] if worst else ["bench", *tests]
    if code := _develop(*program):
        raise Exit(code=code)


@task
def gold(_: Context) -> None:
    """Accept pages and tools as they are now as the expected ones; look at the difference first."""
    for golden in ("tests.build.site.golden", "tests.mcp_reader.golden_tools"):
        if code := _develop(golden):
            raise Exit(code=code)


@task(help={"output": "The file; dist/testio-reports-VERSION.mcpb when left out."})
def bundle(_: Context, output: str = "") -> None:
    """Build the bundle for Claude Desktop (.mcpb), check it, and see that its server starts."""
    from console.bundle import offered, pack, see_offer, unpack, write

    for account in chosen_accounts():
        load(account)  # its token is known as such from here on
    packed = pack(CHECKOUT)
    with tempfile.TemporaryDirectory() as folder:
        manifest = unpack(packed, Path(folder), CHECKOUT)
        found = offered(manifest, Path(folder))
    see_offer(manifest, found)
    place = Path(output) if output else CHECKOUT / "dist" / f"{manifest.name}-{manifest.version}.mcpb"
    write(place, packed)
    count = ", ".join(f"{len(found[what])} {what}" for what in sorted(found))
    say([f"Written: {place.resolve()} ({len(packed):,} bytes). It starts, and offers {count}."])


@task
def pictures(_: Context) -> None:
    """Take the pictures of the README anew, of the demo account's pages in Chromium."""
    if code := _develop("tests.browser.pictures"):
        raise Exit(code=code)


@task
def schemas(_: Context) -> None:
    """Write the JSON Schemas of snapshot documents and context files into docs/schemas."""
    from context_files.json_schemas import context_schemas
    from snapshot.format.json_schemas import write_schemas

    folder = CHECKOUT / "docs" / "schemas"
    write_schemas(folder)
    for name, content in context_schemas().items():
        (folder / "context" / name).write_bytes(content)

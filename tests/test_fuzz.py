"""Whatever stands in the API's answers: a refresh ends as it says, and what it publishes can be used.

`TESTIO_FUZZ_SECONDS=120` tries new seeds for two minutes. A seed that ever failed belongs into `KEPT`.
"""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from base.errors import UserError
from build.everything import build_everything
from build.site.site import SiteOptions
from demo.account.account import demo_account
from demo.server.mutations import Mutated
from snapshot.verify import verify
from tests.effort import giving_up
from tests.fetch.refresh.faulty_refreshes import files, take, unpublished
from tests.mcp_reader.calls import asking

SIZE = 24
PLANTED = "hunter2"
"""A password that `demo.server.mutations` writes into texts, behind a label."""
KEPT = (1, 2, 3, 764718766, 1271365817)
"""Seeds that failed once, after the first, which stand for all."""
CALLS: dict[str, dict[str, Any]] = {
    "list_products": {},
    "get_server_diagnostics": {},
    "get_analytics_capabilities": {},
    "generate_quality_report": {},
    "search": {"query": "login OR checkout OR root"},
    "query_metrics": {"metrics": ["bug_count", "test_count"], "dimensions": ["product", "month"]},
}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.parametrize("share", [0.002, 0.02])
@pytest.mark.parametrize("seed", KEPT)
async def test_a_seed_that_failed_once(seed: int, share: float, tmp_path: Path) -> None:
    with giving_up():
        await survive(seed, share, tmp_path)


async def test_new_seeds_for_as_long_as_asked() -> None:
    """The seed that failed is in the message: add it to `KEPT`."""
    ends = time.monotonic() + float(os.environ.get("TESTIO_FUZZ_SECONDS", "0"))
    tried = 0
    while tried == 0 or time.monotonic() < ends:
        seed = secrets.randbits(31)
        with tempfile.TemporaryDirectory() as folder, giving_up():
            try:
                await survive(seed, (0.002, 0.02)[tried % 2], Path(folder))
            except BaseException as error:
                error.add_note(f"seed {seed}, share {(0.002, 0.02)[tried % 2]}")
                raise
        tried += 1
    print(f"{tried} seeds tried")  # noqa: T201 - read in the log of CI
    assert tried


async def survive(seed: int, share: float, folder: Path) -> None:
    """Refresh twice over mutated answers, verify, build, ask the reader."""
    snapshots, site = folder / "snapshots", folder / "site"
    account = demo_account(SIZE)
    for day in (0, 1):
        with contextlib.suppress(UserError):  # it says why nothing is published; anything else fails here
            result = await take(snapshots, account, faults=[Mutated(seed + day, share)], day=day)
            assert result.exit_code == (0 if result.complete else 3)
    if unpublished(snapshots):
        return
    assert verify(snapshots) == []
    assert not [path for path, raw in files(snapshots) if PLANTED.encode() in raw]
    built = build_everything(snapshots, site, SiteOptions())
    assert built.pages.written
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "<script>alert" not in page
        assert PLANTED not in page
    async with asking(snapshots) as ask:
        for tool, arguments in CALLS.items():
            answer = await ask(tool, **arguments)
            assert answer["data_as_of"]
            assert PLANTED not in str(answer)

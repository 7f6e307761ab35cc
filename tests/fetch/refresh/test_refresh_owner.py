"""Two runs tell one truth: a test has one owner, whichever answer comes first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from demo.account.account import DEMO_NOW, demo_account
from demo.server.exchange import Fault
from demo.server.server import serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh
from fetch.refresh.request import RefreshRequest
from snapshot.reader import open_snapshot
from snapshot.verify import verify

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class ListedByAll(Fault):
    """Some tests stand in every product's list."""

    shared: tuple[int, ...]

    def listing(self, product_id: int, test_ids: Sequence[int], reads: int) -> Sequence[int]:
        """Add them."""
        del product_id, reads
        return sorted({*test_ids, *self.shared}, reverse=True)


@pytest.mark.parametrize("full", [False, True])
def test_a_test_that_every_product_lists_stays_with_the_product_that_it_names(
    tmp_path: Path, *, full: bool
) -> None:
    """Its bugs counted for another product every morning."""
    account = demo_account(28, bugs=60)
    own = {ids[0]: product_id for product_id, ids in account.test_ids.items() if ids}
    assert len(own) > 2
    with serve(account, faults=[ListedByAll(tuple(own))]) as api:
        client = ClientOptions(base_url=api.base_url, token=api.token)
        for day, only in enumerate([None, None, (min(account.test_ids),), (max(account.test_ids),), None]):
            request = RefreshRequest(full=full, only=only)
            now = DEMO_NOW + day * timedelta(days=1)
            assert asyncio.run(refresh(tmp_path, client, request, now=now)).complete
            entries = open_snapshot(tmp_path).manifest.entries
            assert {one.id: one.product_id for one in entries if one.kind == "test" and one.id in own} == own
            assert verify(tmp_path) == []

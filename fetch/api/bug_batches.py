"""The bugs of many tests, in few requests."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from base.errors import UserError
from fetch.api import endpoints
from fetch.api.client import ApiClient
from fetch.api.errors import Declined, Missing, UpstreamError, unforeseen
from fetch.api.ids_and_statuses import id_of
from fetch.api.retries import NARROWING, PATIENT, SMALLEST_PART
from quality.normalise.values import part

log = logging.getLogger(__name__)

HOPELESS = 4
"""Tests of a batch that fail by themselves, without any answer, until the rest is not asked for singly."""

Json = dict[str, Any]
Bugs = dict[int, list[Json] | UpstreamError]
"""For each test its bugs by id, or why they cannot be fetched."""


async def bugs_of(
    client: ApiClient, test_ids: Sequence[int], take: Callable[[Bugs], None] | None = None
) -> Bugs:
    """Fetch the bugs of some tests: all at once, and by halves when that fails.

    A batch that cannot be answered is halved down to single tests, so that one broken test does not cost
    the others theirs. A bug belongs to the test it names; one that names none is asked for again in smaller
    batches, until only one test is left that it can belong to. One that names a test which was not asked
    for is left out: an API that ignores the filter answers with all bugs.

    Args:
        client: The API.
        test_ids: The tests.
        take: Is given what is there as soon as it is, so that not all of it is held at once; nothing is
            returned then.

    Raises:
        UpstreamError: Only one that is fatal.
    """
    batch = _Batch(client, take)
    await batch.ask(tuple(test_ids), half=False)
    return batch.found


@dataclass
class _Batch:
    client: ApiClient
    take: Callable[[Bugs], None] | None = None
    found: Bugs = field(default_factory=dict)
    answers: int = 0
    broken: int = 0

    async def ask(self, test_ids: Sequence[int], *, half: bool) -> None:
        if not test_ids:
            return
        alone = len(test_ids) == 1
        try:
            policy = PATIENT if not half else SMALLEST_PART if alone else NARROWING
            assigned = _assigned(await endpoints.bugs(self.client, test_ids, policy=policy), test_ids)
        except UserError as error:
            if not isinstance(error, UpstreamError) or error.fatal:
                raise
            await self.failed(test_ids, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs one test and no batch
            await self.failed(test_ids, unforeseen("/bugs", error))
            return
        self.answers += 1
        if assigned is None:
            await self.halve(test_ids)
        else:
            self.give(assigned)

    async def failed(self, test_ids: Sequence[int], error: UpstreamError) -> None:
        alone = len(test_ids) == 1
        self.broken += alone
        if alone or self.hopeless or not (error.narrowable or isinstance(error, (Missing, Declined))):
            self.give(dict.fromkeys(test_ids, error))
        else:
            await self.halve(test_ids)

    def give(self, bugs: Mapping[int, list[Json] | UpstreamError]) -> None:
        if self.take is None:
            self.found |= bugs
        else:
            self.take(dict(bugs))

    @property
    def hopeless(self) -> bool:
        """Return whether it is the API that fails and not some tests."""
        return not self.answers and self.broken >= HOPELESS

    async def halve(self, test_ids: Sequence[int]) -> None:
        log.warning("bugs are asked for in halves", extra={"tests": len(test_ids)})
        middle = len(test_ids) // 2
        await self.ask(test_ids[:middle], half=True)
        await self.ask(test_ids[middle:], half=True)


def _assigned(rows: Sequence[Json], test_ids: Sequence[int]) -> dict[int, list[Json]] | None:
    """Return the bugs of each test by id, or None when it is not clear which test a bug belongs to."""
    found: dict[int, dict[int, Json]] = {test_id: {} for test_id in test_ids}
    strangers = 0
    for number, row in enumerate(rows):
        test_id = id_of(part(row, "test"))
        if test_id is None:
            if len(test_ids) > 1:
                return None
            test_id = test_ids[0]
        if test_id in found:
            found[test_id][id_of(row) or -1 - number] = row
        else:
            strangers += 1
    if strangers:
        log.warning("bugs of tests that were not asked for are left out", extra={"bugs": strangers})
    return {test_id: [bugs[key] for key in sorted(bugs)] for test_id, bugs in found.items()}

"""The bugs of many tests, in few requests."""

from collections.abc import Sequence
from typing import Any

import structlog

from fetch import upstream
from fetch.client import ApiClient
from fetch.errors import Missing, Refused, UpstreamError
from fetch.ids import id_of
from quality.raw import part

log = structlog.get_logger()

Json = dict[str, Any]
Bugs = dict[int, list[Json] | UpstreamError]
"""For each test its bugs by id, or why they cannot be had."""


async def bugs_of(client: ApiClient, test_ids: Sequence[int]) -> Bugs:
    """The bugs of some tests: asked for at once, and by halves when that fails.

    A batch that cannot be answered is halved down to single tests, so that one broken test does not cost
    the others theirs. A bug belongs to the test it names; one that names none is asked for again in smaller
    batches, until only one test is left that it can belong to. One that names a test which was not asked
    for is left out: an API that ignores the filter answers with all bugs.

    Raises:
        UpstreamError: Only one that is fatal.
    """
    return await _asked(client, tuple(test_ids), half=False)


async def _asked(client: ApiClient, test_ids: Sequence[int], *, half: bool) -> Bugs:
    if not test_ids:
        return {}
    alone = len(test_ids) == 1
    try:
        tries = upstream.NARROWING_TRIES if half and not alone else None
        rows = await upstream.bugs(client, test_ids, attempts=tries, counted=not half)
    except UpstreamError as error:
        if error.fatal:
            raise
        if alone or not (error.narrowable or isinstance(error, (Missing, Refused))):
            return dict.fromkeys(test_ids, error)
        return await _halved(client, test_ids)
    found = _assigned(rows, test_ids)
    return await _halved(client, test_ids) if found is None else dict(found)


async def _halved(client: ApiClient, test_ids: Sequence[int]) -> Bugs:
    log.warning("bugs are asked for in halves", tests=len(test_ids))
    middle = len(test_ids) // 2
    first = await _asked(client, test_ids[:middle], half=True)
    return first | await _asked(client, test_ids[middle:], half=True)


def _assigned(rows: Sequence[Json], test_ids: Sequence[int]) -> dict[int, list[Json]] | None:
    """The bugs of each test by id, or None when it is not clear which test a bug belongs to."""
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
        log.warning("bugs of tests that were not asked for are left out", bugs=strangers)
    return {test_id: [bugs[key] for key in sorted(bugs)] for test_id, bugs in found.items()}

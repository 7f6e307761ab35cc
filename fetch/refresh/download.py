"""Fetching and storing what a plan asks for, much of it at once."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from fetch.api import endpoints
from fetch.api.bug_batches import bugs_of
from fetch.api.client import ApiClient
from fetch.api.concurrency import patiently, together
from fetch.api.errors import Missing, UpstreamError
from fetch.api.fields import id_of, immutable, status_of
from fetch.api.retries import BROKEN_BEFORE, PATIENT
from fetch.refresh.known import REASONS, Key
from fetch.refresh.outcome import Failure
from fetch.refresh.plan import BATCH, Plan, Wanted
from fetch.refresh.progress import Progress
from quality.normalise.values import part
from snapshot.format.documents import Document
from snapshot.format.kinds import Kind, ProblemKind
from snapshot.format.manifest import Entry
from snapshot.journal import Journal
from snapshot.store import put

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds after which the tests of a batch that are there wait no longer for the others."""

Json = dict[str, Any]


@dataclass
class Download:
    """The documents that a refresh has fetched so far.

    Attributes:
        journal: Is told of everything that was fetched, so that the next refresh need not fetch it again.
        keeps: Whether the new version holds a product.
        kept: Tests that an interrupted refresh fetched, and whose bugs it did not.
        entries: Everything that was stored.
        failures: What could not be fetched.
        gone: What the upstream no longer has.
    """

    journal: Journal
    client: ApiClient
    now: datetime
    progress: Progress
    keeps: Callable[[int], bool]
    kept: Mapping[int, Json] = field(default_factory=dict)
    entries: dict[Key, Entry] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    gone: set[Key] = field(default_factory=set)

    async def gather(self, plan: Plan) -> None:
        """Fetch all that a plan asks for; what fails is noted in `failures`.

        Raises:
            UpstreamError: One that is fatal.
            SnapshotError: When a document cannot be stored.
        """
        self.progress.stage("features", len(plan.features))
        self.progress.stage("tests", len(plan.tests))
        batches = _batches(plan.tests)
        workers = 2 + 2 * self.client.options.concurrency // BATCH
        jobs = [self._features(product) for product in plan.features]
        jobs += [self._tests(batches) for _ in range(min(workers, len(plan.tests)))]
        jobs += [self._reject_reasons()] if plan.reject_reasons else []
        await together(jobs)

    def store(self, kind: Kind, number: int, product_id: int | None, data: Json, **more: Any) -> None:
        """Store a document; `more` are fields of its entry.

        Raises:
            SnapshotError: When it cannot be stored.
        """
        document = Document(kind, number, self.now, data)
        entry = put(self.journal.root, document, product_id=product_id).model_copy(update=more)
        self.journal.record(entry)
        self.entries[kind, number] = entry

    def failed(
        self, kind: ProblemKind, number: int | None, product_id: int | None, error: UpstreamError
    ) -> None:
        """Note a failure; one that is fatal ends the refresh."""
        if error.fatal:
            raise error
        log.warning(
            "not fetched", extra={"kind": kind, "id": number, "product_id": product_id, "reason": error.what}
        )
        self.failures.append(Failure(kind, number, product_id, error.what, error.status))

    async def _features(self, product: Mapping[str, Any]) -> None:
        product_id = id_of(product) or 0
        try:
            rows = await endpoints.features(self.client, product)
        except UpstreamError as error:
            self.failed("features", product_id, product_id, error)
        else:
            self.store("features", product_id, product_id, {"features": rows}, items=len(rows))
        self.progress.advance("features")

    async def _reject_reasons(self) -> None:
        kind, number = REASONS
        try:
            rows = await endpoints.reject_reasons(self.client)
        except Missing:
            rows = []  # this API serves none
        except UpstreamError as error:
            self.failed("reject_reasons", None, None, error)
            return
        self.store(kind, number, None, {"reject_reasons": rows}, items=len(rows))

    async def _tests(self, batches: Iterator[Sequence[Wanted]]) -> None:
        for batch in batches:
            await patiently(map(self._detail, batch), self._complete, PATIENCE)

    async def _complete(self, tests: Sequence[tuple[Wanted, Json | None]]) -> None:
        if not tests:
            return
        details = {wanted.id: detail for wanted, detail in tests if detail is not None}
        # Bugs come after the details: a test that is immutable by then has no later ones.
        bugs = await bugs_of(self.client, list(details))
        for wanted, _ in tests:
            if wanted.id in details:
                self._test(wanted, details[wanted.id], bugs[wanted.id])
        self.progress.advance("tests", len(tests))

    async def _detail(self, wanted: Wanted) -> tuple[Wanted, Json | None]:
        return wanted, self.kept.get(wanted.id) or await self._fetched(wanted)

    async def _fetched(self, wanted: Wanted) -> Json | None:
        try:
            policy = BROKEN_BEFORE if wanted.why == "retry" else PATIENT
            detail = await endpoints.test(self.client, wanted.id, policy=policy)
        except Missing as error:
            self.gone.add(("test", wanted.id))
            log.warning("a test is gone", extra={"id": wanted.id, "reason": error.what})
        except UpstreamError as error:
            self.failed("test", wanted.id, wanted.product_id, error)
        else:
            self.journal.record_detail(wanted.id, self.now, detail)
            return detail
        return None

    def _test(self, wanted: Wanted, detail: Json, bugs: list[Json] | UpstreamError) -> None:
        if isinstance(bugs, UpstreamError):
            self.failed("bugs", wanted.id, wanted.product_id, bugs)
            return
        product_id = wanted.product_id
        owner = id_of(part(detail, "product"))
        if owner is not None and (not wanted.listed or owner in wanted.others):
            product_id = owner  # it has moved, or several products list it
        if not self.keeps(product_id):
            self.gone.add(("test", wanted.id))
            log.warning(
                "a test is of a product now that is not kept",
                extra={"id": wanted.id, "product_id": product_id},
            )
            return
        settled = immutable(status_of(detail))
        data = {"test": detail, "bugs": bugs}
        self.store("test", wanted.id, product_id, data, settled=settled, items=len(bugs))


def _batches(tests: Iterable[Wanted]) -> Iterator[Sequence[Wanted]]:
    rest = iter(tests)
    while batch := tuple(islice(rest, BATCH)):
        yield batch

"""Fetching and storing what a plan asks for, much of it at once."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from base.bounds import LARGE_BYTES, LIST_BYTES, SECONDS_AFTER_DEADLINE, WAITING_BYTES
from base.errors import UserError
from fetch.api import endpoints
from fetch.api.bug_batches import Bugs, bugs_of
from fetch.api.client import ApiClient
from fetch.api.concurrency import patiently, together
from fetch.api.errors import Missing, NotPublished, TooLarge, UpstreamError, unforeseen
from fetch.api.ids_and_statuses import id_of, immutable, status_of
from fetch.api.retries import BROKEN_BEFORE, PATIENT
from fetch.redaction.fields import cut_known
from fetch.refresh.known import REASONS, Key
from fetch.refresh.outcome import Failure
from fetch.refresh.plan import BATCH, Plan, Wanted
from fetch.refresh.progress import Progress
from quality.normalise.values import part
from snapshot.errors import SnapshotError
from snapshot.format.documents import Document, decode
from snapshot.format.kinds import Kind, ProblemKind
from snapshot.format.manifest import Entry
from snapshot.journal import Journal
from snapshot.reader import read_bytes
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
        kept: Tests that an interrupted refresh fetched, as JSON, and whose bugs it did not.
        entries: Everything that was stored.
        failures: What could not be fetched.
        gone: What the upstream no longer has.
        seen: How much was known to be secret when each document was stored.
    """

    journal: Journal
    client: ApiClient
    now: datetime
    progress: Progress
    keeps: Callable[[int], bool]
    kept: Mapping[int, bytes] = field(default_factory=dict)
    entries: dict[Key, Entry] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    gone: set[Key] = field(default_factory=set)
    seen: dict[Key, int] = field(default_factory=dict)
    _settled: int = -1
    _ready: dict[int, bytes] = field(default_factory=dict)
    _missed: set[int] = field(default_factory=set)
    _large: list[Wanted] = field(default_factory=list)
    _large_catalogues: list[Mapping[str, Any]] = field(default_factory=list)

    async def learn(self, plan: Plan, untold: Collection[int] = ()) -> None:
        """Fetch the tests of which no list showed the credentials: all are known before anything is stored.

        What was kept of an interrupted refresh is looked through once more.

        Args:
            plan: What is asked for.
            untold: Products of which one kept test for each environment is fetched too, for its credentials.

        Raises:
            UpstreamError: One that is fatal.
            TooManyCredentials: When they cannot all be looked for.
            SnapshotError: When what was kept cannot be written.
        """
        waiting = iter([wanted for wanted in plan.tests if wanted.id not in self.client.secrets.told])
        await together(self._learn(waiting) for _ in range(self.client.options.concurrency))
        tellers = iter(await self._tellers(plan.kept, untold))
        await together(self._ask(tellers) for _ in range(self.client.options.concurrency))
        await self._look_at_kept()
        self._settled = self.client.secrets.version
        for number, raw in self._ready.items():
            detail = cut_known(orjson.loads(raw), self.client.secrets)
            self._ready[number] = orjson.dumps(detail)
            self.journal.record_detail(number, self.now, detail)
            await asyncio.sleep(0)  # the deadline may come in between

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
        catalogues = iter(plan.features)
        at_once = min(self.client.options.concurrency, len(plan.features))
        jobs = [self._catalogues(catalogues) for _ in range(at_once)]
        jobs += [self._tests(batches) for _ in range(min(workers, len(plan.tests)))]
        jobs += [self._reject_reasons()] if plan.reject_reasons else []
        await together(jobs)
        for product in self._large_catalogues:
            await self._features(product)
        for wanted in self._large:
            if (detail := await self._fetched(wanted)) is not None:
                await self._complete([(wanted, orjson.dumps(detail))])

    async def store_products(self, products: Mapping[int, Json], end: float | None) -> None:
        """Store all products, shortly after the deadline too: without them tests would be nobody's.

        Raises:
            NotPublished: When they are not through by then.
            SnapshotError: When one cannot be stored.
        """
        clock = asyncio.get_running_loop()
        until = None if end is None else max(end, clock.time()) + SECONDS_AFTER_DEADLINE
        for product_id, product in products.items():
            if until is not None and clock.time() > until:
                raise NotPublished(
                    "The deadline came before the products were looked through.",
                    "Their texts are longer than any that people write.",
                    "Allow more time.",
                )
            self.store("product", product_id, product_id, cut_known(product, self.client.secrets))
            await asyncio.sleep(0)

    def store(self, kind: Kind, number: int, product_id: int | None, data: Json, **more: Any) -> None:
        """Store a document, without what is known to be secret now; `more` are fields of its entry.

        Raises:
            SnapshotError: When it cannot be stored.
        """
        self.seen[kind, number] = self.client.secrets.version
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

    @contextmanager
    def _costs(
        self, kind: ProblemKind, number: int | None, product_id: int | None, path: str
    ) -> Iterator[None]:
        """Let what fails in the block, foreseen or not, cost this one thing."""
        try:
            yield
        except UpstreamError as error:
            self.failed(kind, number, product_id, error)
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is
            self.failed(kind, number, product_id, unforeseen(path, error))

    async def _catalogues(self, products: Iterator[Mapping[str, Any]]) -> None:
        for product in products:
            await self._features(product, LARGE_BYTES)

    async def _features(self, product: Mapping[str, Any], most_bytes: int = LIST_BYTES) -> None:
        product_id = id_of(product) or 0
        with self._costs("features", product_id, product_id, f"/products/{product_id}/features"):
            try:
                rows = await endpoints.features(self.client, product, most_bytes=most_bytes)
            except TooLarge:
                if most_bytes == LIST_BYTES:
                    raise
                self._large_catalogues.append(product)
                return
            self.store("features", product_id, product_id, {"features": rows}, items=len(rows))
        self.progress.advance("features")

    async def _reject_reasons(self) -> None:
        kind, number = REASONS
        with self._costs("reject_reasons", None, None, "/bugs/reject_reasons"):
            try:
                rows = await endpoints.reject_reasons(self.client)
            except Missing:
                rows = []  # this API serves none
            self.store(kind, number, None, {"reject_reasons": rows}, items=len(rows))

    async def _look_at_kept(self) -> None:
        """Cut out of the tests of an interrupted refresh what is a secret by now."""
        kept, changed = {}, False
        for number, raw in self.kept.items():
            detail = orjson.loads(raw)
            shorter = cut_known(detail, self.client.secrets)
            changed |= shorter is not detail
            kept[number] = raw if shorter is detail else orjson.dumps(shorter)
            await asyncio.sleep(0)
        if changed:
            self.journal.forget_details()
            for number, raw in kept.items():
                self.journal.record_detail(number, self.now, orjson.Fragment(raw))
        self.kept = kept

    async def _learn(self, waiting: Iterator[Wanted]) -> None:
        for wanted in waiting:
            detail = await self._fetched(wanted, journalled=False)
            if detail is None:
                self._missed.add(wanted.id)
                continue
            raw = orjson.dumps(detail)
            if len(raw) <= LARGE_BYTES and sum(map(len, self._ready.values())) + len(raw) <= WAITING_BYTES:
                self._ready[wanted.id] = raw

    async def _tellers(self, kept: Iterable[Entry], untold: Collection[int]) -> Sequence[int]:
        """Choose the newest test of each environment that kept tests of some products were run in."""
        newest: dict[int, int] = {}
        for entry in kept:
            if entry.kind != "test" or entry.state == "gone" or entry.product_id not in untold:
                continue
            with suppress(SnapshotError):
                data = decode(read_bytes(self.journal.root, entry)).data
                environment = id_of(part(part(data, "test"), "test_environment"))
                if environment is not None:
                    newest[environment] = max(entry.id, newest.get(environment, 0))
            await asyncio.sleep(0)
        return sorted(set(newest.values()) - self.client.secrets.told)

    async def _ask(self, tellers: Iterator[int]) -> None:
        for number in tellers:
            try:
                await endpoints.test(self.client, number)
            except UpstreamError as error:
                if error.fatal:
                    raise
                log.info("an environment is not told", extra={"test": number, "reason": error.what})

    async def _tests(self, batches: Iterator[Sequence[Wanted]]) -> None:
        for batch in batches:
            await patiently(map(self._detail, batch), self._complete, PATIENCE)

    async def _complete(self, tests: Sequence[tuple[Wanted, bytes | None]]) -> None:
        details = {wanted.id: (wanted, detail) for wanted, detail in tests if detail is not None}

        def take(bugs: Bugs) -> None:
            for number, found in bugs.items():
                wanted, detail = details.pop(number)
                with self._costs("test", number, wanted.product_id, f"/exploratory_tests/{number}"):
                    self._test(wanted, orjson.loads(detail), found)

        # Bugs come after the details: a test that is immutable by then has no later ones.
        await bugs_of(self.client, list(details), take)
        self.progress.advance("tests", len(tests))

    async def _detail(self, wanted: Wanted) -> tuple[Wanted, bytes | None]:
        """Return a test as compact bytes: many of them wait in memory for their bugs."""
        if wanted.id in self._missed:
            return wanted, None
        if wanted.id in self._ready:
            return wanted, self._ready.pop(wanted.id)
        raw = self.kept.get(wanted.id)
        if raw is None and (detail := await self._fetched(wanted)) is not None:
            raw = orjson.dumps(detail)
        if raw is not None and len(raw) > LARGE_BYTES:
            self._large.append(wanted)
            return wanted, None
        return wanted, raw

    async def _fetched(self, wanted: Wanted, *, journalled: bool = True) -> Json | None:
        with self._costs("test", wanted.id, wanted.product_id, f"/exploratory_tests/{wanted.id}"):
            policy = BROKEN_BEFORE if wanted.why == "retry" else PATIENT
            try:
                detail = await endpoints.test(self.client, wanted.id, policy=policy)
            except Missing as error:
                self.gone.add(("test", wanted.id))
                log.warning("a test is gone", extra={"id": wanted.id, "reason": error.what})
                return None
            if journalled:
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
        if self.client.secrets.version != self._settled:
            detail = cut_known(detail, self.client.secrets)  # it waited for its bugs
        data = {"test": detail, "bugs": bugs}
        self.store("test", wanted.id, product_id, data, settled=settled, items=len(bugs))


def _batches(tests: Iterable[Wanted]) -> Iterator[Sequence[Wanted]]:
    rest = iter(tests)
    while batch := tuple(islice(rest, BATCH)):
        yield batch

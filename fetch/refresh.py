"""Taking a new snapshot of the Customer API."""

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from fetch.breaker import Breaker
from fetch.client import ApiClient, ClientOptions
from fetch.errors import NotPublished
from fetch.gaps import Outcome, outcome
from fetch.harvest import Harvest
from fetch.plan import Known, Plan, PlanOptions, plan
from fetch.progress import Progress, Silent
from fetch.survey import Survey
from quality.errors import InvalidInput, UserError
from snapshot.errors import DamagedManifest, NoSnapshot
from snapshot.lock import writing
from snapshot.manifest import Entry, Manifest, Problem, Statistics
from snapshot.reader import open_snapshot
from snapshot.store import new_id, present, publish

log = structlog.get_logger()

GREATEST_LOSS = 0.20
"""The part of the known tests that a version may lose without being told that it may."""
COMPLETE, NOT_PUBLISHED, WITH_GAPS = 0, 1, 3


@dataclass(frozen=True)
class RefreshRequest:
    """What a refresh shall do.

    Attributes:
        product_ids: The account's products that are kept at all; the new version holds no others.
        only: The products that are refreshed now; the others are taken over as they are.
        since: Tests that ended before are not fetched; known ones are kept.
        full: Fetch everything again.
        problems_only: Fetch only what could not be had the last time.
        strict: Publish nothing when there are gaps.
        accept_loss: Publish even if more than a fifth of the known tests is lost.
        deadline: Seconds after which fetching stops and what is complete is published.
        ttl: How long features, and what an interrupted refresh stored, count as fresh.
    """

    product_ids: tuple[int, ...] | None = None
    only: tuple[int, ...] | None = None
    since: datetime | None = None
    full: bool = False
    problems_only: bool = False
    strict: bool = False
    accept_loss: bool = False
    deadline: float | None = None
    ttl: timedelta = timedelta(hours=1)

    @property
    def asked(self) -> tuple[int, ...] | None:
        """The products to refresh, or None for all."""
        if self.product_ids is None or self.only is None:
            return self.only if self.product_ids is None else self.product_ids
        return tuple(number for number in self.only if number in self.product_ids)


@dataclass(frozen=True)
class RefreshResult:
    """A published version.

    Attributes:
        version: Its id.
        problems: Its gaps.
    """

    version: str
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    statistics: Statistics

    @property
    def complete(self) -> bool:
        """Whether nothing is missing or stale."""
        return not self.problems

    @property
    def exit_code(self) -> int:
        """0 when complete, 3 with gaps; an error that was raised instead stands for 1."""
        return COMPLETE if self.complete else WITH_GAPS


async def refresh(
    root: Path,
    client_options: ClientOptions,
    request: RefreshRequest | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> RefreshResult:
    """Fetch what can have changed, and publish a new version.

    One test or product that cannot be had is recorded as a problem and stops nothing else.

    Args:
        root: The snapshot folder.
        client_options: The API.
        request: What to do; all of the account, incrementally, when left out.
        now: The version's time; the clock's when left out.
        progress: Is told how far it is.

    Raises:
        Unauthorized: When the token is not accepted, also in the middle.
        UpstreamError: When the API does not answer at all, or fails wholesale.
        NotPublished: When there is nothing to publish, too much would be lost, or `strict` meets a gap.
        InvalidInput: When none of the products exists, or the folder belongs to another API.
        SnapshotError: When the folder is in use or cannot be written.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    version = new_id(moment)
    with structlog.contextvars.bound_contextvars(refresh=version), writing(root, "refresh"):
        try:
            async with ApiClient(client_options, Breaker()) as client:
                work = _Refresh(root, client, request or RefreshRequest(), moment, progress or Silent())
                return await work.run(version)
        except UserError as error:
            log.error("nothing was published", reason=error.what)  # noqa: TRY400 - the trace tells a user nothing
            raise


@dataclass
class _Refresh:
    root: Path
    client: ApiClient
    request: RefreshRequest
    now: datetime
    progress: Progress
    began: float = field(default_factory=time.monotonic)

    async def run(self, version: str) -> RefreshResult:
        log.info("refresh begins", host=self.client.options.host, full=self.request.full)
        known = self._known()
        survey = Survey(self.client, known, self._options(), self.progress)
        harvest = Harvest(self.root, self.client, self.now, self.progress)
        await self._in_time(survey.take(self.request.asked))
        for product_id, product in survey.products.items():
            await harvest.store("product", product_id, product_id, product)
        work = plan(known, survey.listed(), self.now, self._options())
        await self._in_time(harvest.gather(work))
        survey.close()
        result = self._outcome(known, work, survey, harvest)
        self._check(known, work, survey, result)
        return self._publish(version, known, harvest, result, time.monotonic() - self.began)

    async def _in_time(self, job: Coroutine[Any, Any, None]) -> None:
        """Do a job, and stop it at the deadline."""
        deadline = None if self.request.deadline is None else self.began + self.request.deadline
        left = None if deadline is None else deadline - time.monotonic()
        try:
            async with asyncio.timeout(left):
                await job
        except TimeoutError:
            log.warning("the deadline is reached")
            self.progress.say("The deadline is reached; what is complete is published.")

    def _options(self) -> PlanOptions:
        request = self.request
        return PlanOptions(
            full=request.full, since=request.since, ttl=request.ttl, problems_only=request.problems_only
        )

    def _known(self) -> Known:
        """The published version, without products that are not wanted any more."""
        try:
            manifest = open_snapshot(self.root).manifest
        except NoSnapshot:
            return Known()
        except DamagedManifest as error:
            log.warning(
                "the published version cannot be read; everything is fetched again", reason=error.what
            )
            return Known()
        if manifest.api_host != self.client.options.host:
            raise InvalidInput(
                f"The snapshot folder holds data of {manifest.api_host}, not of {self.client.options.host}.",
                "Two accounts are never mixed.",
                "Name another folder in TESTIO_SNAPSHOT_DIR.",
            )
        entries = (self._checked(entry) for entry in manifest.entries if self._in_scope(entry.product_id))
        return Known(
            {(entry.kind, entry.id): entry for entry in entries},
            problems=tuple(problem for problem in manifest.problems if self._in_scope(problem.product_id)),
        )

    def _in_scope(self, product_id: int | None) -> bool:
        scope = self.request.product_ids
        return product_id is None or scope is None or product_id in scope

    def _checked(self, entry: Entry) -> Entry:
        """A document that is not there any more is fetched again like one that is stale."""
        if entry.state != "fresh" or present(self.root, entry):
            return entry
        return entry.model_copy(update={"state": "stale", "since": self.now})

    def _outcome(self, known: Known, work: Plan, survey: Survey, harvest: Harvest) -> Outcome:
        gone_entries = tuple(
            entry.model_copy(
                update={"state": "gone", "since": entry.since if entry.state == "gone" else self.now}
            )
            if entry.product_id in survey.gone
            else entry
            for entry in work.kept
        )
        return outcome(
            known,
            replace(work, kept=gone_entries),
            fetched=harvest.entries,
            failures=[*survey.failures, *harvest.failures],
            gone=harvest.gone,
            listings=survey.listings,
            now=self.now,
        )

    def _check(self, known: Known, work: Plan, survey: Survey, result: Outcome) -> None:
        """Raise NotPublished unless the result is worth publishing."""
        keep = "What was fetched is kept for the next refresh."
        if not survey.products_listed:
            raise NotPublished("The deadline came before the products were listed.", "", "Allow more time.")
        if survey.products and all(
            listing.failed and not listing.rows for listing in survey.listings.values()
        ):
            raise NotPublished("No product's list of tests could be read.", result.problems[0].reason, keep)
        tests = [entry for entry in result.entries if entry.kind == "test"]
        if work.tests and not tests:
            reason = result.problems[0].reason if result.problems else ""
            raise NotPublished("None of the tests could be fetched.", reason, keep)
        before = {key for key, entry in known.entries.items() if key[0] == "test" and entry.state != "gone"}
        lost = before - {("test", entry.id) for entry in tests if entry.state != "gone"}
        if len(lost) > GREATEST_LOSS * len(before) and not self.request.accept_loss:
            raise NotPublished(
                f"{len(lost)} of the {len(before)} known tests would be lost.",
                "The account may be another one than before, or the API incomplete.",
                "If it is right so, refresh with --accept-loss.",
            )
        if self.request.strict and result.problems:
            raise NotPublished(
                f"{len(result.problems)} things could not be fetched.", result.problems[0].reason, keep
            )

    def _publish(
        self, version: str, known: Known, harvest: Harvest, result: Outcome, seconds: float
    ) -> RefreshResult:
        hashes = {key: entry.sha256 for key, entry in known.entries.items()}
        unchanged = sum(hashes.get(key) == entry.sha256 for key, entry in harvest.entries.items())
        statistics = Statistics(
            requests=self.client.statistics.requests,
            retries=self.client.statistics.retries,
            seconds=round(seconds, 3),
            documents_written=len(harvest.entries) - unchanged,
            documents_unchanged=unchanged,
        )
        counts = _counts(result.entries)
        publish(
            self.root,
            Manifest(
                id=version,
                created_at=self.now,
                api_host=self.client.options.host,
                entries=result.entries,
                counts=counts,
                statistics=statistics,
                problems=result.problems,
            ),
        )
        log.info("refresh published", problems=len(result.problems), **counts, **statistics.model_dump())
        return RefreshResult(version, result.problems, counts, statistics)


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    there = [entry for entry in entries if entry.state != "gone"]
    return {
        "products": sum(entry.kind == "product" for entry in there),
        "features": sum(entry.items for entry in there if entry.kind == "features"),
        "tests": sum(entry.kind == "test" for entry in there),
        "bugs": sum(entry.items for entry in there if entry.kind == "test"),
    }

"""Taking a new snapshot of the Customer API."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from base.bounds import (
    FINGERPRINTS,
    GREATEST_LOSS,
    LEARN_SHARE,
    LISTS_SHARE,
    PRODUCTS_SHARE,
    SECONDS_AFTER_DEADLINE,
)
from base.cycles import collecting_seldom
from base.errors import UserError
from base.log_context import bound
from fetch.api.breaker import Breaker
from fetch.api.client import ApiClient
from fetch.api.errors import NotPublished
from fetch.api.options import ClientOptions
from fetch.refresh.baseline import kept_details, load_known, published
from fetch.refresh.discovery import Discovery
from fetch.refresh.download import Download
from fetch.refresh.known import Known
from fetch.refresh.outcome import Outcome, marked, outcome
from fetch.refresh.plan import Plan, left_out_before, plan
from fetch.refresh.progress import Progress, Silent
from fetch.refresh.request import RefreshRequest
from fetch.refresh.second_look import RULES, SecondLook, Sought
from quality.wording import counted
from snapshot import damage
from snapshot.format.kinds import KINDS
from snapshot.format.manifest import Entry, Manifest, Problem, Statistics
from snapshot.journal import Journal
from snapshot.reader import next_id
from snapshot.storage.lock import writing
from snapshot.store import publish

__all__ = ["RefreshRequest", "RefreshResult", "refresh"]

log = logging.getLogger(__name__)

COMPLETE, WITH_GAPS = 0, 3


@dataclass(frozen=True)
class RefreshResult:
    """A published version.

    Attributes:
        version: Its id.
        problems: What it could not fetch.
    """

    version: str
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    statistics: Statistics

    @property
    def complete(self) -> bool:
        """Return whether nothing is missing or stale."""
        return not self.problems

    @property
    def exit_code(self) -> int:
        """Return 0 when complete, 3 with gaps; an error that was raised instead stands for 1."""
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

    One test or product that cannot be fetched is recorded as a problem and stops nothing else.

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
    version = next_id(root, moment)
    with bound(refresh=version):
        try:
            with writing(root, "refresh"), collecting_seldom():
                async with ApiClient(client_options, Breaker()) as client:
                    work = _Refresh(
                        root, client, request or RefreshRequest(), moment, version, progress or Silent()
                    )
                    return await work.run()
        except UserError as error:
            told = {"code": error.code, "reason": error.what, "why": error.why}
            log.error("nothing was published", extra=told)  # noqa: TRY400 - the trace tells a user nothing
            raise


@dataclass
class _Refresh:
    root: Path
    client: ApiClient
    request: RefreshRequest
    now: datetime
    version: str
    progress: Progress
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    late: bool = False

    async def run(self) -> RefreshResult:
        log.info("refresh begins", extra={"host": self.client.options.host, "full": self.request.full})
        host = self.client.options.host
        manifest = published(self.root, host, self.now)
        journal = Journal.open(self.root, self.now, host, self.now - self.request.ttl)
        known = load_known(self.root, manifest, self.request, journal.entries(), self.now)
        discovery = Discovery(self.client, known, self.request.plan_options, self.progress)
        details = kept_details(self.root, known, self.request, self.now)
        download = Download(
            journal,
            self.client,
            self.now,
            self.progress,
            lambda product_id: product_id in discovery.products or ("product", product_id) in known.entries,
            details,
        )
        look = SecondLook(self.root, self.client.secrets)
        try:
            await self._in_time(discovery.take_products(self.request.asked), PRODUCTS_SHARE)
            await self._in_time(discovery.take_tests(), LISTS_SHARE)
            discovery.close()
            work = plan(known, discovery.listed(), self.now, self.request.plan_options)
            learnt = await self._in_time(download.learn(work, discovery.untold), LEARN_SHARE)
            await download.store_products(discovery.products, self.end)
            if learnt:  # all credentials are known
                await self._in_time(download.gather(work))
            await self._look_at_own(look, download)
        except asyncio.CancelledError:
            await self._look_at_own(look, download)
            kept = len(known.done) + len(download.entries)
            log.warning("stopped", extra={"kept": kept})
            self.progress.say(f"Stopped. {kept} documents are kept; the next refresh continues from there.")
            raise
        result = self._outcome(known, work, discovery, download)
        self._check(known, work, discovery, result)
        sought = await self._look_at_kept(look, manifest, known, download, result)
        looked_at = tuple(look.replaced.get((entry.kind, entry.id), entry) for entry in result.entries)
        result = replace(result, entries=looked_at)
        done = self._publish(known, discovery, download, result, sought)
        here = discovery.products.keys() | discovery.gone
        elsewhere = any(entry.product_id not in here for entry in known.done.values())
        if not (self.late or elsewhere):  # the next refresh goes on from what is in the journal
            journal.clear()
        return done

    async def _in_time(self, job: Coroutine[Any, Any, None], share: float = 1.0) -> bool:
        """Do a job, stop it when a share of the time is over, and return whether it was done."""
        whole = self.request.deadline
        try:
            async with asyncio.timeout_at(None if whole is None else self.began + share * whole):
                await job
        except TimeoutError:
            if not self.late:
                self.progress.say("The deadline has passed; what is complete is published.")
            self.late = True
            log.warning("the deadline has passed", extra={"share": share})
            return False
        return True

    @property
    def end(self) -> float | None:
        """Return when the deadline is, by the loop's clock; None without one."""
        return None if self.request.deadline is None else self.began + self.request.deadline

    async def _look_at_own(self, look: SecondLook, download: Download) -> None:
        """Look again at what was stored before the last credential was known.

        What was not looked at shortly after the deadline is withdrawn: the next refresh fetches it again.
        """
        until = None if self.end is None else self.end + SECONDS_AFTER_DEADLINE
        for key, version in download.seen.items():
            if version == self.client.secrets.version:
                continue
            try:
                async with asyncio.timeout_at(until):
                    await asyncio.sleep(0)
                    await look.look(download.entries[key])
            except TimeoutError:
                look.withdraw(download.entries.pop(key))
        for key, entry in look.replaced.items():
            download.entries[key] = entry
            download.journal.record(entry)
        look.finish()

    async def _look_at_kept(
        self, look: SecondLook, manifest: Manifest | None, known: Known, download: Download, result: Outcome
    ) -> Sought:
        """Look at what was stored by earlier refreshes, when there are credentials that they did not know."""
        before = Sought(manifest.rules, manifest.sought) if manifest else Sought(RULES, ())
        marks = self.client.secrets.fingerprints()
        anew = before.rules != RULES
        new = anew or not marks <= set(before.marks)
        kept = [
            entry
            for entry in result.entries
            if (entry.kind, entry.id) not in download.entries
            and (new or (entry.kind, entry.id) in known.done)
        ]
        if not await self._in_time(look.take(kept, anew=anew)):
            return before
        look.finish()
        return Sought(
            RULES, (*sorted(marks), *(mark for mark in before.marks if mark not in marks))[:FINGERPRINTS]
        )

    def _outcome(self, known: Known, work: Plan, discovery: Discovery, download: Download) -> Outcome:
        kept = tuple(
            marked(entry, "gone", self.now) if entry.product_id in discovery.gone else entry
            for entry in work.kept
        )
        return outcome(
            known,
            replace(work, kept=kept),
            fetched=download.entries,
            failures=[*discovery.failures, *download.failures],
            gone=download.gone,
            listings=discovery.listings,
            now=self.now,
        )

    def _check(self, known: Known, work: Plan, discovery: Discovery, result: Outcome) -> None:
        """Raise NotPublished unless the result is worth publishing."""
        keep = "What was fetched is kept for the next refresh."
        if not discovery.products_listed:
            raise NotPublished("The deadline came before the products were listed.", "", "Allow more time.")
        if discovery.products and all(
            listing.failed and not listing.rows for listing in discovery.listings.values()
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
                "The token may belong to another account now, or the API's answers are incomplete.",
                "If this is correct, refresh with --accept-loss.",
            )
        if self.request.strict and result.problems:
            raise NotPublished(
                f"{counted(len(result.problems), 'thing')} could not be fetched.",
                result.problems[0].reason,
                keep,
            )

    def _publish(
        self, known: Known, discovery: Discovery, download: Download, result: Outcome, about: Sought
    ) -> RefreshResult:
        hashes = {key: entry.sha256 for key, entry in known.entries.items()}
        unchanged = sum(hashes.get(key) == entry.sha256 for key, entry in download.entries.items())
        statistics = Statistics(
            requests=self.client.statistics.requests,
            retries=self.client.statistics.retries,
            seconds=round(asyncio.get_running_loop().time() - self.began, 3),
            documents_written=len(download.entries) - unchanged,
            documents_unchanged=unchanged,
            checked_to=known.checked_to,
        )
        counts = _counts(result.entries)
        refreshed, since = self._coverage(known, discovery, result)
        publish(
            self.root,
            Manifest(
                id=self.version,
                created_at=self.now,
                api_host=self.client.options.host,
                entries=result.entries,
                counts=counts,
                statistics=statistics,
                problems=result.problems,
                cleared=result.cleared,
                refreshed=refreshed,
                since=since,
                rules=about.rules,
                sought=about.marks,
            ),
        )
        damage.forget(self.root)
        log.info(
            "refresh published", extra={"problems": len(result.problems), **counts, **statistics.model_dump()}
        )
        return RefreshResult(self.version, result.problems, counts, statistics)

    def _coverage(
        self, known: Known, discovery: Discovery, result: Outcome
    ) -> tuple[dict[int, datetime], dict[int, datetime]]:
        """Return by product when those not asked for now last were, and before when tests are left out."""
        held = {entry.id for entry in result.entries if entry.kind == "test"}
        products = {entry.id for entry in result.entries if entry.kind == "product" and entry.state != "gone"}
        asked = {
            number
            for number in discovery.products
            if not self.request.problems_only or known.product_failed(number)
        }
        older = products - asked
        refreshed = {one: at for one, at in known.refreshed.items() if one in older and at < self.now}
        bounds = {
            product.id: left_out_before(known, product, held, self.request.since)
            for product in discovery.listed()
        }
        since = {
            number: at
            for number, at in {**known.bounds, **bounds}.items()
            if at is not None and number in products
        }
        return refreshed, since


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    there = [entry for entry in entries if entry.state != "gone"]
    counts: dict[str, int] = {}
    for name, kind in KINDS.items():
        own = [entry for entry in there if entry.kind == name]
        if kind.documents:
            counts[kind.documents] = len(own)
        if kind.items:
            counts[kind.items] = sum(entry.items for entry in own)
    return counts

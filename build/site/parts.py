"""The parts of a site: some pages, and all that they are made of.

The makers of a part's pages see a site that holds nothing else, so that the hash of what they see cannot
leave out what they show.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Literal, TypeVar

import msgspec

from build.site.links import Links
from build.site.page import Site, SiteOptions
from quality.model.context import NO_CONTEXT, Context
from quality.model.entities import Test
from quality.model.facts import Facts, Gap
from quality.products import all_products
from quality.views.test import asks, planned_beside

Kind = Literal["test", "lists", "product", "account"]
WholeTests = Callable[[Iterable[int]], Mapping[int, Test]]
"""Reads tests of one product with their long texts, by their ids."""

_BATCHES = 16
"""So many batches have the tests of a product: as many as the cache has files with their long texts."""
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Part:
    """Some pages of the site: of a test, the lists or reports of a product, or of the whole account."""

    kind: Kind
    id: int = 0

    @property
    def name(self) -> str:
        """Return its name in the list of the site's pages."""
        return f"{self.kind} {self.id}" if self.id else self.kind


@dataclass(frozen=True)
class Sources:
    """A site, its long texts on demand, and what tells whether they changed.

    Attributes:
        site: What all pages share; its tests may lack their long texts.
        code: Hash of the templates and the code.
        whole: Reads tests with their long texts; None when the site has them.
        hashes: The hash of what was read of each test, by its id.
    """

    site: Site
    code: str
    whole: WholeTests | None = None
    hashes: Mapping[int, str] = field(default_factory=dict)
    _digests: dict[int, tuple[Test, bytes]] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """Yield every part, in the order in which their pages are to be written."""
        for test_id in self.site.facts.tests:
            yield Part("test", test_id)
        for product_id in all_products(self.site.facts):
            yield Part("product", product_id)
            yield Part("lists", product_id)
        yield Part("account")

    def made_of(self, part: Part) -> str:
        """Hash all that the pages of a part are made of."""
        seen = self.seen_by(part)
        found = hashlib.blake2b(self._shared, digest_size=16)
        found.update(_encode((part.name, seen.links, repr(seen.options))))
        for facts in (seen.facts, seen.earlier):
            found.update(self._digest(facts) if facts else b"-")
        return found.hexdigest()

    def seen_by(self, part: Part) -> Site:
        """Return the site as the makers of a part's pages see it: without what is not theirs."""
        match part.kind:
            case "test":
                return self._of_test(self.site.facts.tests[part.id])
            case "product" | "lists":
                return self._of_product(part.id, still=part.kind == "lists")
            case "account":
                return self.site

    def batches(self, parts: Iterable[Part]) -> list[list[Part]]:
        """Group parts: some tests of one product together, whose long texts are read at once."""
        found: dict[tuple[int, int] | Part, list[Part]] = {}
        for part in parts:
            test = self.site.facts.tests[part.id] if part.kind == "test" else None
            group = (test.product_id, test.id % _BATCHES) if test else part
            found.setdefault(group, []).append(part)
        return list(found.values())

    def opened(self, batch: Iterable[Part]) -> Iterator[tuple[Part, Site]]:
        """Return what the makers of a batch's parts see, with the long texts of the tests in it."""
        some = list(batch)
        tests = [part.id for part in some if part.kind == "test"]
        whole: Mapping[int, Test] = {}
        if self.whole is not None and tests:
            whole = self.whole(tests)
        for part in some:
            seen = self.seen_by(part)
            if part.kind == "test" and part.id in whole:
                facts = replace(seen.facts, tests={**seen.facts.tests, part.id: whole[part.id]})
                seen = replace(seen, facts=facts)
            yield part, seen

    @cached_property
    def _shared(self) -> bytes:
        return _encode((self.code, self.site.assets.paths))

    @cached_property
    def _gaps(self) -> Mapping[int | None, list[tuple[int, Gap]]]:
        found: dict[int | None, list[tuple[int, Gap]]] = {}
        for place, gap in enumerate(self.site.facts.gaps):
            found.setdefault(gap.product_id, []).append((place, gap))
        return found

    def _gaps_of(self, product_id: int) -> tuple[Gap, ...]:
        """Return the gaps that concern a product, in their order."""
        found = [*self._gaps.get(None, ()), *self._gaps.get(product_id, ())]
        return tuple(gap for _, gap in sorted(found, key=itemgetter(0)))

    def _of_test(self, test: Test) -> Site:
        """Return what a test's pages see: it, bugs that its own are like, its product and its gaps."""
        facts, links = self.site.facts, self.site.links
        again = {bug.id: facts.found_again[bug.id] for bug in test.bugs if bug.id in facts.found_again}
        tests = {test.id: test}
        for earlier_id in again.values():
            owner = facts.tests.get(links.tests_of_bugs.get(earlier_id, 0))
            if owner is not None and owner.id != test.id:
                known = (*(tests[owner.id].bugs if owner.id in tests else ()), facts.bugs[earlier_id])
                tests[owner.id] = replace(owner, bugs=known)
        at = _moment(facts, test)
        ahead = planned_beside(facts, test, facts.as_of)
        if ahead and asks(facts, test, self.site.options.quality):
            tests.setdefault(ahead.id, ahead)
        return replace(
            self.site,
            facts=replace(
                facts,
                snapshot_id="",
                as_of=at,
                products=_only(facts.products, (test.product_id,)),
                features={},
                tests=tests,
                gaps=tuple(gap for gap in self._gaps_of(test.product_id) if gap.test_id in {None, test.id}),
                left_out={},
                found_again=again,
                changed=_only(facts.changed, (test.id,)),
                history={},
                context=_context(facts.context, test.product_id, tests.values()),
            ),
            options=_options(self.site.options, test.product_id, tests.values()),
            links=replace(
                _links(links, test.product_id, [bug.id for one in tests.values() for bug in one.bugs]),
                months={},
                lists={},
            ),
            earlier=None,
        )

    def _of_product(self, product_id: int, *, still: bool) -> Site:
        """Return what a product's pages see: what belongs to it, and for its reports the snapshot's id."""
        facts, earlier = self.site.facts, self.site.earlier
        own = _of_product(facts, product_id, self._gaps_of(product_id))
        return replace(
            self.site,
            facts=replace(own, snapshot_id="", history={}) if still else own,
            options=_options(self.site.options, product_id, own.tests.values()),
            links=_links(self.site.links, product_id, own.bugs),
            earlier=None if still or earlier is None else _of_product(earlier, product_id, ()),
        )

    def _digest(self, facts: Facts) -> bytes:
        found = hashlib.blake2b(_encode(replace(facts, tests={})), digest_size=32)
        for test in facts.tests.values():
            found.update(self._digest_of(test))
        return found.digest()

    def _digest_of(self, test: Test) -> bytes:
        known = self._digests.get(test.id)
        if known is not None and known[0] is test:
            return known[1]
        said = hashlib.blake2b(_encode(test), digest_size=32)
        said.update(self.hashes.get(test.id, "").encode())
        if self.site.facts.tests.get(test.id) is test:
            self._digests[test.id] = test, said.digest()
        return said.digest()


def _moment(facts: Facts, test: Test) -> datetime:
    """Return the moment from which on a test's pages tell the same: the snapshot's own only where it matters.

    It does not where the test has ended and no bug is open: nothing on the page is then ahead, or so far.
    """
    waits = any(bug.review == "open" for bug in test.bugs)
    moments = [moment for moment in (test.start_at, test.end_at) if moment is not None]
    if waits or test.end_at is None or max(moments) > facts.as_of:
        return facts.as_of
    return min(max(*moments, facts.changed.get(test.id, facts.as_of)), facts.as_of)


def _of_product(facts: Facts, product_id: int, gaps: tuple[Gap, ...]) -> Facts:
    tests = facts.tests_by_product.get(product_id, ())
    bugs = [bug.id for test in tests for bug in test.bugs]
    return replace(
        facts,
        products=_only(facts.products, (product_id,)),
        features=_only(facts.features, (product_id,)),
        tests={test.id: test for test in sorted(tests, key=lambda test: test.id)},
        gaps=gaps,
        left_out=_only(facts.left_out, (product_id,)),
        found_again=_only(facts.found_again, bugs),
        changed=_only(facts.changed, [test.id for test in tests]),
        history=_only(facts.history, (product_id,)),
        context=_context(facts.context, product_id, tests),
    )


def _context(context: Context, product_id: int, tests: Iterable[Test]) -> Context:
    """Return what people say of a product, and of these tests and bugs."""
    if context == NO_CONTEXT:
        return context
    tests = tuple(tests)
    own = {"test": {test.id for test in tests}, "bug": {bug.id for test in tests for bug in test.bugs}}
    of_it = {product_id, None}
    return replace(
        context,
        releases=context.releases_of(product_id),
        notes=tuple(
            one
            for one in context.notes
            if one.id in own.get(one.target, {one.id if one.target == "feature" else product_id})
        ),
        goals=tuple(one for one in context.goals if one.product_id in of_it),
        actions=context.actions_of(product_id),
        owners=tuple(one for one in context.owners if one.target != "product" or one.id == product_id),
        links=tuple(one for one in context.links if one.bug_id in own["bug"]),
        own=tuple(one for one in context.own if one.product_id in of_it),
    )


def _options(options: SiteOptions, product_id: int, tests: Iterable[Test]) -> SiteOptions:
    """Return the options without what they say of other products and bugs."""
    quality = options.quality
    if not quality.settled and not quality.product_thresholds:
        return options
    own = frozenset(bug.id for test in tests for bug in test.bugs)
    return replace(
        options,
        quality=replace(
            quality,
            settled=_only(quality.settled, own),
            product_thresholds=_only(quality.product_thresholds, (product_id,)),
        ),
    )


def _links(links: Links, product_id: int, bugs: Iterable[int]) -> Links:
    bugs = tuple(bugs)
    return replace(
        links,
        folders=_only(links.folders, (product_id,)),
        later_pages=_only(links.later_pages, bugs),
        tests_of_bugs=_only(links.tests_of_bugs, bugs),
        months=_only(links.months, (product_id,)),
        lists=_only(links.lists, (product_id,)),
    )


_K = TypeVar("_K")
_V = TypeVar("_V")


def _only(values: Mapping[_K, _V], keys: Iterable[_K]) -> dict[_K, _V]:
    return {key: values[key] for key in keys if key in values}

"""The site as a whole: every page of a snapshot, made and written where what it is made of changed."""

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from base.code import code_digest
from build.site import jinja
from build.site.feeds.teams import team_pages
from build.site.links import root_of
from build.site.markdown.report import environment as markdown_environment
from build.site.markdown.report import moved_markdown
from build.site.page import Page, Site, SiteOptions, moved_page, open_site
from build.site.pages.about import about_page
from build.site.pages.bugs import bug_list_pages
from build.site.pages.features import features_page
from build.site.pages.portfolio import portfolio_pages
from build.site.pages.product import permanent_pages, product_pages
from build.site.pages.search import search_data, search_page
from build.site.pages.test import test_pages
from build.site.pages.tests import test_list_pages
from build.site.parts import Part, Sources, WholeTests
from build.site.subscriptions import product_calendar
from build.site.table_files import list_files
from build.site.writer import BuildReport, Staged, Writing, writing
from quality.context.effect import judged_by
from quality.model.facts import Facts
from quality.products import all_products

__all__ = ["BuildReport", "SiteOptions", "build_parts", "build_site", "readable", "site_files", "sources"]

MADE_BY = ("base", "build", "quality", "templates")
"""The rooms whose code and templates pages are made with."""
_NO_JEKYLL: Page = (".nojekyll", b"")
"""Tells GitHub Pages to publish the files as they are: Jekyll would run what looks like a template."""
_LAST = Part("account")
"""The part with the start page, which is put in place last."""
_OF_A_PRODUCT = re.compile(r"(?P<folder>products/(?P<id>\d+)(?:-[^/]+)?)/(?P<rest>.+)")


Run = Callable[[Sequence[Callable[[], Any]]], list[Any]]
"""Runs tasks that are independent of each other, and returns their results in the same order."""


def run_here(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run tasks one after the other."""
    return [task() for task in tasks]


def forget_templates() -> None:
    """Let the next page be made of the templates as they are then."""
    jinja.environment.cache_clear()
    markdown_environment.cache_clear()


def build_site(
    facts: Facts, site_dir: Path, options: SiteOptions | None = None, *, earlier: Facts | None = None
) -> BuildReport:
    """Build all pages of a snapshot that is at hand as a whole; see `build_parts`.

    Args:
        facts: The snapshot.
        site_dir: The folder; made when it is missing.
        options: What the customer chose.
        earlier: An earlier snapshot, for what changed since; the pages leave that out without one.
    """
    return build_parts(sources(facts, options, earlier=earlier), site_dir)


def sources(
    facts: Facts,
    options: SiteOptions | None = None,
    *,
    earlier: Facts | None = None,
    whole: WholeTests | None = None,
    hashes: Mapping[int, str] | None = None,
) -> Sources:
    """Return what a site is made of.

    Args:
        facts: The snapshot; its tests may lack their long texts.
        options: What the customer chose.
        earlier: An earlier snapshot, for what changed since; the pages leave that out without one.
        whole: Reads tests with their long texts; None when the facts have them.
        hashes: The hash of what was read of each test, when the facts lack a part of it.
    """
    facts, chosen = readable(facts, options or SiteOptions())
    before = None if earlier is None else replace(earlier, context=facts.context)
    site = open_site(facts, chosen, before)
    return Sources(site, code_digest(MADE_BY), whole, hashes or {})


def readable(facts: Facts, options: SiteOptions) -> tuple[Facts, SiteOptions]:
    """Return what the readers of pages may know: internal notes are taken out here, before any page is made.

    What the context says of limits and settled bugs goes into the options.
    """
    context = facts.context if options.internal_notes else facts.context.for_everyone()
    chosen = replace(options, quality=judged_by(options.quality, context))
    return replace(facts, context=context), chosen


def build_parts(
    made_of: Sources, site_dir: Path, key: Callable[[], str] = str, run: Run = run_here
) -> BuildReport:
    """Build all pages into a folder.

    Only pages whose sources changed are made, only files whose content changed are written, and files of
    earlier builds that no page needs any more are removed; other files in the folder are never touched.

    Args:
        made_of: What the pages are made of.
        site_dir: The folder; made when it is missing.
        key: Returns what stands for all that, for `earlier_build`, when the pages have been made.
        run: Runs the tasks that make the pages.

    Raises:
        UserError: When the folder cannot be written; the earlier pages are still there.
    """
    hashes = {part: made_of.made_of(part) for part in made_of.parts()}
    with writing(site_dir) as site:
        kept = site.keep({part.name: made for part, made in hashes.items()})
        site.add(site.stage(_plain_files(made_of.site), "0"))
        *todo, last = [
            *made_of.batches(part for part in hashes if part.name not in kept and part != _LAST),
            [],
        ]
        if _LAST.name not in kept:
            last.append(_LAST)
        batches = [*todo, last]
        made = run([partial(_staged, site, made_of, batch, number) for number, batch in enumerate(batches)])
        for batch, staged in zip(batches, made, strict=True):
            if batch is last:
                moved = _moved(made_of.site, frozenset(site.earlier.digests), set(site.paths))
                site.add(site.stage(moved, "0-0"))
            for part, pages in zip(batch, staged, strict=True):
                site.add(pages, part.name, hashes[part])
        return site.publish(key())


def _staged(site: Writing, made_of: Sources, batch: Sequence[Part], number: int) -> list[list[Staged]]:
    """Make and stage the pages of a batch's parts."""
    return [
        list(site.stage(pages_of(part, seen), f"{number}-{place}-{os.getpid()}"))
        for place, (part, seen) in enumerate(made_of.opened(batch))
    ]


def site_files(
    facts: Facts, options: SiteOptions | None = None, *, earlier: Facts | None = None
) -> Iterator[Page]:
    """Make every file of a site, in the order in which it is to be written.

    Args:
        facts: The snapshot.
        options: What the customer chose.
        earlier: An earlier snapshot, for what changed since.
    """
    made_of = sources(facts, options, earlier=earlier)
    yield from _plain_files(made_of.site)
    for batch in made_of.batches(made_of.parts()):
        for part, seen in made_of.opened(batch):
            yield from pages_of(part, seen)


def pages_of(part: Part, seen: Site) -> Iterator[Page]:
    """Make the pages of a part from what is seen of the site; the start page comes last."""
    match part.kind:
        case "test":
            yield from test_pages(seen, part.id)
        case "product":
            product = all_products(seen.facts)[part.id]
            yield from product_pages(seen, product)
            yield from permanent_pages(seen, product)
        case "lists":
            product = all_products(seen.facts)[part.id]
            yield from bug_list_pages(seen, product)
            yield features_page(seen, product)
            yield from test_list_pages(seen, product)
            yield from list_files(seen, product)
            yield product_calendar(seen, product)
            yield search_data(seen, product)
        case "account":
            yield about_page(seen)
            yield search_page(seen)
            yield from team_pages(seen)
            yield from portfolio_pages(seen)


def _plain_files(site: Site) -> Iterator[Page]:
    yield _NO_JEKYLL
    yield from site.assets.files


def _moved(site: Site, written: frozenset[str], made: set[str]) -> Iterator[Page]:
    """Make a page at each former address that leads to the same page under the product's present name."""
    for path in sorted(written - made):
        found = _OF_A_PRODUCT.fullmatch(path)
        if found is None or int(found["id"]) not in site.links.folders:
            continue
        product_id = int(found["id"])
        target = f"{site.links.folder(product_id)}/{found['rest']}"
        if target not in made:
            continue
        name = site.name_of(product_id)
        if path.endswith(".html"):
            yield moved_page(site, path, target, name)
        elif path.endswith(".md"):
            yield path, moved_markdown(name, posixpath.join(root_of(path), target)).encode()

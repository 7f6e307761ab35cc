"""The site as a whole: every page of a snapshot, written where it changed."""

import hashlib
import pickle
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

from build.site.jinja import TEMPLATES
from build.site.links import root_of
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
from build.site.subscriptions import product_calendar
from build.site.twins import list_files
from build.site.writer import BuildReport, earlier_build, is_whole, write_site
from quality import products
from quality.context.effect import judged_by
from quality.model.facts import Facts

__all__ = ["BuildReport", "SiteOptions", "build_site", "site_files"]

_NO_JEKYLL: Page = (".nojekyll", b"")
"""Tells GitHub Pages to publish the files as they are: Jekyll would run what looks like a template."""
_OF_A_PRODUCT = re.compile(r"(?P<folder>products/(?P<id>\d+)(?:-[^/]+)?)/(?P<rest>.+)")


def build_site(
    facts: Facts, site_dir: Path, options: SiteOptions | None = None, *, earlier: Facts | None = None
) -> BuildReport:
    """Build all pages of a snapshot into a folder.

    Only files whose content changed are written, and files of earlier builds that no page needs
    any more are removed; other files in the folder are never touched.

    Args:
        facts: The snapshot.
        site_dir: The folder; made when it is missing.
        options: What the customer chose.
        earlier: An earlier snapshot, for what changed since; the pages leave that out without one.

    Raises:
        UserError: When the folder cannot be written; the earlier pages are still there.
    """
    facts, chosen = _readable(facts, options or SiteOptions())
    before = earlier_build(site_dir)
    key = _key(facts, chosen, earlier)
    if before.key == key and is_whole(site_dir, before):
        return BuildReport(0, len(before.digests), 0)
    pages = site_files(facts, chosen, earlier=earlier, written=frozenset(before.digests))
    return write_site(site_dir, pages, key)


def site_files(
    facts: Facts,
    options: SiteOptions | None = None,
    *,
    earlier: Facts | None = None,
    written: frozenset[str] = frozenset(),
) -> Iterator[Page]:
    """Make every file of the site, in the order in which it is to be written.

    Args:
        facts: The snapshot.
        options: What the customer chose.
        earlier: An earlier snapshot, for what changed since.
        written: Files of earlier builds: addresses under a product's former name go on working.
    """
    site = open_site(*_readable(facts, options or SiteOptions()), earlier)
    made = set()
    for path, content in site_pages(site):
        made.add(path)
        if path == "index.html":
            yield from _moved(site, written, made)
        yield path, content


def _readable(facts: Facts, options: SiteOptions) -> tuple[Facts, SiteOptions]:
    """Return what the site's readers may know: internal notes are taken out here, before any page is made.

    What the context says of limits and settled bugs goes into the options.
    """
    context = facts.context if options.internal_notes else facts.context.for_everyone()
    chosen = replace(options, quality=judged_by(options.quality, context))
    return replace(facts, context=context), chosen


def _key(facts: Facts, options: SiteOptions, earlier: Facts | None) -> str:
    """Hash everything that pages are made of: the facts, the options, templates and code."""
    parts = [sys.version, repr(options), code_digest(TEMPLATES.parent)]
    made_of = hashlib.sha256("\n".join(parts).encode())
    for one in (facts, earlier):
        for part in _parts(one) if one else (None,):
            made_of.update(pickle.dumps(part, protocol=5))
    return made_of.hexdigest()


def _parts(facts: Facts) -> Iterator[object]:
    """Everything that facts hold, in pieces: as a whole, pickling would double the memory."""
    for item in fields(Facts):
        value = getattr(facts, item.name)
        yield item.name
        yield from value.items() if isinstance(value, Mapping) else (value,)


def code_digest(root: Path) -> str:
    """Hash the templates and the modules of an installation that pages are made with."""
    lines = (
        f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for name, path in code_files(root).items()
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code_files(root: Path) -> dict[str, Path]:
    """Return the templates and modules that pages are made with, by their paths in the installation."""
    modules = (path for room in ("base", "build", "quality") for path in (root / room).rglob("*.py"))
    found = sorted([*(root / "templates").rglob("*.*"), *modules])
    return {path.relative_to(root).as_posix(): path for path in found}


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


def site_pages(site: Site) -> Iterator[Page]:
    """Make every file of the site: assets first, the portfolio last."""
    yield _NO_JEKYLL
    yield from site.assets.files
    for test_id in site.facts.tests:
        yield from test_pages(site, test_id)
    for product in products.all_products(site.facts).values():
        yield from product_pages(site, product)
        yield from bug_list_pages(site, product)
        yield features_page(site, product)
        yield from test_list_pages(site, product)
        yield from permanent_pages(site, product)
        yield from list_files(site, product)
        yield product_calendar(site, product)
        yield search_data(site, product)
    yield about_page(site)
    yield search_page(site)
    yield from portfolio_pages(site)

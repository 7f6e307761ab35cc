"""Render a page: what all pages of one build share, and the context of one."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from build.site.assets import Assets, load_assets
from build.site.jinja import render
from build.site.labels import brief
from build.site.links import BUGS_A_PAGE, Links, address, at_the_vendor, near, root_of, site_links
from quality import products, wording
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.freshness import Freshness
from quality.views.test import test_view

Page = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """The options that a customer has for the site.

    Attributes:
        quality: Thresholds, weights and the default period.
        base_url: Where the site is published; makes the links in Markdown absolute.
        customer_name: Stands at the top of every page.
        indexable: Whether search engines may list the pages.
        internal_notes: Whether only the team opens the site, so that internal notes stand in it.
        web_url: Of the vendor's web application, to which tests and bugs lead.
        hide_names: Whether people stand under pseudonyms.
    """

    quality: QualityOptions = field(default_factory=QualityOptions)
    base_url: str | None = None
    customer_name: str | None = None
    indexable: bool = False
    internal_notes: bool = False
    web_url: str | None = None
    hide_names: bool = False


@dataclass(frozen=True)
class Site:
    """The part that all pages of one build share."""

    facts: Facts
    options: SiteOptions
    links: Links
    assets: Assets
    earlier: Facts | None = None

    def at_the_vendor(self, test: Test, bug_id: int | None = None) -> str | None:
        """Return the address of a test, or a bug of it, at the vendor; None where that is not set."""
        return at_the_vendor(self.options.web_url, test.product_id, test.id, bug_id)

    @property
    def now(self) -> datetime:
        """Return the snapshot's own time: the same snapshot builds the same pages on any day."""
        return self.facts.as_of

    @property
    def customer(self) -> str | None:
        """Return the customer's name, or None where it is not set."""
        name = self.options.customer_name
        return brief(name) if name else None

    def name_of(self, product_id: int) -> str:
        """Return a product's name."""
        return brief(products.all_products(self.facts)[product_id].name)


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step from the portfolio to the page; the page itself has no path."""

    title: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of a list that has several."""

    title: str
    path: str
    current: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link to some rows of a list, as a page of it tells it.

    Attributes:
        words: The filters that the link carries.
        title: The same for a reader.
        here: How many of its rows the page has, where other pages have some, too.
        path: Of the next page that has some; empty when none follows.
        next: How many that one has.
    """

    words: str
    title: str
    here: str
    path: str
    next: int


def anchor(
    words: str,
    title: str,
    pages: Mapping[int, int],
    number: int,
    path_of: Callable[[int], str],
    *,
    noun: str = "bug",
) -> Anchor:
    """Tell what a page has of the rows that a link chooses.

    Args:
        words: The filters that the link carries.
        title: The same for a reader.
        pages: The pages that have such rows → how many.
        number: Of the page.
        path_of: Returns the path of a page of the list, without the filters.
        noun: What a row is.
    """
    every = wording.counted(sum(pages.values()), noun)
    here = "" if set(pages) == {number} else f"{pages.get(number, 0):,} of {every} on this page"
    after = min((page for page in pages if page > number), default=0)
    return Anchor(words, title, here, f"{path_of(after)}#{words}" if after else "", pages.get(after, 0))


def open_site(facts: Facts, options: SiteOptions, earlier: Facts | None = None) -> Site:
    """Prepare the shared part of a build; `earlier` is an earlier snapshot, for what changed since."""
    long = {
        test.id: tuple(bug.id for bug in test_view(facts, test.id, options.quality, facts.as_of).test.bugs)
        for test in facts.tests.values()
        if len(test.bugs) > BUGS_A_PAGE
    }
    return Site(
        facts, options, site_links(facts, long, options.quality.default_period), load_assets(), earlier
    )


def moved_page(site: Site, path: str, target: str, title: str) -> Page:
    """Make a page that leads to another one of the site, by itself and by a link."""
    context: Mapping[str, object] = {
        "root": root_of(path),
        "assets": site.assets,
        "title": title,
        "target": root_of(path) + target,
    }
    return path, render("pages/moved.html.j2", context)


def at_its_period(site: Site, made: Iterable[Page], folder: str, title: str) -> Iterator[Page]:
    """Lead from the folder of the default period to its report's pages; Markdown stands there as well."""
    for path, content in made:
        place = f"{folder}/{posixpath.basename(path)}"
        yield (place, content) if path.endswith(".md") else moved_page(site, place, path, title)


def render_page(
    site: Site,
    path: str,
    template: str,
    context: Mapping[str, object],
    *,
    title: str,
    freshness: Freshness,
    crumbs: tuple[Crumb, ...] = (),
) -> Page:
    """Render a page from its own context and what all pages share."""
    shared = {
        "root": root_of(path),
        "here": template,
        "title": title,
        "description": f"{title}. {freshness.text}",
        "freshness": freshness,
        "crumbs": crumbs,
        "customer": site.customer,
        "indexable": site.options.indexable,
        "links": site.links,
        "assets": site.assets,
        "address": lambda reference: address(path, site.links.to(reference)),
    }
    return path, near(path, render(f"pages/{template}.html.j2", {**shared, **context}))

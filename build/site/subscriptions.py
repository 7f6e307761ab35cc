"""Files that others subscribe to: calendars of deadlines, the feed of news, what assistants read first."""

from collections.abc import Iterator

from build.site.data.api import as_json
from build.site.data.openapi import openapi_document
from build.site.feeds.atom import atom_feed
from build.site.feeds.calendar import deadlines_calendar
from build.site.feeds.llms import llms_text
from build.site.page import Page, Site
from quality.model.entities import Product
from quality.products import all_products
from quality.views.portfolio import PortfolioView, portfolio_view

CALENDAR = "deadlines.ics"
FEED = "feed.xml"


def product_calendar(site: Site, product: Product) -> Page:
    """Make the calendar of a product's review deadlines, at an address that its name is not part of."""
    tests = site.facts.tests_by_product.get(product.id, ())
    content = deadlines_calendar(
        product.name, tests, site.now, links=site.links, base_url=site.options.base_url
    )
    return f"products/{product.id}/{CALENDAR}", content


def account_files(site: Site, view: PortfolioView) -> Iterator[Page]:
    """Make the files about all products."""
    base = site.options.base_url
    name = site.customer or "All products"
    tests = site.facts.tests.values()
    before = portfolio_view(site.earlier, site.options.quality).rows if site.earlier else ()
    names = {one.id: one.name for one in all_products(site.facts).values()}
    yield (
        CALENDAR,
        deadlines_calendar(name, tests, site.now, links=site.links, base_url=base, names=names),
    )
    yield FEED, atom_feed(site.facts, view.rows, before, links=site.links, base_url=base)
    yield "llms.txt", llms_text(site.facts, links=site.links, base_url=base).encode()
    yield "api/v1/openapi.json", as_json(openapi_document(base))

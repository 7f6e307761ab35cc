"""Make the page that searches products, features, tests and bugs, and the data it loads on first use."""

import json

from build.site import labels
from build.site.labels import brief
from build.site.page import Crumb, Page, Site, render_page
from quality.model.entities import REVIEW_STATES, SEVERITIES, Product
from quality.products import all_products
from quality.views import freshness

_LONGEST_TEXT = 140
_KINDS = (("product", "Products"), ("bug", "Bugs"), ("test", "Tests"), ("feature", "Features"))


def search_page(site: Site) -> Page:
    """Make the page; without JavaScript it leads to the lists of each product."""
    products = [(one.id, brief(one.name)) for one in all_products(site.facts).values()]
    context = {
        "products": products,
        "facets": (
            ("kind", "Kind", _KINDS),
            ("product", "Product", products),
            ("severity", "Severity", [(one, labels.severity(one)) for one in SEVERITIES]),
            ("review", "Review", [(one, labels.review(one)) for one in REVIEW_STATES]),
        ),
    }
    crumbs = (Crumb("Portfolio", "index.html"), Crumb("Search"))
    fresh = freshness.freshness(site.facts, still=True)
    return render_page(site, "search.html", "search", context, title="Search", freshness=fresh, crumbs=crumbs)


def search_data(site: Site, product: Product) -> Page:
    """Make the script with what of a product can be found, which the page loads on first use.

    A row holds kind, title, address, what stands below it, severity and review; the last two of bugs alone.
    """
    facts, links = site.facts, site.links
    name = brief(product.name, _LONGEST_TEXT)
    rows: list[list[str]] = [["product", name, links.product(product.id), f"Product {product.id}"]]
    rows += [
        ["feature", brief(one.title, _LONGEST_TEXT), links.features(product.id), "Feature"]
        for one in facts.features.get(product.id, ())
    ]
    for test in facts.tests_by_product.get(product.id, ()):
        title = brief(test.title, _LONGEST_TEXT)
        rows.append(["test", title, links.test(test.id), f"Test {test.id}"])
        rows += [
            [
                "bug",
                brief(bug.title, _LONGEST_TEXT),
                links.bug(bug.id, bug.test_id),
                f"Bug {bug.id}, {title}",
                bug.severity,
                bug.review,
            ]
            for bug in test.bugs
        ]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return f"search/{product.id}.js", f"found({product.id},{text});\n".encode("utf-8", "replace")

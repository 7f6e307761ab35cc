"""One report as one file, to send by e-mail: no other file is needed, and no link leads nowhere."""

import re

from build.site.assets import style
from build.site.links import without_pages
from build.site.page import SiteOptions, open_site
from build.site.pages.product import product_page
from quality.model.facts import Facts
from quality.periods.periods import Period
from quality.views.product import product_view

_HEAD_LINK = re.compile(r'<link rel="(?:icon|alternate|stylesheet)"[^>]*>\n?')
_ELSEWHERE = re.compile(
    r'<header class="top">.*?</header>\n|<nav class="(?:crumbs|periods)".*?</nav>\n', re.DOTALL
)
_TAKE_AWAY = re.compile(r"(?<=How everything is counted)(?: ·[^<]*)+")


def single_file(
    facts: Facts, product_id: int, options: SiteOptions | None = None, *, span: Period | None = None
) -> bytes:
    """Make the report of a product as one HTML file.

    Args:
        facts: The snapshot.
        product_id: Of the product.
        options: What the customer chose.
        span: Any period; the default one without it.

    Raises:
        NotFound: When the snapshot has no such product.
    """
    site = open_site(facts, options or SiteOptions())
    view = product_view(facts, product_id, None, site.options.quality, site.now, span=span)
    _, content = product_page(site, view, "index.html")
    text = _ELSEWHERE.sub("", _HEAD_LINK.sub("", content.decode()))
    text = text.replace("</head>", f"<style>\n{style(site.assets)}</style>\n</head>", 1)
    return _TAKE_AWAY.sub("", without_pages(text)).encode()

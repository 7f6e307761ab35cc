"""Make the page that explains the numbers."""

from build.site.page import Crumb, Page, Site, render_page
from quality.views.lists.about import about_view


def about_page(site: Site) -> Page:
    """Make the page that says how everything is counted."""
    view = about_view(site.facts, site.options.quality)
    crumbs = (Crumb("Portfolio", "index.html"), Crumb("How we count"))
    title = "How everything is counted"
    return render_page(
        site, "about.html", "about", {"view": view}, title=title, freshness=view.freshness, crumbs=crumbs
    )

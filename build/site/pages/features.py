"""Make the page of all features of a product."""

from build.site.labels import brief
from build.site.page import Crumb, Page, Site, render_page
from build.site.table_files import list_twins
from quality import wording
from quality.model.entities import Product
from quality.views import freshness
from quality.views.lists.features import list_of_features


def features_page(site: Site, product: Product) -> Page:
    """Make the page of all features of a product over all time, those with most grave bugs first."""
    name = brief(product.name)
    table = list_of_features(site.facts, product.id, site.now)
    untested = sum(bool(row.gap) for row in table.rows)
    tested = wording.counted(len(table.rows) - untested, "tested feature")
    context = {
        "name": name,
        "twins": list_twins(product.id, "features"),
        "summary": f"{tested} over all time" + (f", {untested:,} never tested" if untested else ""),
        "features": table,
    }
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(name, site.links.product(product.id)),
        Crumb("All features"),
    )
    return render_page(
        site,
        site.links.features(product.id),
        "features",
        context,
        title=f"{name}: all features",
        freshness=freshness.freshness(site.facts, (product.id,), still=True),
        crumbs=crumbs,
    )

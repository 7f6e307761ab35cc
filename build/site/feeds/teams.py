"""Make the brief of each team."""

from collections.abc import Iterator

from build.site.markdown.report import team_markdown
from build.site.markdown.tables import Target
from build.site.page import Page, Site
from quality.context.folders import slugs
from quality.context.teams import teams
from quality.model.facts import Facts
from quality.views.lists.teams import team_briefs


def team_pages(site: Site) -> Iterator[Page]:
    """Make `teams/NAME/brief.md` of each team that the owners file names."""
    places = team_places(site.facts)
    for brief in team_briefs(site.facts, site.options.quality, site.now):
        first = brief.team.products[:1]
        path = site.links.product(first[0].id or 0) if first else "index.html"
        text = team_markdown(brief, site.now, Target(site.options.base_url).to(path))
        yield places[brief.team.name], text.encode()


def team_places(facts: Facts) -> dict[str, str]:
    """Return the path of each team's brief."""
    folders = slugs(one.name for one in teams(facts))
    return {name: f"teams/{folder}/brief.md" for name, folder in folders.items()}

"""Reports as GitHub-flavoured Markdown, and what keeps any text from changing the Markdown around it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.text import clean, shorten
from build.site import labels
from build.site.jinja import TEMPLATES
from build.site.links import Links
from build.site.markdown.escape import Raw, chat_text, escape
from build.site.markdown.tables import MOST_COLUMNS, MOST_ROWS, Target, cells_of, table
from quality import wording
from quality.context.shown import Said
from quality.findings.finding import Finding
from quality.findings.rules import SHOWN
from quality.metrics import columns
from quality.views.breakdowns import Breakdown, breakdown_table, heat_table
from quality.views.lists.teams import TeamBrief
from quality.views.product import ProductView
from quality.views.report import ReportView, figures_table
from quality.views.rows import table_of_tests
from quality.views.stories import stories_table
from quality.views.table import Table, last, noted, select
from quality.views.trend import trend_table

FEATURE_COLUMNS = ("feature", "tests", "total", "critical", "high")

_EVIDENCE = 5
_NOTES = 5
_LONGEST_NOTE = 300


def product_markdown(
    view: ProductView, base_url: str | None, *, links: Links | None = None, path: str | None = None
) -> str:
    """Write the `report.md` of a product.

    Args:
        view: The report.
        base_url: Where the site is published, for absolute links; or None.
        links: The site's paths; without them those that hold for any snapshot.
        path: The page beside which the file lies, for relative links without a base URL.
    """
    known = links or Links()
    target = Target(base_url, path)
    return written(
        "product.md.j2",
        {
            "view": view,
            "report": view.report,
            "page": target.link(
                "this report as a page", known.product(view.product.id, view.report.period.key)
            ),
            **_shared(view.report, known, target),
            "release": table(view.release, known, target) if view.release else None,
            "features": table(select(heat_table(view.heat), FEATURE_COLUMNS), known, target),
            "platforms": table(_breakdown(view.platforms), known, target),
            "browsers": table(_breakdown(view.browsers), known, target),
            "said": _brief_notes(view.said),
            "said_tables": [(one.title, table(_narrow(one), known, target)) for one in view.said.tables],
            "stories": [cells_of(row, known, target) for row in stories_table(view.stories).rows],
        },
    )


def _brief_notes(said: Said) -> Said:
    """Return what the team says with its first notes, each cut."""
    lines = said.notes[:_NOTES]
    return replace(said, notes=tuple(replace(one, text=shorten(one.text, _LONGEST_NOTE)) for one in lines))


def _narrow(whole: Table) -> Table:
    """Return a table of the team's with as many columns as a Markdown table may have."""
    return select(whole, [column.key for column in whole.columns][:MOST_COLUMNS])


def report_markdown(view: ReportView, base_url: str | None = None, *, links: Links | None = None) -> str:
    """Write the report of one or several products; without a base URL there are no links."""
    return written("report.md.j2", {"report": view, **_shared(view, links or Links(), Target(base_url))})


def product_brief(view: ProductView, base_url: str | None, *, links: Links | None = None) -> str:
    """Write the `brief.md` of a product: at most 12 lines for a chat, with bare URLs."""
    report = view.report
    page = Target(base_url).to((links or Links()).product(view.product.id, report.period.key))
    context = {
        "view": view,
        "report": report,
        "level": labels.level,
        "asked": report.headline[-1],
        "taken": _taken(report),
        "page": page and Raw(page),
    }
    return written("brief.md.j2", context, chat_text)


def team_markdown(brief: TeamBrief, as_of: datetime, page: str | None) -> str:
    """Write the brief of a team for a chat; `page` is the bare URL below it."""
    context = {"brief": brief, "as_of": wording.stamp(as_of), "page": page and Raw(page)}
    return written("team.md.j2", context, chat_text)


def _taken(report: ReportView) -> str:
    """Say when the data was taken, and how many gaps it has."""
    gaps = len(report.freshness.gaps)
    more = f", {wording.counted(gaps, 'gap')}" if gaps else ""
    return f"{wording.stamp(report.freshness.as_of)}{more}"


def moved_markdown(name: str, address: str) -> str:
    """Write what stands at a report's former address."""
    return written("moved.md.j2", {"link": Raw(f"[{escape(name) or 'untitled'}]({address})")})


def _shared(report: ReportView, links: Links, target: Target) -> dict[str, object]:
    """Return what both kinds of report show, as tables and links."""

    def shown(one: Table) -> Raw | None:
        return table(one, links, target)

    return {
        "figures": shown(
            select(figures_table(report, columns.MARKDOWN_FIGURES), ("figure", "now", "before"))
        ),
        "findings": [(finding, _evidence(finding, links, target)) for finding in report.findings[:SHOWN]],
        "more_findings": [finding.title for finding in report.findings[SHOWN:]],
        "deadlines": [
            (
                day.text,
                [target.link(bug.title, links.bug(bug.id, bug.test_id)) for bug in day.bugs[:_EVIDENCE]],
            )
            for day in report.deadlines[:MOST_ROWS]
        ],
        "trend": shown(_trend(report)),
        "severity": shown(_breakdown(report.severity)),
        "reasons": shown(_breakdown(report.reasons)),
        "by_product": shown(_breakdown(report.by_product)) if len(report.products) > 1 else None,
        "tests": shown(select(table_of_tests(report.tests), ("title", "end_at", *columns.MARKDOWN_TESTS))),
        "level": labels.level,
    }


def _evidence(finding: Finding, links: Links, target: Target) -> Raw | None:
    kinds = (("bug", finding.bug_ids, links.known_bug), ("test", finding.test_ids, links.test))
    named = [_listed(noun, ids, path, target) for noun, ids, path in kinds if ids]
    return Raw("; ".join(named)) if named else None


def _listed(noun: str, ids: Sequence[int], path: Callable[[int], str | None], target: Target) -> str:
    """Return the first ids as links, and how many more there are; unknown for a list that was cut."""
    shown = ", ".join(target.link(f"{noun} {one}", path(one)) for one in ids[:_EVIDENCE])
    rest = len(ids) - _EVIDENCE
    return f"{shown} and {wording.counted(rest, f'more {noun}')}" if rest > 0 else shown


def _trend(report: ReportView) -> Table:
    whole = select(trend_table(report.trend, report.trend_note), ("month", *columns.MARKDOWN_TREND))
    return last(whole, MOST_ROWS, "months")


def _breakdown(shown: Breakdown) -> Table:
    """Return a breakdown with its true total in words where its rows overlap."""
    whole = breakdown_table(shown)
    table = select(whole, [column.key for column in whole.columns if column.key != "exposure"])
    total = f"Total: {wording.counted(int(shown.total[columns.BUGS].value or 0), 'bug')}."
    return noted(table, total, table.note) if table.note else table


def written(template: str, context: Mapping[str, object], escaping: Callable[[object], str] = escape) -> str:
    """Write a template whose every expression is escaped."""
    text = clean(_environment(escaping).get_template(f"markdown/{template}").render(context))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment(escaping: Callable[[object], str]) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - every expression goes through this room's own escape
        finalize=escaping,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )

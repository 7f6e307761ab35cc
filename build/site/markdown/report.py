"""Reports as GitHub-flavoured Markdown, and what keeps any text from changing the Markdown around it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.text import clean, shorten
from build.site import labels
from build.site.jinja import TEMPLATES
from build.site.links import Links
from build.site.markdown.escape import Raw, chat_text, escape
from build.site.markdown.tables import MOST_COLUMNS, Target, table
from quality import wording
from quality.context.shown import Said
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.findings.rules import SHOWN
from quality.metrics import columns
from quality.views.breakdowns import Breakdown, breakdown_table
from quality.views.deadlines import overdue_text
from quality.views.features import features_table
from quality.views.lists.teams import TeamBrief
from quality.views.product import ProductView
from quality.views.report import ReportView, figures_table
from quality.views.rows import grave_shown, table_of_tests
from quality.views.table import Row, Table, Text, first, last, select
from quality.views.todo import todo_table
from quality.views.trend import trend_table

MOST_WORDS = 700
"""So many words a report may have, addresses aside."""
MOST_WORDS_OF_A_BRIEF = 80
_FEATURE_COLUMNS = ("feature", *columns.GRAVE_ACCEPTED, columns.TESTS, "last_tested")
_ROWS = ((6, 10), (4, 10), (4, 6), (3, 6), (2, 6), (1, 6), (1, 4), (0, 6), (0, 4), (0, 3), (0, 2), (0, 1))
"""How many rows each table and that of the deadlines have: as many as leave the report short. Without rows
there is no table; of tests, and of critical and high bugs, there is always one."""
_WIDTH = 56
_TASK = 110
_LONGEST_NOTE = 160
_LONGEST_FINDING = 260


def product_markdown(view: ProductView, base_url: str | None, *, links: Links | None = None) -> str:
    """Write the `report.md` of a product.

    Args:
        view: The report.
        base_url: Where the site is published, for absolute links. Without it there are none: a relative
            one is dead where the text is pasted.
        links: The site's paths; without them those that hold for any snapshot.
    """
    known = links or Links()
    target = Target(base_url)
    page = known.product(view.product.id, view.report.period.key)

    def make(most: int, most_due: int) -> str:
        def shown(one: Table, nouns: str = "rows") -> Raw | None:
            return _short(one, most, nouns, known, target)

        context = {
            "view": view,
            "page": target.link("this report as a page", page) if base_url else "",
            **_shared(view.report, most, most_due, known, target),
            "release": table(view.release, known, target) if view.release else None,
            "grave": _short(grave_shown(view.grave, "found_again"), max(most, 1), "bugs", known, target),
            "features": shown(select(features_table(view.features), _FEATURE_COLUMNS), "features"),
            "said": _brief_notes(view.said, most),
            "said_tables": [(one.title, shown(_narrow(one))) for one in view.said.tables if most],
        }
        return written("product.md.j2", context)

    return fitting(make)


def fitting(make: Callable[[int, int], str], rows: Iterable[tuple[int, int]] = _ROWS) -> str:
    """Return a report with as many rows in each table as leave it short; its deadlines are cut last."""
    text = ""
    for most, most_due in rows:
        text = make(most, most_due)
        if words(text) <= MOST_WORDS:
            break
    return text


def words(text: str) -> int:
    """Return how many words of Markdown a reader sees: without addresses and what draws tables."""
    seen = re.sub(r"\]\([^()\s]*\)", "]", text)
    return len(re.findall(r"[^\s|]*\w[^\s|]*", seen))


def _short(shown: Table, most: int, nouns: str, links: Links, target: Target) -> Raw | None:
    """Write the first rows of a table, with a word on the others."""
    return table(first(replace(shown, note=""), most, nouns), links, target, width=_WIDTH)


def _brief_notes(said: Said, most: int) -> Said:
    """Return what the team says with its first notes, each cut."""
    lines = said.notes[: min(most, 3)]
    return replace(said, notes=tuple(replace(one, text=shorten(one.text, _LONGEST_NOTE)) for one in lines))


def _narrow(whole: Table) -> Table:
    """Return a table of the team's with as many columns as a Markdown table may have."""
    return select(whole, [column.key for column in whole.columns][:MOST_COLUMNS])


def report_markdown(view: ReportView, base_url: str | None = None, *, links: Links | None = None) -> str:
    """Write the report of one or several products; without a base URL there are no links."""

    def make(most: int, most_due: int) -> str:
        shared = _shared(view, most, most_due, links or Links(), Target(base_url))
        return written("report.md.j2", shared)

    return fitting(make)


def product_brief(view: ProductView, base_url: str | None, *, links: Links | None = None) -> str:
    """Write the `brief.md` of a product: at most five lines for a chat, with a bare URL."""
    report = view.report
    page = Target(base_url).to((links or Links()).product(view.product.id, report.period.key))
    context = {
        "name": shorten(view.product.name, _WIDTH),
        "period": report.period.title,
        "verdicts": {"Product": report.product_verdict, "Review": report.review_verdict},
        "asked": report.headline[-1],
        "taken": _taken(report),
        "page": page and Raw(page),
    }
    whole, brief = (written("brief.md.j2", context | {"short": short}, chat_text) for short in (False, True))
    return whole if words(whole) <= MOST_WORDS_OF_A_BRIEF else brief


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


def _shared(report: ReportView, most: int, most_due: int, links: Links, target: Target) -> dict[str, object]:
    """Return what both kinds of report show, as tables and links; tables have at most so many rows."""

    def shown(one: Table, nouns: str = "rows") -> Raw | None:
        return _short(one, most, nouns, links, target)

    figures = select(figures_table(report, columns.MARKDOWN_FIGURES), ("figure", "now", "before"))
    trend = select(trend_table(report.trend, report.trend_note), ("month", *columns.MARKDOWN_TREND))
    stated = [one for one in report.findings if one.key not in {CRITICALS, DEADLINE}]
    tests = select(table_of_tests(report.tests), ("title", *columns.MARKDOWN_TESTS))
    due = select(_named(todo_table(report.todo, most_due)), ("task", "severity", "reviewer", "due"))
    return {
        "report": report,
        "figures": table(figures, links, target),
        "findings": [_brief_finding(one) for one in stated[:SHOWN]],
        "more_findings": [one.title for one in stated[SHOWN:]],
        "todo": table(due, links, target, width=_TASK),
        "overdue": overdue_text(report.deadlines),
        "trend": table(last(replace(trend, note=""), most, "months"), links, target) if most else None,
        "reasons": shown(_breakdown(report.reasons), "reasons"),
        "by_product": shown(_breakdown(report.by_product), "products") if len(report.products) > 1 else None,
        "tests": _short(tests, max(most, 1), "tests", links, target),
        "level": labels.level,
    }


def _named(todo: Table) -> Table:
    """Return what there is to do with what pages have beside and below it: the test and names of bugs."""
    at = [column.key for column in todo.columns].index("test")

    def told(row: Row) -> Row:
        what, test = row.cells[0], row.cells[at]
        if not (isinstance(what, Text) and isinstance(test, Text) and what.to == test.to):
            return row
        names = "; ".join(one.text for one in what.below if isinstance(one, Text))
        text = f"{what.text}, of {wording.quoted(test.text, 40)}{f': {names}' if names else ''}"
        return replace(row, cells=(replace(what, text=text, below=()), *row.cells[1:]))

    return replace(todo, rows=tuple(told(row) for row in todo.rows))


def _brief_finding(finding: Finding) -> Finding:
    """Return a finding for a report that names its bugs in tables."""
    return replace(finding, text="" if finding.critical else shorten(finding.text, _LONGEST_FINDING))


def _breakdown(shown: Breakdown) -> Table:
    """Return a breakdown without the bugs that it leaves out."""
    whole = breakdown_table(shown)
    return select(whole, [column.key for column in whole.columns if column.key != "exposure"])


def written(template: str, context: Mapping[str, object], escaping: Callable[[object], str] = escape) -> str:
    """Write a template whose every expression is escaped."""
    text = clean(environment(escaping).get_template(f"markdown/{template}").render(context))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def environment(escaping: Callable[[object], str]) -> Environment:
    """Return what templates of Markdown are read and rendered with."""
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

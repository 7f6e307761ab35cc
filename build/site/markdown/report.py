"""Reports as GitHub-flavoured Markdown, and what keeps any text from changing the Markdown around it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeVar

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
from quality.views.lists.handout import goals_text, releases_text
from quality.views.lists.teams import TeamBrief
from quality.views.product import ProductView
from quality.views.report import ReportView, figures_table
from quality.views.rows import grave_shown, table_of_tests
from quality.views.table import Row, Table, Text, first, last, select
from quality.views.todo import todo_table
from quality.views.trend import trend_table

T = TypeVar("T")
MOST_WORDS = 700
"""So many words a report may have, addresses aside."""
MOST_WORDS_OF_A_BRIEF = 80
_FEATURE_COLUMNS = ("feature", *columns.GRAVE_ACCEPTED, columns.TESTS, "last_tested")


class Rows(NamedTuple):
    """The most rows that tables of a report may have; one without rows is left out.

    Attributes:
        parts: Of features, or of products.
        said: Of each table of what the team says, which has as many notes and one more.
    """

    todo: int
    grave: int
    parts: int
    months: int
    tests: int
    reasons: int
    said: int


_ROWS = (
    Rows(10, 6, 6, 6, 6, 6, 6),
    Rows(10, 5, 5, 6, 5, 5, 4),
    Rows(10, 5, 5, 6, 4, 4, 3),
    Rows(6, 5, 5, 6, 4, 3, 2),
    Rows(6, 5, 4, 6, 3, 3, 1),
    Rows(6, 4, 4, 4, 3, 3, 0),
    Rows(6, 4, 3, 4, 2, 0, 0),
    Rows(6, 3, 3, 3, 2, 0, 0),
    Rows(4, 3, 2, 3, 2, 0, 0),
    Rows(4, 2, 2, 3, 1, 0, 0),
    Rows(3, 2, 1, 2, 1, 0, 0),
    Rows(3, 1, 0, 0, 1, 0, 0),
    Rows(1, 1, 0, 0, 1, 0, 0),
)
"""As many as leave the report short: what weighs least goes first, and as a whole rather than to one row."""
_WIDTH = 56
_TASK = 110
_LONGEST_NOTE = 160
_MOST_NOTES = 3
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

    def make(rows: Rows) -> str:
        grave = grave_shown(view.grave, "found_again")
        features = select(features_table(view.features), _FEATURE_COLUMNS)
        said = {one.title: _short(_narrow(one), rows.said, "rows", known, target) for one in view.said.tables}
        context = {
            "view": view,
            "page": target.link("this report as a page", page) if base_url else "",
            **_shared(view.report, rows, known, target),
            "release": table(view.release, known, target) if view.release else None,
            "grave": _short(grave, rows.grave, "bugs", known, target),
            "features": _short(features, rows.parts, "features", known, target),
            "said": _brief_notes(view.said, rows.said + 1),
            "said_tables": [(title, one) for title, one in said.items() if one],
            "said_texts": [] if any(said.values()) else _in_brief(view.said),
        }
        return written("product.md.j2", context)

    return fitting(make, _ROWS)


def fitting(make: Callable[[T], str], rows: Iterable[T]) -> str:
    """Return a report with as many rows in its tables as leave it short, of those offered, the most first."""
    text = ""
    for most in rows:
        text = make(most)
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
    lines = said.notes[: min(most, _MOST_NOTES)]
    return replace(said, notes=tuple(replace(one, text=shorten(one.text, _LONGEST_NOTE)) for one in lines))


def _in_brief(said: Said) -> list[tuple[str, str]]:
    """Return what stands in place of tables of what the team says: goals and releases, each in a sentence."""
    found = (("Goals", goals_text(said)), ("Releases", releases_text(said)))
    return [(title, text) for title, text in found if text]


def _narrow(whole: Table) -> Table:
    """Return a table of the team's with as many columns as a Markdown table may have."""
    return select(whole, [column.key for column in whole.columns][:MOST_COLUMNS])


def report_markdown(view: ReportView, base_url: str | None = None, *, links: Links | None = None) -> str:
    """Write the report of one or several products; without a base URL there are no links."""

    def make(rows: Rows) -> str:
        return written("report.md.j2", _shared(view, rows, links or Links(), Target(base_url)))

    return fitting(make, _ROWS)


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


def _shared(report: ReportView, rows: Rows, links: Links, target: Target) -> dict[str, object]:
    """Return what both kinds of report show, as tables and links; tables have at most so many rows."""
    figures = select(figures_table(report, columns.MARKDOWN_FIGURES), ("figure", "now", "before"))
    trend = select(trend_table(report.trend, report.trend_note), ("month", *columns.MARKDOWN_TREND))
    stated = [one for one in report.findings if one.key not in {CRITICALS, DEADLINE}]
    tests = select(table_of_tests(report.tests), ("title", *columns.MARKDOWN_TESTS))
    months = last(replace(trend, note=""), rows.months, "months")
    by_product, several = _breakdown(report.by_product), len(report.products) > 1
    due = select(_named(todo_table(report.todo, rows.todo)), ("task", "severity", "reviewer", "due"))
    return {
        "report": report,
        "figures": table(figures, links, target),
        "findings": [_brief_finding(one) for one in stated[:SHOWN]],
        "more_findings": [one.title for one in stated[SHOWN:]],
        "todo": table(due, links, target, width=_TASK),
        "overdue": overdue_text(report.deadlines),
        "trend": table(months, links, target) if rows.months else None,
        "reasons": _short(_breakdown(report.reasons), rows.reasons, "reasons", links, target),
        "by_product": _short(by_product, rows.parts, "products", links, target) if several else None,
        "tests": _short(tests, rows.tests, "tests", links, target),
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

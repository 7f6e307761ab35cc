"""Reports as GitHub-flavoured Markdown, and what keeps any text from changing the Markdown around it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from build import contexts
from build.site import labels
from build.site.charts.figures import row_name
from build.site.jinja import TEMPLATES, clean
from build.site.links import Links, root_of
from quality import wording
from quality.findings import MOST_EVIDENCE
from quality.views.shapes import Breakdown, Finding, HeatRow, ProductView, ReportView, TestRow

MOST_COLUMNS = 5
MOST_ROWS = 10
LONGEST_TEXT = 160
FIGURES = (
    "test_count", "bug_count", "bugs_per_test", "critical_bugs", "high_bugs", "overall_acceptance_rate",
    "auto_acceptance_rate", "rejection_rate", "review_rate", "features_tested",
)  # fmt: skip

_EVIDENCE = 5
_JOINER = "\u2060"
_TROUBLE = re.compile(
    r"(?P<call>@(?=\w)|#(?=\d)|:(?=[\w+-]+:)|:(?=//)|(?<=www)\.)"
    r"|(?P<special>[\\`*_\[\]<>&|~$]|^[#+=-])"
    r"|(?P<number>^\d{1,9})(?=[.)](\s|$))",
    re.IGNORECASE,
)


class Raw(str):
    """Markdown that is put in as it is."""

    __slots__ = ()


def escape(value: object) -> str:
    """A text as Markdown that shows exactly this text, on one line.

    Mentions, emoji codes and addresses are also parted by a word joiner (U+2060, no width): some
    readers look for them after the Markdown has been read, when a backslash is gone.
    """
    if isinstance(value, Raw):
        return value
    return _TROUBLE.sub(_escaped, one_line(str(value)))


def _escaped(found: re.Match[str]) -> str:
    if found["call"]:
        return f"\\{found['call']}{_JOINER}"
    return f"{found['number']}\\" if found["number"] else f"\\{found['special']}"


def one_line(text: str) -> str:
    """The text without line breaks, doubled blanks and what no file may hold."""
    return " ".join(clean(" ".join(text.split())).split())


def shorten(text: str, width: int = LONGEST_TEXT) -> str:
    """The beginning of a long text."""
    flat = one_line(text)
    return flat if len(flat) <= width else f"{flat[: width - 1].rstrip()}…"


def product_markdown(
    view: ProductView, base_url: str | None, *, links: Links | None = None, path: str | None = None
) -> str:
    """The `report.md` of a product.

    Args:
        view: The report.
        base_url: Where the site is published, for absolute links; or None.
        links: The site's paths; without them those that hold for any snapshot.
        path: The page beside which the file lies, for relative links without a base URL.
    """
    known = links or Links()
    target = Target(base_url, path)
    return _render(
        "product.md.j2",
        {
            "view": view,
            "report": view.report,
            "page": target.link(
                "this report as a page", known.product(view.product.id, view.report.period.key)
            ),
            **_shared(view.report, known, target),
            "features": _features(view.heat),
            "platforms": breakdown(view.platforms),
            "browsers": breakdown(view.browsers),
            "stories": contexts.story_figures(view.stories),
        },
    )


def report_markdown(view: ReportView, base_url: str | None = None, *, links: Links | None = None) -> str:
    """The report of one or several products; without a base URL there are no links."""
    return _render("report.md.j2", {"report": view, **_shared(view, links or Links(), Target(base_url))})


def product_brief(view: ProductView, base_url: str | None, *, links: Links | None = None) -> str:
    """The `brief.md` of a product: at most 12 lines for a chat, with bare URLs."""
    report = view.report
    page = Target(base_url).to((links or Links()).product(view.product.id, report.period.key))
    told = " ".join(report.headline)
    rates = (wording.sentence(kpi.measure) for kpi in report.kpis[2:])
    points = [
        *report.headline,
        *[wording.capital(rate) for rate in rates if rate.split(" (")[0] not in told][:2],
        *[
            f"{finding.title}: {finding.text} {finding.action}"
            for finding in report.findings
            if finding.key != "review_deadline"  # the headline asks for it
        ][:2],
    ]
    context = {
        "view": view,
        "report": report,
        "level": labels.level,
        "points": points,
        "page": page and Raw(page),
    }
    return _render("brief.md.j2", context)


def moved_markdown(name: str, address: str) -> str:
    """What stands at a report's former address."""
    return _render("moved.md.j2", {"link": Raw(f"[{escape(name) or 'untitled'}]({address})")})


class Target:
    """Turns a path of the site into a link's address in one Markdown file: absolute, relative, or none."""

    def __init__(self, base_url: str | None, path: str | None = None) -> None:
        if base_url:
            self._before: str | None = quote(base_url.rstrip("/") + "/", safe="%/:?=&~.,;@+-_[]")
        else:
            self._before = None if path is None else root_of(path)

    def to(self, path: str) -> str | None:
        """The link's address, or None when nothing can be linked."""
        return None if self._before is None else f"{self._before}{path}"

    def link(self, text: str, path: str | None) -> Raw:
        """A link, or the text alone."""
        address = None if path is None else self.to(path)
        shown = escape(shorten(text)) or "untitled"
        return Raw(shown if address is None else f"[{shown}]({address})")


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0) -> Raw:
    """A table within the limits; the last `numbers` columns are aligned to the right."""
    columns = min(len(header), MOST_COLUMNS)
    every = list(rows)
    rules = ["---" if at < columns - numbers else "---:" for at in range(columns)]
    lines = [_row(header[:columns]), f"| {' | '.join(rules)} |"]
    lines += [_row(row[:columns]) for row in every[:MOST_ROWS]]
    if len(every) > MOST_ROWS:
        lines += ["", f"The first {MOST_ROWS} of {len(every)} rows."]
    return Raw("\n".join(lines))


def _row(cells: Sequence[object]) -> str:
    return (
        f"| {' | '.join(escape(cell if isinstance(cell, Raw) else shorten(str(cell))) for cell in cells)} |"
    )


def _shared(report: ReportView, links: Links, target: Target) -> dict[str, object]:
    """What both kinds of report show, as tables and links."""
    return {
        "figures": _figures(report),
        "findings": [(finding, _evidence(finding, links, target)) for finding in report.findings],
        "deadlines": [
            (
                day.text,
                [target.link(bug.title, links.bug(bug.id, bug.test_id)) for bug in day.bugs[:_EVIDENCE]],
            )
            for day in report.deadlines[:MOST_ROWS]
        ],
        "trend": _trend(report),
        "severity": breakdown(report.severity),
        "reasons": breakdown(report.reasons),
        "by_product": breakdown(report.by_product) if len(report.products) > 1 else None,
        "tests": _tests(report.tests, links, target),
        "level": labels.level,
    }


def _figures(report: ReportView) -> Raw:
    rows = []
    for key in FIGURES:
        measure = report.measures[key]
        change = report.changes.get(key)
        rows.append((measure.title, measure.detail, change.text if change else wording.NONE))
    return table(("Figure", "This period", "Change"), rows)


def _evidence(finding: Finding, links: Links, target: Target) -> Raw | None:
    kinds = (("bug", finding.bug_ids, links.known_bug), ("test", finding.test_ids, links.test))
    named = [_listed(noun, ids, path, target) for noun, ids, path in kinds if ids]
    return Raw("; ".join(named)) if named else None


def _listed(noun: str, ids: Sequence[int], path: Callable[[int], str | None], target: Target) -> str:
    """The first ids as links, and how many more there are: of a list that was cut that is not known."""
    shown = ", ".join(target.link(f"{noun} {one}", path(one)) for one in ids[:_EVIDENCE])
    if len(ids) >= MOST_EVIDENCE:
        return f"{shown} and others"
    rest = len(ids) - _EVIDENCE
    return f"{shown} and {wording.counted(rest, f'more {noun}')}" if rest > 0 else shown


def _trend(report: ReportView) -> Raw | None:
    trend = report.trend
    keys = ("test_count", "bug_count", "overall_acceptance_rate", "rejection_rate")
    rows = [
        (
            f"{wording.month(point.month)}{', so far' if point.running else ''}",
            *(point.measures[key].detail for key in keys),
        )
        for point in trend[-MOST_ROWS:]
    ]
    if not rows:
        return None
    cut = f"The last {len(rows)} of {len(trend)} months. " if len(rows) < len(trend) else ""
    shown = table(("Month", "Tests", "Bugs", "Accepted", "Rejected"), rows, numbers=4)
    return _noted(shown, f"{cut}{report.trend_note}")


def _noted(shown: Raw, note: str) -> Raw:
    """A table with a sentence below it."""
    return Raw(f"{shown}\n\n{escape(note)}") if note.strip() else shown


def breakdown(shown: Breakdown) -> Raw | None:
    """A breakdown's first columns as a table, with the true total where rows overlap; None without rows."""
    if not shown.rows:
        return None
    keys = shown.columns[: MOST_COLUMNS - 1]
    rows = [(row_name(shown, row), *(row.measures[key].detail for key in keys)) for row in shown.rows]
    header = (shown.title, *(shown.total[key].title for key in keys))
    total = f"All together: {wording.counted(int(shown.total['bug_count'].value or 0), 'bug')}. "
    note = f"{total}{shown.note}" if shown.note else ""
    return _noted(table(header, rows, numbers=len(keys)), note)


def _tests(tests: Sequence[TestRow], links: Links, target: Target) -> Raw | None:
    rows = [
        (
            target.link(row.title, links.test(row.id)),
            wording.day(row.end_at) if row.end_at else wording.NONE,
            row.measures["bug_count"].text,
            row.measures["overall_acceptance_rate"].detail,
            row.measures["rejection_rate"].detail,
        )
        for row in tests
    ]
    return table(("Test", "End (UTC)", "Bugs", "Accepted", "Rejected"), rows, numbers=3) if rows else None


def _features(heat: Sequence[HeatRow]) -> Raw | None:
    rows = [
        (
            row.feature,
            wording.number(row.test_count) if row.counts is not None else "not tested",
            wording.number(row.total) if row.counts is not None else wording.NONE,
            wording.number(row.counts.get("critical", 0)) if row.counts is not None else wording.NONE,
            wording.number(row.counts.get("high", 0)) if row.counts is not None else wording.NONE,
        )
        for row in heat
    ]
    return table(("Feature", "Tests", "Bugs", "Critical", "High"), rows, numbers=4) if rows else None


def _render(template: str, context: Mapping[str, object]) -> str:
    text = clean(_environment().get_template(f"markdown/{template}").render(context))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - every expression goes through this room's own escape
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )

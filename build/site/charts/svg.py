"""Charts as inline SVG: pure functions from numbers to markup, styled by class only.

Wide charts have no view box: they place everything by percentage, so they fill any width
while their text keeps its size. What has a shape is stretched inside; points are strokes of no
length, which no stretching distorts. Every chart is one image to a screen reader, named by its
title and described by its description; the page shows the same numbers in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from build.site.charts.drawing import image, put
from quality.wording import percent

_TOP = 18
_BOTTOM = 22
_BETWEEN = 30
_FLAGS = 18
_FLAG_ROOM = 14.0
_GUTTER = 7.0
_MARGIN = 28.0
_LINE = 14
_NEAR_THE_EDGE = 92.0
_ABOVE, _BELOW, _HALF = -3, 11, 4
_STARTS = (7.0, 17.0, 27.0, 37.0)
_NAME_WIDTH = 33.0
"""How much of the width the name of a limit takes, and from where on it can begin, in percent."""
_STEPS = 4

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a row of bars; `style` ends its classes (`line-accepted`), a None leaves a gap.

    Attributes:
        few: For each value whether it rests on few, and has a hollow point; empty for none of them.
        last: How the last value is written at the end of a line, where its percents are by default, and above
            the last bar.
    """

    name: str
    style: str
    values: tuple[float | None, ...]
    few: tuple[bool, ...] = ()
    last: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate (0-1) at which judgement begins, drawn across the chart; `style` ends its class."""

    name: str
    value: float
    style: str


def lines(
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    so_far: Sequence[bool] = (),
    flags: Sequence[str] = (),
    limits: Sequence[Limit] = (),
    height: int = 226,
) -> Markup:
    """Rates (0-1) over months.

    Args:
        key: Unique on the page.
        title: The chart's name.
        description: What it shows, in words.
        labels: The months.
        series: One value a month each.
        so_far: For each month whether its values can still change, which is drawn softly.
        flags: For each month what happened in it, such as a release; empty for nothing.
        limits: Where judgement begins, the lowest first.
        height: In pixels.
    """
    top = _TOP + (_FLAGS if any(flags) else 0)
    plot = height - top - _BOTTOM
    centres = _centres(len(labels), _GUTTER, _MARGIN)
    parts = [
        _grid(top + plot * (1 - share), f"{100 * share:.0f} %", base=not share) for share in (0.0, 0.5, 1.0)
    ]
    parts.append(_flags(flags, centres, height))
    parts.append(_limits(limits, series, centres, top, plot))
    drawn = []
    soft = list(so_far) or [False] * len(labels)
    for line in series:
        places = [
            None if value is None else (10 * x, 1000 * (1 - value))
            for x, value in zip(centres, line.values, strict=True)
        ]
        settled = _but(places, soft)
        drawn.append(f'<path class="line line-{line.style}" d="{_path(settled)}"/>')
        if joined := _joints(places, soft):
            drawn.append(f'<path class="line line-{line.style} soft" d="{joined}"/>')
        drawn.append(f'<path class="mark mark-{line.style}" d="{_dots(settled)}"/>')
        if changing := _dots(_but(places, [not one for one in soft])):
            drawn.append(f'<path class="mark mark-{line.style} soft" d="{changing}"/>')
        if few := _dots(_but(places, [not one for one in line.few])) if line.few else "":
            drawn.append(f'<path class="mark hole" d="{few}"/>')
    parts.append(_stretched(top, plot, "".join(drawn)))
    parts.append(_ends(series, top, plot))
    parts.append(_month_labels(labels, centres, height, 100 - _MARGIN))
    return image(key, title, description, f'class="chart" width="100%" height="{height}"', "".join(parts))


def ways(name: str, months: Sequence[tuple[str, str] | None], *, beside_ends: bool = False) -> Markup:
    """Draw nothing, over a chart: each month is a link.

    Args:
        name: Of the links together.
        months: For each month its address and name, or None.
        beside_ends: Whether the chart names its lines at their ends, as `lines` does.
    """
    gutter, margin = (_GUTTER, _MARGIN) if beside_ends else (0.0, 0.0)
    width = put((100 - gutter - margin) / max(1, len(months)))
    parts = [
        f'<a href="{escape(way[0])}" aria-label="{escape(way[1])}">'
        f'<rect x="{put(x - float(width) / 2)}%" width="{width}%"/></a>'
        for x, way in zip(_centres(len(months), gutter, margin), months, strict=True)
        if way
    ]
    return Markup(f'<svg class="ways" role="group" aria-label="{escape(name)}">{"".join(parts)}</svg>')  # noqa: S704 - escaped


def _limits(
    limits: Sequence[Limit], series: Sequence[Series], centres: Sequence[float], top: float, plot: float
) -> str:
    """Draw the limits as lines, each with its name where neither a line nor another name is."""
    parts = []
    drawn = [place for line in series for place in _passed(line, centres, top, plot)]
    heights = [top + plot * (1 - limit.value) for limit in limits]
    for limit, y in zip(limits, heights, strict=True):
        parts.append(
            f'<line class="limit limit-{limit.style}" x1="{put(_GUTTER)}%" x2="{put(100 - _MARGIN)}%" '
            f'y1="{put(y)}" y2="{put(y)}"/>'
        )
        others = [(x, other) for x in _STARTS for other in heights if other != y]
        places = [(x, y + below) for below in (_ABOVE, _BELOW) for x in _STARTS]
        x, base = max(places, key=lambda place: min(_room(place, [*drawn, *others]), _LINE))
        drawn += [(x + step, base - _HALF) for step in range(0, int(_NAME_WIDTH), 4)]
        parts.append(f'<text class="axis over" x="{put(x)}%" y="{put(base)}">{escape(limit.name)}</text>')
    return "".join(parts)


def _passed(line: Series, centres: Sequence[float], top: float, plot: float) -> list[Place]:
    """Return where a line goes: at each month, and between two of them."""
    values = [*zip(centres, line.values, strict=True)]
    places = [(x, top + plot * (1 - value)) for x, value in values if value is not None]
    return [
        (x + (then - x) * step / _STEPS, y + (there - y) * step / _STEPS)
        for (x, y), (then, there) in pairwise([*places, *places[-1:]])
        for step in range(_STEPS)
    ]


def _room(place: Place, drawn: Sequence[Place]) -> float:
    """Return how far above or below a name at this place the nearest thing drawn is."""
    x, base = place
    beside = (abs(y - (base - _HALF)) for at, y in drawn if x - 1 <= at <= x + _NAME_WIDTH)
    return min(beside, default=_LINE)


def _ends(series: Sequence[Series], top: float, plot: float) -> str:
    """Write the name and the last value of each line at its end, none on another."""
    known = [(line, [value for value in line.values if value is not None]) for line in series]
    ends = sorted(
        ((top + plot * (1 - values[-1]), line, values[-1]) for line, values in known if values),
        key=lambda end: end[0],
    )
    parts, lowest = [], top - _LINE
    for wanted, line, value in ends:
        lowest = max(wanted, lowest + _LINE)
        text = f"{escape(line.name)} {escape(line.last or percent(value))}"
        parts.append(f'<text class="end" x="{put(101 - _MARGIN)}%" y="{put(lowest + 4)}">{text}</text>')
    return "".join(parts)


def bars(
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    panels: Sequence[Series],
    *,
    running: bool = False,
    flags: Sequence[str] = (),
    heights: Sequence[int] = (112, 52),
) -> Markup:
    """Counts over months, one row of bars for each of the panels, all above the same months.

    The arguments are those of `lines`, beside which the flags need no names; `heights` are of the panels, in
    pixels.
    """
    centres = _centres(len(labels))
    width = min(80.0, 640 / max(1, len(labels)))
    top = _TOP
    height = top + sum(heights) + _BETWEEN * (len(panels) - 1) + _BOTTOM
    parts = [_flags(flags, centres, height, named=False)]
    for panel, plot in zip(panels, heights, strict=False):
        most = max((value or 0 for value in panel.values), default=0)
        columns = [
            f"M{put(10 * x - width / 2)} 1000v{put(-1000 * value / most)}h{put(width)}V1000z" if value else ""
            for x, value in zip(centres, panel.values, strict=True)
        ]
        settled, last = (columns[:-1], columns[-1]) if running else (columns, "")
        drawn = f'<path class="column column-{panel.style}" d="{"".join(settled)}"/>'
        if last:
            drawn += f'<path class="column column-{panel.style} soft" d="{last}"/>'
        parts.append(_grid(top + plot, "", base=True))
        parts.append(f'<text class="axis" x="0" y="{top - 6}">{escape(panel.name)}, up to {put(most)}</text>')
        if panel.last:
            at_last = f"{escape(panel.last)}{' so far' if running else ' at last'}"
            parts.append(f'<text class="axis" x="100%" y="{top - 6}" text-anchor="end">{at_last}</text>')
        parts.append(_stretched(top, plot, drawn))
        top += plot + _BETWEEN
    parts.append(_month_labels(labels, centres, height))
    return image(key, title, description, f'class="chart" width="100%" height="{height}"', "".join(parts))


def _grid(y: float, text: str, *, base: bool) -> str:
    label = f'<text class="axis" x="0" y="{put(y - 4)}">{text}</text>' if text else ""
    return f'<line class="grid{" base" if base else ""}" x2="100%" y1="{put(y)}" y2="{put(y)}"/>{label}'


def _flags(flags: Sequence[str], centres: Sequence[float], height: int, *, named: bool = True) -> str:
    """Draw a line where something happened, with its name where there is room for it."""
    parts = []
    taken = -_FLAG_ROOM
    for flag, x in zip(flags, centres, strict=False):
        if not flag:
            continue
        where = put(x)
        parts.append(f'<line x1="{where}%" x2="{where}%" y1="{_FLAGS}" y2="{height - _BOTTOM}"/>')
        if named and x - taken >= _FLAG_ROOM:
            at = 'x="100%" text-anchor="end"' if x > _NEAR_THE_EDGE else f'x="{where}%"'
            parts.append(f'<text class="axis" {at} y="13">{escape(flag)}</text>')
            taken = x
    return f'<g class="flag">{"".join(parts)}</g>' if parts else ""


def _stretched(top: float, height: float, body: str) -> str:
    """Drawn on a square of 1000, stretched over the plot."""
    square = 'viewBox="0 0 1000 1000" preserveAspectRatio="none" overflow="visible"'
    return f'<svg y="{put(top)}" width="100%" height="{put(height)}" {square}>{body}</svg>'


def _month_labels(labels: Sequence[str], centres: Sequence[float], height: int, right: float = 100.0) -> str:
    """Name the first and the last month, for which even a phone has room."""
    ends = [("middle", centres[0])] if len(labels) == 1 else [("start", centres[0] / 2), ("end", right)]
    return "".join(
        f'<text class="axis" x="{put(x)}%" y="{height - 5}" text-anchor="{anchor}">{escape(label)}</text>'
        for (anchor, x), label in zip(ends, (labels[0], labels[-1]), strict=False)
    )


def _centres(count: int, gutter: float = 0.0, margin: float = 0.0) -> list[float]:
    """Return the middle of each month, in percent of the width, between a gutter and a margin."""
    return [gutter + (100 - gutter - margin) * (at + 0.5) / count for at in range(count)]


def _path(places: Sequence[Place | None]) -> str:
    """Draw a path through the places, broken at gaps; a lone place becomes a dot."""
    commands = []
    drawing = False
    for at, place in enumerate(places):
        if place is None:
            drawing = False
            continue
        lonely = not drawing and (at + 1 == len(places) or places[at + 1] is None)
        commands.append(f"{'L' if drawing else 'M'}{put(place[0])} {put(place[1])}{'h0' if lonely else ''}")
        drawing = True
    return "".join(commands)


def _dots(places: Sequence[Place | None]) -> str:
    """Strokes of no length at the places."""
    return "".join(f"M{put(place[0])} {put(place[1])}h0" for place in places if place)


def _but(places: Sequence[Place | None], these: Sequence[bool]) -> list[Place | None]:
    """Return the places with gaps where these are."""
    return [None if out else place for place, out in zip(places, these, strict=True)]


def _joints(places: Sequence[Place | None], soft: Sequence[bool]) -> str:
    """Draw the lines between neighbours of which one is soft."""
    return "".join(
        f"M{put(places[at - 1][0])} {put(places[at - 1][1])}L{put(place[0])} {put(place[1])}"  # type: ignore[index]
        for at, place in enumerate(places)
        if at and place and places[at - 1] and (soft[at] or soft[at - 1])
    )

"""Charts as inline SVG: pure functions from numbers to markup, styled by class only.

Wide charts have no view box: they place everything by percentage, so they fill any width
while their text keeps its size. Every chart is one image to a screen reader, named by its
title and described by its description; the page shows the same numbers in a table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

MARKS = (
    "M0-4a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-4.6l4.6 8.2h-9.2z",
    "M0-5l5 5-5 5-5-5z",
)
"""Shapes of the points of up to four series: circle, square, triangle, diamond."""

_TOP = 18
_BOTTOM = 22
_BETWEEN = 30
_FLAGS = 18
_FLAG_ROOM = 14.0
_MOST_LABELS = 5
_MOST_MARKED_POINTS = 36
_PHONE = 340
_DESKTOP = 900
_CHARACTER = 7.5


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; `text` is its tooltip, and None as value leaves a gap."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a row of bars; `style` ends its classes (`line-accepted`, `mark-accepted`)."""

    name: str
    style: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar; its name and count, or the count alone, are written where there is room."""

    name: str
    count: int
    style: str


def sparkline(key: str, title: str, description: str, values: Sequence[float | None]) -> Markup:
    """A small line without axes, its last value marked. `key` is unique on the page."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    places = [
        None if value is None else (4 + 112 * at / max(1, len(values) - 1), _scaled(value, low, high, 4, 28))
        for at, value in enumerate(values)
    ]
    last = next((place for place in reversed(places) if place), None)
    end = f'<circle class="spark-end" cx="{_n(last[0])}" cy="{_n(last[1])}" r="3"/>' if last else ""
    body = f'<path class="spark-line" d="{_path(places)}"/>{end}'
    return _image(
        key, title, description, f'class="spark" viewBox="0 0 120 32" width="120" height="32"', body
    )


def lines(
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    running: bool = False,
    flags: Sequence[str] = (),
    height: int = 226,
) -> Markup:
    """Rates (0-1) over months.

    Args:
        key: Unique on the page.
        title: The chart's name.
        description: What it shows, in words.
        labels: The months.
        series: One point a month each, in the order of `MARKS`.
        running: The last month is drawn as not finished.
        flags: For each month what happened in it, such as a release; empty for nothing.
        height: In pixels.
    """
    top = _TOP + (_FLAGS if any(flags) else 0)
    plot = height - top - _BOTTOM
    centres = _centres(len(labels))
    parts = [
        _grid(top + plot * (1 - share), f"{100 * share:.0f} %", base=not share) for share in (0.0, 0.5, 1.0)
    ]
    parts.append(_flags(flags, centres, height))
    marks = "".join(f'<path id="{key}-m{at}" d="{mark}"/>' for at, mark in enumerate(MARKS[: len(series)]))
    parts.append(f"<defs>{marks}</defs>")
    for line in series:
        places = [
            None if point.value is None else (10 * x, 1000 * (1 - point.value))
            for x, point in zip(centres, line.points, strict=True)
        ]
        settled = places[:-1] if running else places
        drawn = f'<path class="line line-{line.style}" d="{_path(settled)}"/>'
        if running:
            drawn += f'<path class="line line-{line.style} soft" d="{_path(places[-2:], points=False)}"/>'
        parts.append(
            f'<svg y="{top}" width="100%" height="{plot}" viewBox="0 0 1000 1000" preserveAspectRatio="none"'
            f' overflow="visible">{drawn}</svg>'
        )
    for at, line in enumerate(series):
        for x, point in _marked(centres, line.points):
            hollow = " soft" if running and point is line.points[-1] else ""
            parts.append(
                f'<use href="#{key}-m{at}" class="mark mark-{line.style}{hollow}" x="{_n(x)}%"'
                f' y="{_n(top + plot * (1 - (point.value or 0.0)))}"><title>{escape(point.text)}</title></use>'
            )
    parts.append(_month_labels(labels, centres, height))
    return _image(key, title, description, f'class="chart" width="100%" height="{height}"', "".join(parts))


def bars(
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    panels: Sequence[Series],
    *,
    running: bool = False,
    flags: Sequence[str] = (),
    heights: Sequence[int] = (104, 44),
) -> Markup:
    """Counts over months, one row of bars for each of the panels, all above the same months.

    The arguments are those of `lines`; `heights` are of the panels, in pixels.
    """
    centres = _centres(len(labels))
    width = min(8.0, 64 / max(1, len(labels)))
    top = _TOP + (_FLAGS if any(flags) else 0)
    height = top + sum(heights) + _BETWEEN * (len(panels) - 1) + _BOTTOM
    parts = [_flags(flags, centres, height)]
    for panel, plot in zip(panels, heights, strict=False):
        most = max((point.value or 0 for point in panel.points), default=0) or 1
        parts.append(_grid(top + plot, "", base=True))
        parts.append(f'<text class="axis panel" x="0" y="{top - 6}">{escape(panel.name)}</text>')
        parts.append(f'<text class="axis" x="100%" y="{top - 6}" text-anchor="end">most: {_n(most)}</text>')
        for x, point in zip(centres, panel.points, strict=True):
            tall = plot * (point.value or 0) / most
            hollow = " soft" if running and point is panel.points[-1] else ""
            parts.append(
                f'<rect class="column column-{panel.style}{hollow}" x="{_n(x - width / 2)}%" width="{_n(width)}%"'
                f' y="{_n(top + plot - tall)}" height="{_n(tall)}"><title>{escape(point.text)}</title></rect>'
            )
        top += plot + _BETWEEN
    parts.append(_month_labels(labels, centres, height))
    return _image(key, title, description, f'class="chart" width="100%" height="{height}"', "".join(parts))


def stack(key: str, title: str, description: str, segments: Sequence[Segment]) -> Markup:
    """One bar of parts that add up to all; a part too narrow for its text goes without."""
    total = sum(segment.count for segment in segments) or 1
    parts = []
    start = 0.0
    for segment in segments:
        if not segment.count:
            continue
        share = segment.count / total
        parts.append(
            f'<rect class="fill-{segment.style}" x="{_n(100 * start)}%" width="{_n(100 * share)}%" height="34">'
            f"<title>{escape(segment.name)}: {segment.count}</title></rect>"
        )
        if start:
            parts.append(f'<rect class="cut" x="{_n(100 * start)}%" width="2" height="34"/>')
        parts.append(_segment_text(segment, start + share / 2, share))
        start += share
    return _image(key, title, description, 'class="stack" width="100%" height="34"', "".join(parts))


def _segment_text(segment: Segment, middle: float, share: float) -> str:
    full, short = f"{segment.name} {segment.count}", str(segment.count)
    shown = []
    if share * _PHONE >= _CHARACTER * len(full):
        shown = [("", full)]
    elif share * _DESKTOP >= _CHARACTER * len(full):
        shown = [
            (" roomy", full),
            *([(" tight", short)] if share * _PHONE >= _CHARACTER * len(short) + 4 else []),
        ]
    elif share * _PHONE >= _CHARACTER * len(short) + 4:
        shown = [("", short)]
    return "".join(
        f'<text class="on-{segment.style}{room}" x="{_n(100 * middle)}%" y="22" text-anchor="middle">'
        f"{escape(text)}</text>"
        for room, text in shown
    )


def bar(share: float | None, style: str = "plain") -> Markup:
    """A bar beside a number in a table's cell: decoration of that number, silent to a screen reader."""
    filled = 0.0 if share is None else min(1.0, max(0.0, share))
    inner = f'<rect class="fill-{style}" width="{_n(100 * filled)}%" height="8" rx="2"/>' if filled else ""
    return Markup(  # noqa: S704 - numbers and a class name only
        f'<svg class="bar" width="100%" height="8" aria-hidden="true"><rect class="track" width="100%" height="8"'
        f' rx="2"/>{inner}</svg>'
    )


def _image(key: str, title: str, description: str, attributes: str, body: str) -> Markup:
    return Markup(  # noqa: S704 - every text in the body has been escaped where it was put in
        f'<svg role="img" aria-labelledby="{key}-t" aria-describedby="{key}-d" {attributes}>'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}</desc>{body}</svg>'
    )


def _grid(y: float, text: str, *, base: bool) -> str:
    label = f'<text class="axis" x="0" y="{_n(y - 4)}">{text}</text>' if text else ""
    return f'<line class="grid{" base" if base else ""}" x2="100%" y1="{_n(y)}" y2="{_n(y)}"/>{label}'


def _flags(flags: Sequence[str], centres: Sequence[float], height: int) -> str:
    """A line where something happened, with its name where there is room for it."""
    parts = []
    taken = -_FLAG_ROOM
    for flag, x in zip(flags, centres, strict=False):
        if not flag:
            continue
        parts.append(
            f'<line class="flag" x1="{_n(x)}%" x2="{_n(x)}%" y1="{_FLAGS}" y2="{height - _BOTTOM}">'
            f"<title>{escape(flag)}</title></line>"
        )
        if x - taken >= _FLAG_ROOM:
            parts.append(
                f'<text class="axis" x="{_n(x)}%" y="{_FLAGS - 5}" text-anchor="middle">{escape(flag)}</text>'
            )
            taken = x
    return "".join(parts)


def _month_labels(labels: Sequence[str], centres: Sequence[float], height: int) -> str:
    step = -(-len(labels) // _MOST_LABELS) or 1
    shown = [at for at in range(len(labels)) if (len(labels) - 1 - at) % step == 0]
    parts = []
    for at in shown:
        anchor, x = "middle", centres[at]
        if len(labels) > 1 and at == len(labels) - 1:
            anchor, x = "end", 100.0
        elif len(labels) > 1 and at == 0:
            anchor, x = "start", 0.0
        parts.append(
            f'<text class="axis" x="{_n(x)}%" y="{height - 5}" text-anchor="{anchor}">{escape(labels[at])}</text>'
        )
    return "".join(parts)


def _centres(count: int) -> list[float]:
    return [100 * (at + 0.5) / count for at in range(count)]


def _marked(centres: Sequence[float], points: Sequence[Point]) -> Iterable[tuple[float, Point]]:
    known = [(x, point) for x, point in zip(centres, points, strict=True) if point.value is not None]
    return known if len(known) <= _MOST_MARKED_POINTS else known[-1:]


def _path(places: Sequence[tuple[float, float] | None], *, points: bool = True) -> str:
    """A path through the places, broken at gaps; a lone place becomes a dot of no length."""
    commands = []
    drawing = False
    for at, place in enumerate(places):
        if place is None:
            drawing = False
            continue
        alone = not drawing and (at + 1 == len(places) or places[at + 1] is None)
        if not alone or points:
            commands.append(f"{'L' if drawing else 'M'}{_n(place[0])} {_n(place[1])}{'h0' if alone else ''}")
        drawing = True
    return "".join(commands)


def _scaled(value: float, low: float, high: float, top: float, bottom: float) -> float:
    if high == low:
        return (top + bottom) / 2
    return bottom - (bottom - top) * (value - low) / (high - low)


def _n(number: float) -> str:
    """At most one decimal: a tenth of a pixel or of a percent is finer than anyone sees."""
    text = f"{number:.1f}"
    return text[:-2] if text.endswith(".0") else text

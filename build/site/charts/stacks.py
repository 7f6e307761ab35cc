"""Bars of parts: what something is made of, beside or below its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from build.site.charts.drawing import image, put

_STACK = 26
_PHONE = 340
_COLUMN = 430
_CHARACTER = 7.5


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar; its name and count, or the count alone, are written where there is room."""

    name: str
    count: int
    style: str


def stack(key: str, title: str, description: str, segments: Sequence[Segment]) -> Markup:
    """Draw one bar of parts that add up to all; a part too narrow for its text goes without."""
    total = sum(segment.count for segment in segments) or 1
    parts = []
    start = 0.0
    for segment in segments:
        if not segment.count:
            continue
        share = segment.count / total
        x, width = put(100 * start), put(100 * share)
        tooltip = f"<title>{escape(segment.name)}: {segment.count}</title>"
        parts.append(f'<rect class="fill-{segment.style}" x="{x}%" width="{width}%">{tooltip}</rect>')
        parts.append(_segment_text(segment, start + share / 2, share))
        start += share
    attributes = f'class="stack" width="100%" height="{_STACK}"'
    return image(key, title, description, attributes, "".join(parts))


def _segment_text(segment: Segment, middle: float, share: float) -> str:
    full, short = f"{segment.name} {segment.count}", str(segment.count)
    shown = []
    if share * _PHONE >= _CHARACTER * len(full):
        shown = [("", full)]
    elif share * _COLUMN >= _CHARACTER * len(full):
        shown = [
            (" roomy", full),
            *([(" tight", short)] if share * _PHONE >= _CHARACTER * len(short) + 4 else []),
        ]
    elif share * _PHONE >= _CHARACTER * len(short) + 4:
        shown = [("", short)]
    return "".join(
        f'<text class="on-{segment.style}{room}" x="{put(100 * middle)}%" y="18">{escape(text)}</text>'
        for room, text in shown
    )


def bar(share: float | None, style: str = "") -> Markup:
    """Draw a bar beside a number in a table's cell: decoration, silent to a screen reader."""
    filled = 0.0 if share is None else min(1.0, max(0.0, share))
    colour = f' class="fill-{style}"' if style else ""
    inner = f'<rect{colour} width="{put(100 * filled)}%"/>' if filled else ""
    return Markup(f'<svg class="bar" aria-hidden="true">{inner}</svg>')  # noqa: S704 - a number and a class


def outcome(parts: Sequence[tuple[int, str]]) -> Markup:
    """Draw counts as one thin bar of parts beside their text; nothing without any.

    Args:
        parts: Counts, each with what ends the class of its colour.
    """
    total = sum(count for count, _ in parts)
    start = 0.0
    drawn = []
    for count, style in parts:
        if count:
            width = 100 * count / total
            at = f' x="{put(start)}%"' if start else ""
            drawn.append(f'<rect class="fill-{style}"{at} width="{put(width)}%"/>')
            start += width
    return Markup(f'<svg class="bar" aria-hidden="true">{"".join(drawn)}</svg>') if drawn else Markup()  # noqa: S704 - numbers and classes

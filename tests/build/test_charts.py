import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from build import charts
from build.charts import Point, Segment, Series, bar, bars, lines, sparkline, stack
from build.html import TEMPLATES

HOSTILE = '</title><script>alert(1)</script>"\'&{{ 7*7 }}'


def parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))  # noqa: S314 - our own markup


def series(*values: float | None, style: str = "accepted") -> Series:
    return Series("Name", style, tuple(Point(value, f"text {value}") for value in values))


CHARTS = {
    "sparkline": lambda text: sparkline("k", text, text, [1, None, 3]),
    "lines": lambda text: lines(
        "k", text, text, [text, text], [Series(text, "accepted", (Point(0.5, text), Point(1.0, text)))], flags=[text, ""]
    ),
    "bars": lambda text: bars("k", text, text, [text], [Series(text, "bugs", (Point(3, text),))], flags=[text]),
    "stack": lambda text: stack("k", text, text, [Segment(text, 3, "sev-high"), Segment(text, 1, "sev-low")]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_one_image_with_a_name_and_a_description(name: str) -> None:
    image = parsed(CHARTS[name]("What it shows"))
    assert image.get("role") == "img"
    by_id = {element.get("id"): element for element in image.iter() if element.get("id")}
    for attribute, tag in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
        named = by_id[image.get(attribute)]
        assert (named.tag, named.text) == (tag, "What it shows")


@pytest.mark.parametrize("name", CHARTS)
def test_hostile_text_stays_text_in_every_chart(name: str) -> None:
    image = parsed(CHARTS[name](HOSTILE))
    harmless = parsed(CHARTS[name]("harmless".ljust(len(HOSTILE))))
    assert [element.tag for element in image.iter()] == [element.tag for element in harmless.iter()]
    assert image.findtext("title") == HOSTILE


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_styled_by_class_alone(name: str) -> None:
    for element in parsed(CHARTS[name]("a")).iter():
        assert not {"style", "fill", "stroke", "onload", "onclick"} & set(element.attrib)


def test_a_gap_breaks_the_line_and_a_lone_point_is_still_drawn() -> None:
    image = parsed(sparkline("k", "t", "d", [1, 2, None, 4, None]))
    path = next(element for element in image.iter("path")).get("d") or ""
    assert path.count("M") == 2
    assert path.endswith("h0")


def test_a_chart_of_nothing_known_is_drawn_without_a_line() -> None:
    assert parsed(sparkline("k", "t", "d", [None, None])).find("circle") is None
    assert not list(parsed(lines("k", "t", "d", ["a"], [series(None)])).iter("use"))
    assert parsed(bars("k", "t", "d", ["a"], [series(None, style="bugs")])).tag == "svg"
    assert parsed(stack("k", "t", "d", [])).tag == "svg"


def test_rates_are_placed_between_the_grid_lines_of_0_and_100_percent() -> None:
    image = parsed(lines("k", "t", "d", ["a", "b", "c"], [series(0.0, 0.5, 1.0)]))
    grid = sorted({float(line.get("y1") or 0) for line in image.iter("line")}, reverse=True)
    points = [float(use.get("y") or 0) for use in image.iter("use")]
    assert points == grid


def test_the_series_of_a_line_chart_differ_in_the_shape_of_their_points() -> None:
    image = parsed(lines("k", "t", "d", ["a"], [series(0.1), series(0.2), series(0.3)]))
    assert len({path.get("d") for path in image.iter("path") if path.get("id")}) == 3
    assert len({use.get("href") for use in image.iter("use")}) == 3


def test_a_running_month_is_drawn_as_not_finished() -> None:
    image = parsed(lines("k", "t", "d", ["a", "b"], [series(0.1, 0.2)], running=True))
    assert [("soft" in (use.get("class") or "")) for use in image.iter("use")] == [False, True]
    columns = [rect for rect in parsed(bars("k", "t", "d", ["a", "b"], [series(1, 2)], running=True)).iter("rect")]
    assert [("soft" in (column.get("class") or "")) for column in columns] == [False, True]


def test_the_parts_of_a_stack_add_up_to_its_whole_width() -> None:
    image = parsed(stack("k", "t", "d", [Segment("a", 1, "x"), Segment("b", 0, "y"), Segment("c", 2, "z")]))
    parts = [rect for rect in image.iter("rect") if (rect.get("class") or "").startswith("fill-")]
    assert [rect.get("class") for rect in parts] == ["fill-x", "fill-z"]
    assert sum(float((rect.get("width") or "").removesuffix("%")) for rect in parts) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("share", "width"), [(0.5, "50%"), (2.0, "100%"), (-1.0, None), (0.0, None), (None, None)])
def test_a_bar_is_as_long_as_its_share_and_never_longer_than_its_track(share: float | None, width: str | None) -> None:
    rects = list(parsed(bar(share)).iter("rect"))
    assert [rect.get("width") for rect in rects[1:]] == ([width] if width else [])


def test_a_line_of_24_months_stays_small() -> None:
    months = [f"{month:02}" for month in range(24)]
    chart = lines("k", "t", "d", months, [series(*(month / 24 for month in range(24)))])
    assert len(chart) < 4_000


def test_month_labels_never_crowd() -> None:
    image = parsed(bars("k", "t", "d", [f"Jan {year}" for year in range(60)], [series(*range(60))]))
    assert len([text for text in image.iter("text") if (text.text or "").startswith("Jan")]) <= 5


CSS = (TEMPLATES / "assets" / "report.css").read_text(encoding="utf-8")


def themes() -> dict[str, dict[str, tuple[float, float, float]]]:
    """The colour tokens of both themes as sRGB (0-1)."""
    found = {}
    for name, block in zip(("light", "dark"), re.findall(r":root \{(.*?)\}", CSS, re.DOTALL), strict=False):
        tokens = {}
        for token, colour in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block):
            full = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
            tokens[token] = tuple(int(full[at : at + 2], 16) / 255 for at in (0, 2, 4))
        found[name] = tokens
    return found  # type: ignore[return-value]


def contrast(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """The contrast ratio of WCAG 2."""
    levels = []
    for colour in (a, b):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        levels.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(levels) + 0.05) / (min(levels) + 0.05)


SEVERITY_COLOURS = ("critical", "high", "medium", "low", "visual", "content", "custom", "unknown")
TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "accent", "good", "bad") for ground in ("bg", "card")),
    ("good", "good-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("calm", "calm-soft"), ("ink", "accent-soft"),
    ("muted", "accent-soft"), ("accent", "accent-soft"), ("good", "accent-soft"), ("bad", "accent-soft"), ("card", "accent"),
    ("ink", "h1"), ("ink", "h2"), ("ink", "h3"), ("on-h", "h4"), ("on-h", "h5"),
    *(("on", colour) for colour in SEVERITY_COLOURS),
]  # fmt: skip
GRAPHIC_PAIRS = [(colour, ground) for colour in (*SEVERITY_COLOURS, "accent", "muted") for ground in ("card", "bg")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_has_the_contrast_of_level_aa(theme: str, ink: str, ground: str) -> None:
    tokens = themes()[theme]
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("colour", "ground"), GRAPHIC_PAIRS)
def test_chart_colours_stand_out_from_what_is_behind_them(theme: str, colour: str, ground: str) -> None:
    tokens = themes()[theme]
    assert contrast(tokens[colour], tokens[ground]) >= 3


def test_every_class_of_a_chart_is_in_the_stylesheet() -> None:
    drawn = " ".join(str(make("text")) for make in CHARTS.values()) + str(bar(0.5))
    used = {name for attribute in re.findall(r'class="([^"]+)"', drawn) for name in attribute.split()}
    assert not {name for name in used - {"chart", "spark", "column", "mark"} if not re.search(rf"\.{name}\b", CSS)} - {
        "on-sev-high", "on-sev-low",
    }  # fmt: skip


def test_marks_are_enough_for_the_series_that_a_chart_may_have() -> None:
    assert len(set(charts.MARKS)) == 4

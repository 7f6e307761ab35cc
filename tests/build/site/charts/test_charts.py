import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping

import pytest
from markupsafe import Markup

from build.site.charts import figures
from build.site.charts.stacks import Segment, bar, stack
from build.site.charts.svg import Limit, Series, bars, lines, ways
from build.site.jinja import TEMPLATES
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import NOISE
from quality.metrics.measures import measure
from quality.metrics.tally import tally
from tests.factories import make_bugs, make_test

HOSTILE = "</title><script>alert(1)</script>\"'&{{ 7*7 }}"


def parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))  # noqa: S314 - our own markup


def series(*values: float | None, name: str = "Name", style: str = "accepted") -> Series:
    return Series(name, style, values)


def _lines(text: str) -> Markup:
    return lines("k", text, text, [text, text], [series(0.5, 1.0, name=text)], flags=[text, ""])


def _bars(text: str) -> Markup:
    return bars("k", text, text, [text], [series(3, name=text, style="bugs")], flags=[text])


def _stack(text: str) -> Markup:
    return stack("k", text, text, [Segment(text, 3, "sev-high"), Segment(text, 1, "sev-low")])


CHARTS: Mapping[str, Callable[[str], Markup]] = {
    "lines": _lines,
    "bars": _bars,
    "stack": _stack,
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


def drawn(chart: Markup, name: str) -> list[str]:
    """The outlines of the paths of a class."""
    paths = parsed(chart).iter("path")
    return [path.get("d") or "" for path in paths if name in (path.get("class") or "").split()]


def test_a_gap_breaks_the_line_and_a_lone_point_is_still_drawn() -> None:
    chart = lines("k", "t", "d", list("abcd"), [series(0.1, 0.2, None, 0.4)])
    (path,) = drawn(chart, "line")
    assert path.count("M") == 2
    assert path.endswith("h0")


def test_a_chart_of_nothing_known_is_drawn_without_a_line() -> None:
    assert drawn(lines("k", "t", "d", ["a"], [series(None)]), "mark") == [""]
    assert drawn(bars("k", "t", "d", ["a"], [series(None, style="bugs")]), "column") == [""]
    assert list(parsed(stack("k", "t", "d", [])).iter("rect")) == []
    assert drawn(lines("k", "t", "d", ["a"], [series(None)], so_far=[True]), "soft") == []


def test_rates_are_placed_between_0_and_100_percent_of_the_plot() -> None:
    (points,) = drawn(lines("k", "t", "d", ["a", "b", "c"], [series(0.0, 0.5, 1.0)]), "mark")
    assert [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h0", points)] == [1000, 500, 0]


def test_the_series_of_a_line_chart_differ_by_more_than_their_colour() -> None:
    styles = set()
    for style in ("accepted", "reviewed", "rejected"):
        rules = re.findall(rf"\.line-{style}[ ,][^{{]*\{{(.*?)\}}", CSS)
        assert rules
        styles.add(re.sub(r"stroke: [^;]+;", "", "".join(rules)).strip())
    assert len(styles) == 3


def test_a_running_month_is_drawn_as_not_finished() -> None:
    rates = lines("k", "t", "d", ["a", "b"], [series(0.1, 0.2)], so_far=[False, True])
    counts = bars("k", "t", "d", ["a", "b"], [series(1, 2, style="bugs")], running=True)
    assert [path.count("M") for path in drawn(rates, "mark")] == [1, 1]
    assert drawn(rates, "soft") == [drawn(rates, "line")[1], drawn(rates, "mark")[1]]
    assert drawn(counts, "soft") == drawn(counts, "column")[1:]


def test_a_month_with_many_open_bugs_is_drawn_softly_on_both_sides() -> None:
    rates = lines("k", "t", "d", ["a", "b", "c"], [series(0.1, 0.2, 0.3)], so_far=[False, True, False])
    (_, joined), (settled, changing) = drawn(rates, "line"), drawn(rates, "mark")
    assert joined.count("M") == 2
    assert (settled.count("M"), changing.count("M")) == (2, 1)


def test_a_month_of_few_bugs_has_a_hollow_point() -> None:
    few = Series("Name", "accepted", (0.1, 0.2), (True, False))
    (hole,) = drawn(lines("k", "t", "d", ["a", "b"], [few]), "hole")
    assert hole in drawn(lines("k", "t", "d", ["a", "b"], [few]), "mark-accepted")[0]


def test_a_line_that_ends_with_a_few_bugs_names_their_counts() -> None:
    """A share of seven bugs stood at the end of a line."""
    found = [make_test(make_bugs(rejected=6, active_accepted=1)), make_test(make_bugs(rejected=30))]
    few, many = (figures.series(NOISE, [measure(NOISE, tally([one]))], METRICS[NOISE].style) for one in found)
    assert [line.last for line in (few, many)] == ["6 of 7", "100 %"]
    assert ">Rejected 6 of 7</text>" in lines("k", "t", "d", ["a"], [few])


def test_the_last_bar_says_its_number_and_whether_it_is_so_far() -> None:
    panel = Series("Bugs", "bugs", (9, 7), last="7")
    shown = [bars("k", "t", "d", ["a", "b"], [panel], running=running) for running in (True, False)]
    found = [[text.text for text in parsed(one).iter("text")] for one in shown]
    assert [texts[:2] for texts in found] == [["Bugs, up to 9", "7 so far"], ["Bugs, up to 9", "7 at last"]]


def test_the_highest_bar_fills_its_plot() -> None:
    (columns,) = drawn(bars("k", "t", "d", ["a", "b"], [series(2, 8, style="bugs")]), "column")
    assert re.findall(r"v(-[\d.]+)", columns) == ["-250", "-1000"]


def test_a_flag_marks_its_month_and_names_that_are_too_close_are_left_out() -> None:
    months = [str(month) for month in range(10)]
    flags = ["4.1", "4.2", "", "", "", "", "", "", "", "5.0"]
    image = parsed(lines("k", "t", "d", months, [series(*[0.5] * 10)], flags=flags))
    group = next(element for element in image.iter("g") if element.get("class") == "flag")
    assert len(list(group.iter("line"))) == 3
    assert [text.text for text in group.iter("text")] == ["4.1", "5.0"]


def test_limits_are_drawn_at_their_rate_and_named_where_neither_a_line_nor_a_name_is() -> None:
    """Names were written over the line that they are about."""
    known = [Limit("watch", 0.25, "watch"), Limit("act now", 0.35, "act_now")]
    months = [str(month) for month in range(12)]
    falling = series(*[0.36] * 8, 0.3, 0.1, 0.0, 0.0)
    image = parsed(lines("k", "t", "d", months, [falling], limits=known, height=240))
    drawn = [line for line in image.iter("line") if "limit" in (line.get("class") or "")]
    assert [float(line.get("y1") or 0) for line in drawn] == pytest.approx([168, 148])
    names = [text for text in image.iter("text") if "over" in (text.get("class") or "")]
    assert [name.text for name in names] == ["watch", "act now"]
    watch, act_now = (float(name.get("y") or 0) - 4 for name in names)
    level = 18 + 200 * (1 - 0.36)
    assert min(abs(watch - act_now), abs(watch - level), abs(act_now - level)) > 8


def test_each_month_with_tests_leads_to_them_and_says_what_they_found() -> None:
    group = parsed(ways("Tests of each month", [("tests.html#month-2026-10", HOSTILE), None]))
    assert (group.get("role"), group.get("aria-label")) == ("group", "Tests of each month")
    (link,) = group.iter("a")
    assert (link.get("href"), link.get("aria-label")) == ("tests.html#month-2026-10", HOSTILE)
    assert [rect.get("width") for rect in link.iter("rect")] == ["50%"]


def test_the_parts_of_a_stack_add_up_to_its_whole_width() -> None:
    image = parsed(stack("k", "t", "d", [Segment("a", 1, "x"), Segment("b", 0, "y"), Segment("c", 2, "z")]))
    parts = [rect for rect in image.iter("rect") if (rect.get("class") or "").startswith("fill-")]
    widths = [float((rect.get("width") or "").removesuffix("%")) for rect in parts]
    assert [rect.get("class") for rect in parts] == ["fill-x", "fill-z"]
    assert sum(widths) == pytest.approx(100, abs=0.2)


def test_a_part_of_a_stack_says_what_there_is_room_for() -> None:
    counts = {"Critical": 50, "Content": 33, "Custom": 16, "Low": 1}
    image = parsed(stack("k", "t", "d", [Segment(name, count, "sev-low") for name, count in counts.items()]))
    said = [(text.text, (text.get("class") or "").split()[1:]) for text in image.iter("text")]
    assert said == [("Critical 50", []), ("Content 33", []), ("Custom 16", ["roomy"]), ("16", ["tight"])]


@pytest.mark.parametrize(
    ("share", "width"), [(0.5, "50%"), (2.0, "100%"), (-1.0, None), (0.0, None), (None, None)]
)
def test_a_bar_is_as_long_as_its_share_and_never_longer_than_its_track(
    share: float | None, width: str | None
) -> None:
    assert [rect.get("width") for rect in parsed(bar(share)).iter("rect")] == ([width] if width else [])


def test_a_line_of_24_months_stays_small() -> None:
    months = [f"{month:02}" for month in range(24)]
    assert len(lines("k", "t", "d", months, [series(*(month / 24 for month in range(24)))])) < 2_500


def test_month_labels_never_crowd() -> None:
    image = parsed(bars("k", "t", "d", [f"Jan {year}" for year in range(60)], [series(*range(60))]))
    assert len([text for text in image.iter("text") if (text.text or "").startswith("Jan")]) <= 4


CSS = (TEMPLATES / "assets" / "report.css").read_text(encoding="utf-8")


def test_every_class_of_a_chart_is_in_the_stylesheet() -> None:
    charts = " ".join(str(make("text")) for make in CHARTS.values()) + str(bar(0.5))
    used = {name for attribute in re.findall(r'class="([^"]+)"', charts) for name in attribute.split()}
    unstyled = {name for name in used if not re.search(rf"\.{name}\b", CSS)}
    assert unstyled <= {"chart", "column", "on-sev-high", "on-sev-low", "fill-sev-high", "fill-sev-low"}
    assert '[class*="fill-sev-"]' in CSS


def test_the_first_and_the_last_month_are_named_and_one_alone_once() -> None:
    months = [f"{at} 2026" for at in range(12)]
    for image in (
        lines("k", "t", "d", months, [series(*[0.5] * 12)]),
        bars("k", "t", "d", months, [series(*[1] * 12)]),
    ):
        assert [text.text for text in parsed(image).iter("text") if "2026" in (text.text or "")] == [
            "0 2026", "11 2026",
        ]  # fmt: skip
    alone = parsed(bars("k", "t", "d", ["5 2026"], [series(1)]))
    assert [text.text for text in alone.iter("text") if "2026" in (text.text or "")] == ["5 2026"]

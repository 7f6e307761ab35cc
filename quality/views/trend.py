"""What happened month by month: the trend of a report and the sparklines of the last 12 months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, NOISE, TESTS, TREND, VOLUMES
from quality.metrics.measures import Measure, is_sure, measures
from quality.metrics.metric import Weights
from quality.metrics.rates import Ratio
from quality.metrics.tally import Tally, tally
from quality.model.context import Release
from quality.model.entities import Test
from quality.periods.periods import Period, month_key
from quality.releases import releases
from quality.views.table import Column, Figure, Month, Reference, Row, Table, Text, metric_column
from quality.wording import counted, month


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One calendar month, `2026-11`; `running` when it has not ended ("so far").

    Attributes:
        so_far: Whether it has not ended or more than a fifth of its bugs is open: its rates can still change.
        releases: Releases of this month: by the context files, else those that the titles of the products'
            tests named in it for the first time.
        pages: The page of each of these, None for one without.
    """

    month: str
    running: bool
    measures: Mapping[str, Measure]
    releases: tuple[str, ...] = ()
    so_far: bool = False
    pages: tuple[Reference | None, ...] = ()


LEAST_MONTHS = 12
MOST_MONTHS = 36
_FUTURE_MONTHS = 12


def months_of(tests: Iterable[Test]) -> dict[str, Tally]:
    """Return the tally of each month in which tests ended (UTC); those without a known end are in none."""
    by_month: dict[str, list[Test]] = {}
    for test in tests:
        if test.end_at is not None:
            by_month.setdefault(month_key(test.end_at), []).append(test)
    return {month: tally(ended) for month, ended in by_month.items()}


def spark(
    by_month: Mapping[str, Tally], months: Iterable[str], key: str, weights: Weights
) -> tuple[float | None, ...]:
    """Return a metric in each of the months."""
    return tuple(_value(key, by_month.get(month, Tally()), weights) for month in months)


def changing(by_month: Mapping[str, Tally], months: Sequence[str], key: str) -> tuple[bool, ...]:
    """Return for each month, of which the last one runs, whether its value of a metric can still change."""
    rate = METRICS[key].unit == "rate"
    last = len(months) - 1
    return tuple(
        at == last or (rate and by_month.get(month, Tally()).so_far) for at, month in enumerate(months)
    )


def trend(
    tests: Sequence[Test],
    by_month: Mapping[str, Tally],
    span: Period,
    now: datetime,
    weights: Weights,
    *,
    known: Iterable[Release] = (),
    pages: Mapping[str, Reference] | None = None,
) -> tuple[tuple[TrendPoint, ...], str]:
    """Return the months of a period, at least the 12 before its end, and a note on what they hold.

    Args:
        tests: The tests of all times.
        by_month: The same by month.
        span: Its months, and what is needed to make it 12, are shown; of all time all months with
            a test and those between, at most 36.
        now: Months that have not ended at it are running.
        weights: Of the severity score.
        known: Releases whose day is known.
        pages: The page of a release, by its version.
    """
    shown, hidden = _months(by_month, span, now)
    first_named = _first_named(tests) | {one.version: f"{one.date:%Y-%m}" for one in known}
    marks = {month: [release for release, first in first_named.items() if first == month] for month in shown}
    points = tuple(
        TrendPoint(
            month=month,
            running=month >= month_key(now),
            measures=measures(by_month.get(month, Tally()), weights, TREND),
            releases=tuple(marks[month]),
            so_far=month >= month_key(now) or by_month.get(month, Tally()).so_far,
            pages=tuple((pages or {}).get(release) for release in marks[month]),
        )
        for month in shown
    )
    undated = sum(test.end_at is None for test in tests)
    notes = [
        "Each row is a whole calendar month (UTC) by the end of the tests." if points else "",
        "They can hold more than the period of this report." if points and span.start else "",
        f"The last {counted(len(shown), 'month')}; {counted(hidden, 'earlier one')} left out."
        if hidden
        else "",
        f"{counted(undated, 'test')} without a known end {'is' if undated == 1 else 'are'} in no month."
        if undated
        else "",
    ]
    return points, " ".join(note for note in notes if note)


def volumes_title(points: Sequence[TrendPoint]) -> str:
    """Say what the counts show: `Most bugs in Oct 2026: 48 bugs in 5 tests`."""
    most = max(points, key=lambda point: point.measures[BUGS].value or 0)
    return f"Most bugs in {month_text(most)}: {volumes_text(most)}"


def rates_title(points: Sequence[TrendPoint]) -> str:
    """Say what the rates show, from the first to the last month that can be judged; empty without any rate.

    `Rejections rose from 12 % in Nov 2025 to 50 % in Oct 2026, 54 % so far` where that is more than chance;
    where what is so far differs by more than chance from the last such month, it is compared with that.
    """
    ends = [point for point in points if point.measures[NOISE].value is not None]
    known = [
        (point, shown)
        for point in points
        if (shown := point.measures[NOISE]).value is not None and not (shown.small_sample or point.so_far)
    ]
    if not ends:
        return ""
    if not known:
        enough = [point for point in ends if not point.measures[NOISE].small_sample]
        return _rejected(enough[-1:]) if enough else "Too few decided bugs in any month to judge"
    (first, then), (last, now) = known[0], known[-1]
    newest = ends[-1].measures[NOISE]
    end_said = ends[-1].so_far and not newest.small_sample
    end = f", {newest.text} so far" if end_said else ""
    if end_said and is_sure(newest, now):
        return _moved(last, ends[-1])
    if first is not last and is_sure(now, then):
        return f"{_moved(first, last)}{end}"
    if first is last or end_said:
        return f"{_rejected([first] if first is last else [first, last])}{end}"
    return f"Rejections hold, {_from_to(first, last)}"


def _rejected(points: Iterable[TrendPoint]) -> str:
    """Return `Rejected: 36 % in Jan 2026, 35 % in Jul 2026`."""
    return f"Rejected: {', '.join(_share(point) for point in points)}"


def _moved(first: TrendPoint, last: TrendPoint) -> str:
    """Return `Rejections rose from 12 % in Nov 2025 to 50 % in Oct 2026`, or that they fell."""
    rose = (last.measures[NOISE].value or 0) > (first.measures[NOISE].value or 0)
    return f"Rejections {'rose' if rose else 'fell'} {_from_to(first, last)}"


def _from_to(first: TrendPoint, last: TrendPoint) -> str:
    return f"from {_share(first)} to {_share(last)}"


def _share(point: TrendPoint) -> str:
    return f"{point.measures[NOISE].text} in {month_text(point)}"


def lone_months(points: Sequence[TrendPoint]) -> str:
    """Say why there is no trend: fewer than two months have tests; empty where there is one."""
    tested = [point for point in points if point.measures[TESTS].value]
    if len(tested) > 1:
        return ""
    if not tested:
        return "No test ended in these months."
    return f"Tests ended in {month(tested[0].month)} alone: too few for a trend."


def volumes_text(point: TrendPoint) -> str:
    """Count a month: `48 bugs in 5 tests`."""
    return " in ".join(counted(int(point.measures[key].value or 0), METRICS[key].noun) for key in VOLUMES)


def month_text(point: TrendPoint) -> str:
    """Name a month: `Oct 2026`, `Nov 2026 so far`."""
    return f"{month(point.month)}{' so far' if point.so_far else ''}"


def trend_table(points: Sequence[TrendPoint], note: str, product_id: int | None = None) -> Table:
    """Return the months as a table, oldest first; those of one product lead to its tests."""
    return Table(
        key="trend",
        title="Trend by month",
        columns=(
            Column("month", "Month"),
            *(metric_column(key, short=True) for key in TREND),
        ),
        rows=tuple(
            Row(
                (
                    Month(
                        point.month,
                        point.so_far,
                        tuple(map(Text, point.releases, point.pages)),
                        tests_of(product_id, point),
                    ),
                    *(Figure(point.measures[key]) for key in TREND),
                )
            )
            for point in points
        ),
        note=note,
    )


def tests_of(product_id: int | None, point: TrendPoint) -> Reference | None:
    """Return where a product's tests of a month are; None without any."""
    if product_id is None or not point.measures[TESTS].value:
        return None
    return Reference("tests", product_id, which=point.month)


def _months(by_month: Mapping[str, Tally], span: Period, now: datetime) -> tuple[list[str], int]:
    """Return the months to show, oldest first, and how many earlier ones had to go."""
    if not by_month:
        return [], 0
    today = _index(month_key(now))
    known = [index for index in map(_index, by_month) if index <= today + _FUTURE_MONTHS]
    last = max([today, *(index for index in known if span.end is None or index <= _of(span.end))])
    if span.end is not None:
        last = min(last, _of(span.end))
    first = min(known, default=today)
    if first > last:
        return [], 0
    if span.start is not None:
        first = max(first, min(_of(span.start), last - LEAST_MONTHS + 1))
    cut = max(first, last - MOST_MONTHS + 1)
    return [_month(index) for index in range(cut, last + 1)], cut - first


def _first_named(tests: Iterable[Test]) -> dict[str, str]:
    """Return the month in which each release was named first by the title of a test."""
    first: dict[str, str] = {}
    dated = [(test.end_at, test.id, test.title) for test in tests if test.end_at is not None]
    for end_at, _, title in sorted(dated):
        for release in releases(title):
            first.setdefault(release, month_key(end_at))
    return first


def _value(key: str, tally: Tally, weights: Weights) -> float | None:
    value = METRICS[key].value(tally, weights)
    return value.value if isinstance(value, Ratio) else value


def _of(moment: datetime) -> int:
    return _index(month_key(moment))


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _month(index: int) -> str:
    return f"{index // 12:04}-{index % 12 + 1:02}"

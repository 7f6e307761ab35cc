"""What a reader has to know before comparing or adding up the rows of a query."""

from collections.abc import Iterable, Mapping, Sequence

from base.text import fold, listed
from quality.metrics import columns
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Measure
from quality.metrics.tally import Tally
from quality.model.facts import Facts
from quality.periods.periods import month_key, quarter_key, week_key
from quality.pivot.dimensions import DIMENSIONS, FEATURE, Label, Labels
from quality.pivot.filters import Filter
from quality.selection import Selection
from quality.wording import counted, day_utc, listing, plural, quoted

_NAMED = frozenset({"product", "feature"})
_MOST_NAMES = 3
_DECIDED = frozenset({"review", "rejection_reason"})
_SPANS = {"month": month_key, "reported_month": month_key, "week": week_key, "quarter": quarter_key}


def of_time(facts: Facts, selection: Selection, rows: Sequence[Labels], by: Sequence[str]) -> list[str]:
    """Say which numbers are so far: of a period or of single rows that have not ended."""
    period = selection.period
    if period.end is not None and period.running(facts.as_of):
        return [f"The period runs until {day_utc(period.end)}: its numbers are so far."]
    unended = {
        str(labels[place].id): None
        for place, key in enumerate(by)
        if key in _SPANS
        for labels in rows
        if labels[place].id is not None and str(labels[place].id) >= _SPANS[key](facts.as_of)
    }
    verb = "has" if len(unended) == 1 else "have"
    return [f"{listing(sorted(unended))} {verb} not ended: so far only."] if unended else []


def of_open(
    total: Tally, rows: Sequence[tuple[Labels, Tally]], asked: Sequence[str], by: Sequence[str]
) -> list[str]:
    """Say where judged rates are so far, because more than a fifth of the bugs is open."""
    rates = [key for key in asked if METRICS[key].judged]
    said = []
    if rates and total.so_far and total.decided:
        said.append(f"{total.open:,} of {counted(total.bug_count, 'bug')} are open: {listing(rates)} so far.")
    many = [
        " and ".join(
            label.name or f"bugs without {DIMENSIONS[key].title.lower()}"
            for key, label in zip(by, labels, strict=True)
        )
        for labels, found in rows
        if found.so_far and found.decided and not _DECIDED.intersection(by)
    ]
    if rates and many:
        said.append(f"So far, as more than a fifth of the bugs is open: {listed(many, _MOST_NAMES)}.")
    return said


def of_names(rows: Sequence[Labels], by: Sequence[str], filters: Sequence[Filter]) -> list[str]:
    """Say which names stand for several products or features."""
    said = [
        f"{quoted(name)} is the name of {counted(len(ids), key)} (ids {listed(sorted(ids), 5)})."
        for place, key in enumerate(by)
        if key in _NAMED
        for name, ids in _shared([labels[place] for labels in rows]).items()
    ]
    said += [
        f"{quoted(name)} is the name of several {plural(one.dimension.key)}: all of them count."
        for one in filters
        if one.dimension.key in _NAMED
        for name in one.shared
    ]
    rest = len(said) - _MOST_NAMES
    more = [f"{counted(rest, 'more name')} {'is' if rest == 1 else 'are'} shared too."] if rest > 0 else []
    return [*said[:_MOST_NAMES], *more]


def _shared(labels: Iterable[Label]) -> dict[str, set[int | str]]:
    """Return the ids of each name that several of the labels have, however it is written."""
    found: dict[str, dict[int | str, str]] = {}
    for label in labels:
        if label.id is not None and label.name is not None:
            found.setdefault(fold(label.name), {})[label.id] = label.name
    return {next(iter(ids.values())): set(ids) for ids in found.values() if len(ids) > 1}


def of_data(totals: Mapping[str, Measure]) -> list[str]:
    """Say which metrics have nothing to count."""
    empty = [key for key, measure in totals.items() if measure.value is None]
    why = dict.fromkeys(METRICS[key].no_data for key in empty if METRICS[key].no_data)
    return [" ".join((f"No data: {listing(empty)}.", *why))] if empty else []


def of_rows(asked: Sequence[str], by: Sequence[str], filters: Sequence[Filter]) -> list[str]:
    """Say why rows may not add up to the totals, which tests count, and which shares say nothing."""
    chosen = [DIMENSIONS[key] for key in by]
    notes = [
        f"A bug counts once in each {one.title.lower()}, so the rows may add up to more than the total."
        for one in chosen
        if one.many
    ]
    about_tests = [key for key in asked if METRICS[key].subject == "tests"]
    if about_tests and any(one.dimension.of_test is None for one in filters):
        notes.append(f"{listing(about_tests)}: only tests with at least one such bug count.")
    elif about_tests and any(one.of_test is None for one in chosen):
        notes.append(f"{listing(about_tests)}: a row counts only tests with at least one such bug.")
    elif about_tests and FEATURE in by:
        notes.append(
            f"{listing(about_tests)}: a test counts in each of its features, so rows overlap and may add up"
            " to more than the total."
        )
    left_out = [key for key in asked if METRICS[key].never_by in by]
    if left_out:
        notes.append(f"{listing(left_out)}: left out by {METRICS[left_out[0]].never_by}; the totals have it.")
    told = [key for key in asked if METRICS[key].of_stories]
    if told and FEATURE in by:
        notes.append(f"{listing(told)}: of the feature's own user stories, where the tests tell them.")
    shares = [key for key in asked if METRICS[key].subject == "reviews"]
    filtered = (one.dimension.key.removesuffix("_words") for one in filters)
    decided = [key for key in (*by, *filtered) if key in _DECIDED]
    if shares and decided:
        notes.append(
            f"{listing(shares)}: these bugs are chosen by {decided[0]} itself, so the share is of their own "
            f"kind; {columns.BUGS} tells how many there are."
        )
    return notes

"""A metric is one entry: what is said, shown and found of it comes from there."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from quality.findings.finding import Case
from quality.findings.rules import findings
from quality.metrics import columns
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import measure, sentence
from quality.metrics.metric import Metric
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally, tally
from quality.options import QualityOptions
from quality.pivot.query import query
from quality.selection import Selection
from quality.thresholds import Thresholds
from quality.views.lists.about import about_view
from quality.views.report import report_view
from tests.factories import ADDED, NOW, add_metric, make_bug, make_bugs, make_facts, make_test

LISTS = {
    name: (value,) if isinstance(value, str) else value
    for name, value in vars(columns).items()
    if name.isupper() and not name.startswith("_") and not isinstance(value, Mapping)
}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Metric:
    """A catalogue with one more entry, and nothing else changed."""
    return add_metric(monkeypatch, ADDED)


def known(bugs: int, all_: int) -> Tally:
    return tally([make_test([make_bug(known=one < bugs) for one in range(all_)])])


def test_an_added_metric_can_be_asked_for_by_its_key_and_its_title(added: Metric) -> None:
    facts = make_facts([make_test([make_bug(known=True), *make_bugs(rejected=3)])])
    for name in (added.key, added.title):
        view = query(facts, metrics=[name], dimensions=["product"], sort_by=name)
        assert view.rows[0].values[added.key].value == 0.25
    assert added.no_data in " ".join(query(make_facts([make_test()]), metrics=[added.key]).warnings)


def test_an_added_metric_is_explained_and_measured_in_every_report(added: Metric) -> None:
    facts = make_facts([make_test([make_bug(known=True)])])
    assert about_view(facts, QualityOptions()).metrics[-1].formula == added.formula
    assert report_view(facts, Selection(), QualityOptions()).measures[added.key].numerator == 1


def test_an_added_metric_has_its_words_and_the_action_of_its_change(added: Metric) -> None:
    shown = measure(added.key, known(20, 40))
    assert sentence(shown) == "20 of 40 known before (50 %)"
    (found,) = findings(Case(NOW, QualityOptions(), known(20, 40), known(2, 40)))
    assert found.title == "Known share is up"
    assert found.action == f"{added.action.rstrip('.')} by 4 Dec."


def test_no_change_is_found_of_a_metric_that_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    add_metric(monkeypatch, replace(ADDED, judged=False))
    assert findings(Case(NOW, QualityOptions(), known(20, 40), known(2, 40))) == ()


def test_every_entry_says_what_it_counts() -> None:
    for key, metric in METRICS.items():
        assert key == metric.key
        value = metric.value(Tally(), QualityOptions().weights)
        assert isinstance(value, Rate) == (metric.unit == "rate"), key
        assert bool(metric.noun) == (metric.unit in {"count", "ratio", "rate"}), key
        assert bool(metric.divisor) == (metric.unit in {"ratio", "rate"}), key
        assert bool(metric.verb) == (metric.unit == "rate"), key
        assert not metric.judged or metric.better, key


def test_every_indicator_has_limits_and_a_direction() -> None:
    assert {key for key, metric in METRICS.items() if metric.limits} == {*columns.INDICATORS, columns.STORIES}
    for key in (*columns.INDICATORS, columns.STORIES):
        assert METRICS[key].better is not None
        assert len(Thresholds().of(key)) == 2


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_columns_names_metrics_of_the_catalogue_once_each(name: str) -> None:
    keys = LISTS[name]
    assert keys
    assert set(keys) <= METRICS.keys()
    assert len(set(keys)) == len(keys)


def test_words_of_other_tools_and_links_of_counts_name_metrics_of_the_catalogue() -> None:
    assert columns.LISTED.keys() <= METRICS.keys()
    assert {key for keys in columns.MEANT.values() for key in keys} <= METRICS.keys()


def test_what_is_drawn_has_a_style() -> None:
    for key in (*columns.VOLUMES, *columns.RATES):
        assert METRICS[key].style, key

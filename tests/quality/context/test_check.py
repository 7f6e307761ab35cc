"""A context is checked against the snapshot: ids, days and limits."""

from datetime import date
from pathlib import Path

from build.facts.load import load_facts
from context_files.load import load_context
from context_files.place import EXAMPLE
from quality.context.check import check, today_of
from quality.context.effect import judged_by
from quality.options import QualityOptions
from quality.thresholds import Thresholds
from snapshot.reader import open_snapshot
from tests.context_files.folders import RELEASE, write_context
from tests.factories import make_bug, make_facts, make_feature, make_test

TODAY = date(2026, 11, 20)
FACTS = make_facts([make_test([make_bug(id=4001)], id=1)], features=[make_feature(id=2001)])


def wrong(root: Path, **files: str) -> list[str]:
    names = {
        name.replace("__", "/") + (".md" if name.startswith("notes") else ".yaml"): text
        for name, text in files.items()
    }
    return [str(one) for one in check(load_context(write_context(root, names)), FACTS, Thresholds(), TODAY)]


def test_ids_that_the_snapshot_lacks_are_named(tmp_path: Path) -> None:
    found = wrong(
        tmp_path,
        releases__598__a=RELEASE + "test_ids: [1, 2]\nbug_ids: [4001, 4002]\nfeature_ids: [2001, 2002]\n",
        releases__7__a=RELEASE,
        notes__feature__2009="x",
        goals__8="review_owner: Ann\n",
        actions="actions:\n- {what: A, product: 9}\n",
        owners="owners:\n- {feature: 2008, team: A}\n",
        links="links:\n- {bug: 4001, key: A}\n- {bug: 4003, key: B}\n",
    )
    assert found == [
        "actions.yaml:2: The snapshot has no product 9.",
        "goals/8.yaml:1: The snapshot has no product 8.",
        "links.yaml:3: The snapshot has no bug 4003.",
        "notes/feature/2009.md:1: The snapshot has no feature 2009.",
        "owners.yaml:2: The snapshot has no feature 2008.",
        "releases/598/a.yaml:1: The snapshot has no bug 4002.",
        "releases/598/a.yaml:1: The snapshot has no feature 2002.",
        "releases/598/a.yaml:1: The snapshot has no test 2.",
        "releases/7/a.yaml:1: The snapshot has no product 7.",
    ]


def test_a_note_expires_after_its_last_day_and_a_plan_with_its_date(tmp_path: Path) -> None:
    found = wrong(
        tmp_path,
        notes__bug__4001="---\nexpires: 2026-11-19\n---\nx\n",
        notes__test__1="---\nexpires: 2026-11-20\n---\nx\n",
        releases__598__a=RELEASE.replace("shipped", "planned"),
        releases__598__b="version: 5\ndate: 2026-11-20\n",
    )
    assert found == [
        "notes/bug/4001.md:1: The note expired on 19 Nov 2026; remove or renew it.",
        "releases/598/a.yaml:1: It was planned for 12 Nov 2026, which is over; set status or date.",
    ]


def test_limits_that_contradict_those_of_all_products_are_named_in_the_files_words(tmp_path: Path) -> None:
    found = wrong(tmp_path, goals__598="thresholds: {rejection_warning: 0.9, critical_bugs_critical: 0}\n")
    assert len(found) == 1
    assert found[0].startswith("goals/598.yaml:1: thresholds: critical_bugs_critical is 0.")


def test_limits_and_settled_bugs_change_what_verdicts_are_judged_by(tmp_path: Path) -> None:
    files = {
        "goals/598.yaml": "thresholds: {rejection_warning: 0.1, critical_bugs_critical: 2}\n",
        "goals/599.yaml": "thresholds: {rejection_warning: 0.9}\n",
        "links.yaml": "links:\n- {bug: 1, key: A, state: fixed}\n- {bug: 2, key: A, state: accepted risk}\n"
        "- {bug: 3, key: A}\n",
    }
    options = judged_by(QualityOptions(), load_context(write_context(tmp_path, dict(files))))
    assert options.settled == {1: "fixed", 2: "accepted as a risk"}
    assert options.thresholds_of((598,)) == Thresholds(rejection_warning=0.1, critical_bugs_critical=2)
    assert options.thresholds_of((599,)) == Thresholds()


def test_the_example_speaks_of_what_the_demo_account_has(demo_snapshot: Path) -> None:
    """Otherwise choose other ids in context_files/example."""
    facts = load_facts(open_snapshot(demo_snapshot))
    assert check(load_context(EXAMPLE), facts, Thresholds(), today_of(facts)) == ()
    critical = [facts.bugs[one].severity for one in load_context(EXAMPLE).settled]
    assert critical == ["critical"]

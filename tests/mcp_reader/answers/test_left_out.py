"""What an answer leaves out or cannot do, it says."""

import json
from datetime import timedelta
from pathlib import Path

from build.facts.load import load_facts
from mcp_reader.answers.report import MOST_DEADLINES, MOST_ROWS, fill_report
from quality.model.entities import Test
from quality.options import QualityOptions
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.report import report_view
from snapshot.reader import open_snapshot
from tests.factories import NOW, make_bugs, make_facts, make_test
from tests.mcp_reader.calls import Asking, asking, to_digits

HALO = 598


def _waiting(days_ago: int) -> Test:
    ended = NOW - timedelta(days=days_ago, hours=days_ago)
    return make_test(make_bugs(open=2), product_id=1000 + days_ago, end_at=ended)


def test_cut_lists_of_a_report_say_what_is_left_out_and_a_file_has_all() -> None:
    facts = make_facts([_waiting(days_ago) for days_ago in range(20)])
    view = report_view(facts, Selection(), QualityOptions())
    short = fill_report(facts, view, compared=False, whole=False)
    assert len(view.deadlines) > MOST_DEADLINES + 1
    left = len(view.deadlines) - MOST_DEADLINES
    rest = (short.deadlines or [])[-1]
    assert (rest.text, rest.bug_count) == (f"{2 * left} more open bugs on {left} later days", 2 * left)
    assert len(short.by_product or []) == MOST_ROWS
    assert f"by_product has the first {MOST_ROWS} of 21; output_file has all." in (short.warnings or [])
    whole = fill_report(facts, view, compared=False, whole=True)
    assert [(one.text, one.bug_ids) for one in whole.deadlines or []] == [
        (day.text, [bug.id for bug in day.bugs]) for day in view.deadlines
    ]
    assert len(whole.by_product or []) == 21
    assert whole.warnings is None


async def test_a_file_has_all_the_evidence_of_a_finding(demo_snapshot: Path, tmp_path: Path) -> None:
    async with asking(demo_snapshot, reports=tmp_path / "reports") as ask:
        said = await ask("generate_quality_report", product_ids=HALO)
        await ask("generate_quality_report", product_ids=HALO, output_file="halo.json")
    written = json.loads((tmp_path / "reports/halo.json").read_text())
    shown, every = (max(len(one.get("bug_ids", ())) for one in have["findings"]) for have in (said, written))
    assert shown < every
    assert all(
        written["metrics"][key] == value or value.items() <= written["metrics"][key].items()
        for key, value in said["metrics"].items()
    )


async def test_a_report_that_has_nothing_to_compare_with_says_so(ask: Asking) -> None:
    for start in ("all", "2026-11-01"):
        said = await ask(
            "generate_quality_report", product_ids=HALO, start_date=start, compare="previous_period"
        )
        lonely = "Nothing is compared: only a period with a start and an end has one before it."
        assert lonely in said["warnings"]
    whole = await ask("generate_quality_report", start_date="2026-Q3", compare="previous_period")
    assert whole["previous_period"] == "1 Apr 2026 to 30 Jun 2026 (UTC)"
    assert whole["period"]["end"] == "2026-09-30"


async def test_a_test_of_another_product_is_refused_not_left_out(ask: Asking) -> None:
    bugs = await ask("list_bugs", product_ids=HALO, per_page=1)
    text = await ask.failing(
        "generate_quality_report", product_ids=21043, test_ids=bugs["bugs"][0]["test_id"]
    )
    assert "belongs to product 598" in text


async def test_the_last_test_of_a_product_is_the_one_that_the_portfolio_names(
    ask: Asking, demo_snapshot: Path
) -> None:
    facts = load_facts(open_snapshot(demo_snapshot))
    rows = {row["id"]: row for row in (await ask("list_products"))["products"]}
    summary = await ask("get_product_summary", product_id=HALO)
    for row in portfolio_view(facts, QualityOptions()).rows:
        if row.last_test is None:
            assert "last_test_id" not in rows[row.product.id]
            continue
        assert rows[row.product.id]["last_test_id"] == row.last_test.id
        assert rows[row.product.id]["last_test_end_at"] <= facts.as_of.date().isoformat()
    assert summary["last_test_id"] == rows[HALO]["last_test_id"]


async def test_a_test_that_still_runs_says_that_its_numbers_are_so_far(ask: Asking) -> None:
    running = (await ask("list_tests", product_id=HALO, statuses="running"))["tests"][0]
    said = await ask("get_test_summary", test_id=running["id"])
    assert said["notes"][0].endswith("its numbers are so far.")
    count = running["open_bugs"]
    assert f"{count} bugs are open and in no judged rate: of running tests." in said["notes"]
    assert all("test_id" not in bug for bug in said["recent_bugs"])


async def test_no_digits_are_sent_that_nobody_reads(ask: Asking) -> None:
    said = await ask("query_metrics", metrics=["rejection_rate", "bugs_per_test"], dimensions="product")
    for row in [*said["rows"], said["totals"]]:
        rate = row["rejection_rate"]
        assert rate["value"] == to_digits(rate["numerator"] / rate["denominator"], 3)
        assert row["bugs_per_test"] == round(row["bugs_per_test"], 1)

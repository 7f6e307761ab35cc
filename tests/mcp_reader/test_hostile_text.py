"""An upstream that attacks in every string: its text stays data, short, and without anything unseen."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from build.facts.load import load_facts
from build.search.index import update_index
from demo.account.account import demo_account, planted_secrets
from snapshot.reader import open_snapshot
from tests.hostile import hostile
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "snapshots"
    publish_account(folder, hostile(demo_account(24)))
    update_index(load_facts(open_snapshot(folder)), folder / "index")
    return folder


@pytest.mark.slow
async def test_every_answer_over_hostile_texts_is_valid_clean_and_short(root: Path, tmp_path: Path) -> None:
    facts = load_facts(open_snapshot(root))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_products", {}),
        ("search", {"query": "script"}),
        ("search", {"query": "pwned checkout"}),
        ("generate_quality_report", {"compare": "previous_period"}),
        ("generate_quality_report", {"start_date": "all", "format": "markdown"}),
        ("query_metrics", {"metrics": "bug_count", "dimensions": "tester,feature"}),
        ("query_metrics", {"metrics": "bug_count", "dimensions": "test_environment,language"}),
        ("get_server_diagnostics", {}),
        *(("get_product_summary", {"product_id": one}) for one in facts.products),
        *(("list_tests", {"product_id": one}) for one in facts.products),
        *(("list_bugs", {"product_ids": one}) for one in facts.products),
        *(("get_test_summary", {"test_id": one}) for one in list(facts.tests)[::5]),
        *(("get_bug_summary", {"bug_id": one}) for one in list(facts.bugs)[::40]),
    ]
    secrets = planted_secrets(demo_account(24))
    async with asking(root, reports=tmp_path) as ask:
        for tool, arguments in calls:
            answer = await ask(tool, **arguments)
            text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
            assert not UNSEEN.search(text), (tool, arguments)
            assert len(text) / 4 < 4000, (tool, arguments, len(text))
            assert not [secret for secret in secrets if secret in text], (tool, arguments)


@pytest.mark.slow
async def test_no_cell_of_a_table_file_is_a_formula(root: Path, tmp_path: Path) -> None:
    async with asking(root, reports=tmp_path) as ask:
        await ask("generate_quality_report", start_date="all", output_file="all.csv")
        await ask("generate_quality_report", start_date="all", output_file="all.json")
    text = (tmp_path / "all.csv").read_text(encoding="utf-8-sig")
    assert not re.search(r"(^|,)\"?[=+@-](?!\d)", text, re.MULTILINE)
    assert not UNSEEN.search(text + (tmp_path / "all.json").read_text(encoding="utf-8"))

"""Prompts, resources, addresses and completions; the playbook says what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from mcp_types import PromptReference, ResourceTemplateReference, TextResourceContents

from build.facts.load import load_facts
from mcp_reader.playbook import RECIPES, playbook, written
from quality.findings.rules import RULES
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import INDICATORS
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.thresholds import Thresholds
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, asking

HALO = 598


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    return load_facts(open_snapshot(demo_snapshot))


async def read(client: Client[Any], uri: str) -> str:
    (content,) = await client.read_resource(uri)
    assert isinstance(content, TextResourceContents)
    return content.text


@pytest.mark.slow
async def test_every_recipe_of_the_playbook_is_a_call_that_answers(
    indexed_snapshot: Path, facts: Facts, tmp_path: Path
) -> None:
    bug = next(bug for bug in facts.bugs.values() if bug.review == "rejected")
    named = {"<product>": "Halo Shop", "<bug>": bug.id}
    async with asking(indexed_snapshot, reports=tmp_path) as ask:
        text = await read(ask.client, "testio://knowledge/playbook")
        for recipe in RECIPES:
            assert f"- {recipe.question} `{written(recipe)}`" in text
            arguments = {name: named.get(str(value), value) for name, value in recipe.arguments.items()}
            assert await ask(recipe.tool, **arguments)


def test_the_playbook_tells_thresholds_in_force_rules_and_formulas_of_the_catalogue() -> None:
    text = playbook(QualityOptions(thresholds=Thresholds(rejection_warning=0.11, rejection_critical=0.33)))
    assert "11 %" in text
    assert "33 %" in text
    for rule in RULES:
        assert f"| {rule.title} | {rule.signal} | {rule.action} |" in text
    for key in INDICATORS:
        assert f"| `{key}` | {METRICS[key].formula} |" in text
    named = set(re.findall(r"`(\w+)`", text))
    assert named & METRICS.keys() >= set(INDICATORS)


@pytest.mark.usefixtures("mode")
async def test_resources_and_addresses_are_read(ask: Asking, facts: Facts) -> None:
    manifest = json.loads(await read(ask.client, "testio://snapshot/manifest"))
    assert manifest["id"] == facts.snapshot_id
    assert manifest["tests"] == len(facts.tests)
    report = await read(ask.client, f"testio://products/{HALO}/report.md")
    assert report.startswith("# ")
    assert "Halo Shop" in report
    test = next(iter(facts.tests.values()))
    shown = json.loads(await read(ask.client, f"testio://tests/{test.id}"))
    assert shown["id"] == test.id
    bug = next(iter(facts.bugs.values()))
    assert json.loads(await read(ask.client, f"testio://bugs/{bug.id}"))["id"] == bug.id
    assert "/api/v1/" in await read(ask.client, "testio://knowledge/programmatic-access")
    with pytest.raises(Exception, match="Test 7 is not in the snapshot"):
        await read(ask.client, "testio://tests/7")
    with pytest.raises(Exception, match="is not an id"):
        await read(ask.client, "testio://tests/seven")


@pytest.mark.usefixtures("mode")
async def test_prompts_name_the_calls_with_what_was_asked(ask: Asking) -> None:
    prompts = {one.name: one for one in await ask.client.list_prompts()}
    assert set(prompts) == {"analyze-product-quality", "prep-meeting"}
    tools = {tool.name for tool in await ask.client.list_tools()}
    for name, arguments, said in (
        ("analyze-product-quality", {"product": "Halo Shop", "period": "last quarter"}, "'Halo Shop'"),
        ("analyze-product-quality", {"product_identifier": "598", "focus_area": "rejections"}, "rejections"),
        ("analyze-product-quality", {}, "all products"),
        ("prep-meeting", {"meeting_type": "release", "audience": "engineers"}, "engineers"),
        ("prep-meeting", {"meeting_type": "quarterly", "product": "598"}, "last quarter"),
    ):
        result = await ask.client.get_prompt(name, arguments)
        text = result.messages[0].content.text  # type: ignore[union-attr]
        assert said in text
        called = set(re.findall(r"\b((?:get|list|generate|query)_\w+)\(", text))
        assert called
        assert called <= tools


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("product", "halo", "Halo Shop"),
        ("product_id", "59", "598"),
        ("period", "last", "last-90-days"),
        ("meeting_type", "re", "release"),
        ("metric", "rejection", "rejection_rate_of_decided"),
        ("dimension", "test", "tester"),
        ("status", "lock", "locked"),
    ],
)
async def test_arguments_are_completed(ask: Asking, name: str, typed: str, expected: str) -> None:
    for ref in (
        PromptReference(type="ref/prompt", name="analyze-product-quality"),
        ResourceTemplateReference(
            type="ref/resource", uri="testio://products/{product_id}/report.md{?customer}"
        ),
    ):
        found = await ask.client.complete(ref, {"name": name, "value": typed})
        assert expected in found.values
        assert len(found.values) <= 100

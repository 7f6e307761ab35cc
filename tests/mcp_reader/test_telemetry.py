"""Spans and figures reach an SDK where one is set up, and tell nothing of what was asked or answered."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.account.account import Account, demo_account
from tests.mcp_reader.published_account import publish_account

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
WITH_AN_SDK = """
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, figures = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([figures]))
"""
ASKED = """
import asyncio, json, logging, sys
from pathlib import Path

import httpx
from fastmcp import Client
from config.logs import configure
from config.settings import Settings
from demo.account.account import demo_account
from demo.server.server import serve
from mcp_reader.http.app import create_app
from mcp_reader.server import create_server
from mcp_reader.sources.pulling import pulling_of

root, missing = Path(sys.argv[1]), int(sys.argv[2])
configure("INFO", "json")
told = {}

async def ask(api):
    settings = Settings(
        env_file=None,
        testio_snapshot_dir=root,
        testio_site_dir=root / "no-site",
        testio_keys_file=root / "no-keys.json",
        testio_customer_api_base_url=api.base_url,
        testio_customer_api_token=api.token,
    )
    async with Client(create_server(settings)) as client:
        done = await client.call_tool_mcp("list_products", {"search": "a word of mine"})
        told["answer"] = done.meta
        done = await client.call_tool_mcp("get_product_summary", {"product_id": "Halo Shap"})
        told["error"] = [done.meta, done.content[0].text]
    app = await create_app(settings)
    transport = httpx.ASGITransport(app)
    here = "http://127.0.0.1:8000"
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=here) as web:
        headers = {"X-Request-ID": "of-the-proxy"}
        fetched = await web.get(f"/api/v1/get_bug_summary?bug_id={missing}", headers=headers)
        told["fetched"] = [fetched.status_code, fetched.headers["x-request-id"], fetched.json()["source"]]
        failed = await web.get("/api/v1/get_bug_summary?bug_id=1", headers={"X-Request-ID": "failing"})
        told["problem"] = failed.json()
    pulling = pulling_of(settings.model_copy(update={"testio_snapshot_url": "file:///nowhere"}))
    pulling.begin()
    await pulling.settled()
    await pulling._task

with serve(demo_account(6, bugs=12)) as api:
    asyncio.run(ask(api))
    told["token"] = api.token
"""
TOLD = """
told["figures"] = [
    [metric.name, dict(point.attributes), getattr(point, "value", None)]
    for resource in figures.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics if scope.scope.name == "testio-reports"
    for metric in scope.metrics for point in metric.data.data_points
]
found = spans.get_finished_spans()
names = {span.context.span_id: span.name for span in found}
told["spans"] = [
    [span.name, names.get(span.parent.span_id) if span.parent else None, dict(span.attributes)]
    for span in found
]
told["whole"] = str([span.to_json() for span in found])
"""


def run(script: str, snapshots: Path) -> tuple[dict[str, Any], str]:
    missing = min(bugs(demo_account(6, bugs=12)) - bugs(demo_account(2, bugs=4)))
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\nprint(json.dumps(told))", snapshots, str(missing)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def bugs(account: Account) -> set[int]:
    return {bug["id"] for tests in account.test_ids.values() for test in tests for bug in account.bugs(test)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot that lacks most of what the API has."""
    root = tmp_path_factory.mktemp("small")
    publish_account(root, demo_account(2, bugs=4))
    return root


@pytest.fixture(scope="module")
def observed(small: Path) -> tuple[dict[str, Any], str]:
    """What a process with an SDK told, and what it logged."""
    return run(WITH_AN_SDK + ASKED + TOLD, small)


def test_spans_go_from_the_tool_over_the_source_to_each_request(observed: tuple[dict[str, Any], str]) -> None:
    told, _ = observed
    assert told["fetched"] == [200, "of-the-proxy", "upstream"]
    parents = {(name, parent) for name, parent, _ in told["spans"]}
    assert ("tools/call get_bug_summary", None) in parents
    assert ("testio.upstream.ask", "tools/call get_bug_summary") in parents
    assert ("testio.upstream.request", "testio.upstream.ask") in parents
    assert ("testio.snapshot.open", "tools/call list_products") in parents
    failed = {name for name, _, given in told["spans"] if given.get("error.type") == "NOT_FOUND"}
    assert {"tools/call get_bug_summary", "tools/call get_product_summary"} <= failed


def test_the_id_of_a_request_stands_in_its_spans_logs_answers_and_errors(
    observed: tuple[dict[str, Any], str],
) -> None:
    told, log = observed
    lines = [json.loads(line) for line in log.splitlines()]
    of_proxy = {name for name, _, given in told["spans"] if given.get("testio.request") == "of-the-proxy"}
    assert of_proxy == {
        "tools/call get_bug_summary",
        "testio.snapshot.open",
        "testio.upstream.ask",
        "testio.upstream.request",
    }
    assert [line["tool"] for line in lines if line.get("request") == "of-the-proxy"] == ["get_bug_summary"]
    assert told["problem"]["request_id"] == "failing"
    ids = {given.get("testio.request") for name, _, given in told["spans"] if name.startswith("tools/call")}
    assert {told["answer"]["request_id"], told["error"][0]["request_id"], "of-the-proxy", "failing"} == ids
    assert told["error"][0]["code"] == "NOT_FOUND"


def test_calls_fallbacks_refreshes_and_the_age_are_counted(observed: tuple[dict[str, Any], str]) -> None:
    found = {(name, *sorted(given.items())): value for name, given, value in observed[0]["figures"]}
    tool = ("tool", "get_bug_summary")
    assert found["testio.calls", ("outcome", "OK"), ("tool", "list_products")] == 1
    assert found["testio.calls", ("outcome", "OK"), tool] == 1
    assert found["testio.calls", ("outcome", "NOT_FOUND"), tool] == 1
    assert ("testio.call.duration", ("outcome", "OK"), tool) in found
    assert found["testio.fallbacks", ("kind", "bug"), ("outcome", "OK")] == 1
    assert found["testio.snapshot.age", ("account", "default")] > 0
    assert found["testio.refreshes", ("account", "default"), ("outcome", "failed"), ("way", "pull")] == 1


def test_no_span_holds_a_secret_or_a_text_of_a_caller_or_the_upstream(
    observed: tuple[dict[str, Any], str],
) -> None:
    """FastMCP's own spans hold messages of errors, which name products and quote the caller."""
    told, _ = observed
    assert "Halo Shop" in told["error"][1]
    for text in ("Halo", "a word of mine", told["token"], "127.0.0.1", "exception", "Traceback"):
        assert text not in told["whole"]


def test_nothing_is_recorded_and_no_sdk_loaded_unless_one_is_set_up(small: Path) -> None:
    told, _ = run(
        ASKED + "told['loaded'] = [one for one in sys.modules if one.startswith('opentelemetry.sdk')]\n"
        "from mcp_reader.telemetry import span\n"
        "with span('x') as opened: told['recording'] = opened.is_recording()\n",
        small,
    )
    assert told["loaded"] == []
    assert told["recording"] is False
    assert told["answer"]["request_id"]

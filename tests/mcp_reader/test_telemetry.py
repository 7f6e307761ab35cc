"""Spans and figures reach an SDK where one is set up, and tell nothing of what was asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OBSERVED = """
import asyncio, json, sys
from pathlib import Path
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

from config.settings import Settings
from fastmcp import Client
from mcp_reader.server import create_server

async def ask():
    server = create_server(Settings(_env_file=None, testio_snapshot_dir=Path(sys.argv[1])))
    async with Client(server) as client:
        await client.call_tool("list_products", {"search": "a word of mine"})
        await client.call_tool("get_bug_summary", {"bug_id": 1}, raise_on_error=False)

asyncio.run(ask())
counted = [
    [metric.name, dict(point.attributes)]
    for resource in figures.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics if scope.scope.name == "testio-reports"
    for metric in scope.metrics for point in metric.data.data_points
]
found = spans.get_finished_spans()
names = {span.context.span_id: span.name for span in found}
opens = [span for span in found if span.parent and span.name == "testio.snapshot.open"]
opened = [names.get(span.parent.span_id, "") for span in opens]
print(json.dumps([counted, sorted(names.values()), opened, str([span.to_json() for span in found])]))
"""


@pytest.mark.slow
def test_calls_are_counted_and_spans_stand_below_the_call(demo_snapshot: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OBSERVED, str(demo_snapshot)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    counted, names, opened, whole = json.loads(done.stdout)
    assert ["testio.calls", {"tool": "list_products", "outcome": "OK"}] in counted
    assert ["testio.calls", {"tool": "get_bug_summary", "outcome": "NOT_FOUND"}] in counted
    assert any(name == "testio.call.duration" for name, _ in counted)
    assert "testio.snapshot.open" in names
    assert "list_products" in opened[0]
    assert "a word of mine" not in whole

"""Spans and figures by OpenTelemetry's API: nothing is recorded unless an SDK is set up.

FastMCP opens a span for each call of a tool; those here stand below it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams
from opentelemetry import metrics, trace

from mcp_reader.errors.parts import Told

SCOPE = "testio-reports"


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Open a span; attributes hold kinds, ids and counts, never texts of the upstream."""
    given = {f"testio.{key}": value for key, value in attributes.items()}
    with trace.get_tracer(SCOPE).start_as_current_span(f"testio.{name}", attributes=given):
        yield


class Telemetry(Middleware):
    """Counts calls by tool and outcome, and their time."""

    def __init__(self) -> None:
        meter = metrics.get_meter(SCOPE)
        self._calls = meter.create_counter("testio.calls", description="Calls of tools")
        self._seconds = meter.create_histogram("testio.call.duration", unit="s", description="Time of a call")

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool, and count it."""
        began, outcome, name = time.perf_counter(), "FAILED", context.message.name
        try:
            answer = await call_next(context)
            outcome = str((answer.meta or {}).get("code", "FAILED")) if answer.is_error else "OK"
        except Told as error:
            outcome = error.code
            raise
        except MCPError:  # no such tool: its name is the client's own
            name = "unknown"
            raise
        finally:
            attributes = {"tool": name, "outcome": outcome}
            self._calls.add(1, attributes)
            self._seconds.record(time.perf_counter() - began, attributes)
        return answer

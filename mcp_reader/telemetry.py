"""Spans and figures by OpenTelemetry's API: nothing is recorded unless an SDK is set up.

A request has one span, and below it stand what opens the snapshot, pulls it or asks the API, down to each
request there. They hold kinds, ids, codes and counts, never a text of the upstream or of a caller.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import fastmcp
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams
from opentelemetry import metrics, trace

from base.errors import UserError
from base.log_context import bound, bound_values
from mcp_reader.errors.parts import Told

SCOPE = "testio-reports"
REQUEST = "request"
"""The name of a request's id in log lines, and behind `testio.` in spans."""
REQUEST_ID = "request_id"
"""The name of the same id in answers and errors."""
_TRACER = trace.get_tracer(SCOPE)
_METER = metrics.get_meter(SCOPE)
_CALLS = _METER.create_counter("testio.calls", description="Calls of tools")
_SECONDS = _METER.create_histogram("testio.call.duration", unit="s", description="Time of a call")
_FALLBACKS = _METER.create_counter("testio.fallbacks", description="What the snapshot lacked")
_REFRESHES = _METER.create_counter("testio.refreshes", description="Snapshots taken or pulled, by outcome")


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[trace.Span]:
    """Open a span, which says of an error its code alone: the message may quote somebody."""
    given = {f"testio.{key}": value for key, value in {**bound_request(), **attributes}.items()}
    with _TRACER.start_as_current_span(
        f"testio.{name}", attributes=given, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except Exception as error:
            _fail(opened, code_of(error))
            raise


def bound_request() -> dict[str, str]:
    """Return the id of the request under way by its name, or nothing outside of one."""
    found = bound_values().get(REQUEST)
    return {} if found is None else {REQUEST: str(found)}


def code_of(error: BaseException) -> str:
    """Return what a figure or a span says of an error."""
    return error.code if isinstance(error, UserError | Told) else type(error).__name__


def count_refresh(account: str | None, way: str, outcome: str) -> None:
    """Count a snapshot that was taken by a `schedule` or a `call`, or got by a `pull`."""
    _REFRESHES.add(1, {"account": account or "default", "way": way, "outcome": outcome})


@contextmanager
def counted_fallback(kind: str) -> Iterator[None]:
    """Count something that the API is asked for, with what became of it."""
    outcome = "CANCELLED"
    try:
        yield
        outcome = "OK"
    except Exception as error:
        outcome = code_of(error)
        raise
    finally:
        _FALLBACKS.add(1, {"kind": kind, "outcome": outcome})


def watch_age(account: str | None, root: Path) -> None:
    """Give the age of the published snapshot to whoever collects figures."""

    def seen(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        from snapshot.errors import SnapshotError
        from snapshot.reader import current_id
        from snapshot.storage.layout import created

        try:
            version = current_id(root)
        except SnapshotError:
            return
        if version is not None:
            age = (datetime.now(UTC) - created(version)).total_seconds()
            yield metrics.Observation(age, {"account": account or "default"})

    _METER.create_observable_gauge(
        "testio.snapshot.age", [seen], unit="s", description="Age of the published snapshot"
    )


class Telemetry(Middleware):
    """Gives every request an id and a span; counts calls by tool and outcome, and their time."""

    def __init__(self) -> None:
        # FastMCP's own spans hold the messages of errors, which name products and quote callers.
        fastmcp.settings.telemetry_mode = "propagation_only"

    async def on_request(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        """Answer a request under an id: that of HTTP, or a new one."""
        with bound(**(bound_request() or {REQUEST: token_hex(8)})), span("request") as opened:
            opened.update_name(context.method or "request")
            return await call_next(context)

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool, count it, and tell the id of the request in the answer's `_meta`."""
        began, outcome, name = time.perf_counter(), UserError.code, context.message.name
        try:
            answer = await call_next(context)
            answer.meta = {**(answer.meta or {}), REQUEST_ID: bound_request().get(REQUEST, "")}
            outcome = str(answer.meta.get("code", UserError.code)) if answer.is_error else "OK"
        except Told as error:
            outcome = error.code
            raise
        except MCPError:  # no such tool: its name is the client's own
            name = "unknown"
            raise
        finally:
            attributes = {"tool": name, "outcome": outcome}
            _CALLS.add(1, attributes)
            _SECONDS.record(time.perf_counter() - began, attributes)
            _describe(trace.get_current_span(), name, outcome)
        return answer


def _describe(opened: trace.Span, tool: str, outcome: str) -> None:
    opened.update_name(f"tools/call {tool}")
    opened.set_attributes({"testio.tool": tool, "testio.outcome": outcome})
    if outcome != "OK":
        _fail(opened, outcome)


def _fail(opened: trace.Span, code: str) -> None:
    opened.set_attribute("error.type", code)
    opened.set_status(trace.StatusCode.ERROR)

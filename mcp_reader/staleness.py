"""Answers of an old snapshot say how old it is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

from base.errors import UserError
from mcp_reader.answers.base import with_warning
from mcp_reader.context import current_reader
from quality.metrics.columns import BUGS
from quality.wording import day_utc, spoken

SAY_IT_THEMSELVES = frozenset({"get_server_diagnostics", "sync_data"})


class Staleness(Middleware):
    """Warns of a snapshot that is older than TESTIO_READY_HOURS; what was just asked for is never old."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool, and add how old the data of its answer are where they are too old."""
        answer = await call_next(context)
        said = answer.structured_content or {}
        if context.message.name in SAY_IT_THEMSELVES or said.get("source") != "snapshot":
            return answer
        try:
            settings = current_reader().settings
            most = timedelta(hours=settings.testio_ready_hours)
            now = datetime.now(UTC)
            age = now - datetime.fromisoformat(said["data_as_of"])
        except (UserError, KeyError, ValueError):
            return answer
        if age <= most:
            return answer
        way = (
            "sync_data takes a new snapshot"
            if settings.testio_customer_api_token
            else "sync_data cannot take a new one: TESTIO_CUSTOMER_API_TOKEN is not set"
        )
        seen = f"relative days count from {day_utc(datetime.fromisoformat(said['data_as_of']))}"
        return with_warning(answer, f"The snapshot is {spoken(age)} old, {seen}; {way}.{_passed(said, now)}")


def _passed(said: Mapping[str, Any], now: datetime) -> str:
    """Say how many open bugs of the coming deadlines in an answer were due between its data and `now`."""
    rows = said.get("coming") or []
    passed = sum(row[BUGS] for row in rows if datetime.fromisoformat(row["at"]) < now)
    every = sum(row[BUGS] for row in rows)
    return f" Of the {every:,} open bugs in `coming`, {passed:,} were due before now." if passed else ""

"""People: who reports bugs and who creates tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastmcp.tools import ToolResult, tool
from pydantic import Field

from base.errors import InvalidInput, NotFound
from base.text import fold, shorten
from mcp_reader.answers.base import FROM_SNAPSHOT, nothing, result, schema, stamp, warn, warnings_of
from mcp_reader.answers.bug_rows import tests_of
from mcp_reader.answers.users import UserList, UserSummary, fill_line, fill_part
from mcp_reader.arguments.types import Id, Order, Text, Word, did_you_mean, known
from mcp_reader.context import current_reader
from mcp_reader.paging import Column, Offset, Page, PerPage, by_measures, keep_short, ordered, paginate
from quality.metrics.columns import BY_BUGS, TESTS
from quality.metrics.measures import Measure
from quality.periods.dates import parse_range
from quality.selection import Selection, select
from quality.views.lists.users import UserRow, UserType, user_rows

TYPES: tuple[UserType, ...] = ("tester", "customer")


@tool(title="List users", annotations=FROM_SNAPSHOT, output_schema=schema(UserList))
async def list_users(
    *,
    user_type: Word = None,
    days: Annotated[int, Field(ge=1, le=36_500)] = 365,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List who reports bugs (with their rejected share) and who creates tests, most bugs first.

    Args:
        user_type: tester (reports bugs) or customer (creates tests); both when left out.
        days: In executed tests of so many last days.
        page: From 1.
        per_page: 1 to 200.
        offset: Rows to skip.
        sort_by: bug_count (default), test_count, acceptance_rate, rejection_rate_of_decided, username,
            user_type, first_seen or last_activity.
        sort_order: Default asc for words, else desc.
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    types = known("user_type", None if user_type is None else (user_type,), TYPES, many=False)
    period = parse_range(f"last {days} days", None, facts.as_of)
    tests = select(facts, Selection(period=period))
    every = user_rows(
        facts,
        tests,
        reader.settings.quality.weights,
        [one for one in TYPES if types is None or one in types],
    )
    shown, pagination = paginate(
        ordered([_Placed(row, at) for at, row in enumerate(every)], _COLUMNS, sort_by, sort_order),
        page,
        reader.page_size(per_page),
        offset,
    )
    answer = UserList(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, None),
        pagination=pagination,
        period=f"{tests_of(period)}, without running and undated ones",
        users=[fill_line(one.row) for one in shown],
    )
    if not every:
        warn(answer, nothing(0, "user"))
    keep_short(answer, "users", asked=per_page is not None)
    return result(answer)


@tool(title="User summary", annotations=FROM_SNAPSHOT, output_schema=schema(UserSummary))
async def get_user_summary(*, user_id: Id | None = None, username: Text = None) -> ToolResult:
    """Return one person's bugs, tests, products and first and last activity, over executed tests of all time.

    Args:
        user_id: The upstream's id, where it gives one.
        username: The whole name; instead of user_id.
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    rows = user_rows(facts, select(facts, Selection()), reader.settings.quality.weights)
    wanted = username if user_id is None else user_id
    if wanted is None:
        raise InvalidInput(
            "Neither user_id nor username is given.", "One of them says who.", "list_users has both."
        )
    name = fold(wanted) if isinstance(wanted, str) else None
    found = [row for row in rows if (wanted in row.ids if name is None else fold(row.name) == name)]
    if not found:
        raise NotFound(
            f"No user is called {shorten(str(wanted), 80)!r}."
            if name is not None
            else f"No user has the id {wanted}.",
            f"The executed tests of the snapshot name {len(rows):,} people.",
            (did_you_mean(str(wanted), {row.name for row in rows}) if name is not None else "")
            or "list_users names them all.",
        )
    answer = UserSummary(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, None),
        name=shorten(found[0].name),
        activity=[fill_part(facts, row) for row in found],
    )
    return result(answer)


@dataclass(frozen=True)
class _Placed:
    """A row with the number by which equal ones are ordered."""

    row: UserRow
    id: int

    @property
    def measures(self) -> Mapping[str, Measure]:
        """Return those of the row."""
        return self.row.measures


_COLUMNS: Mapping[str, Column] = {
    **by_measures(BY_BUGS),
    TESTS: (lambda one: one.row.tally.test_count, "desc"),
    "username": (lambda one: fold(one.row.name), "asc"),
    "name": (lambda one: fold(one.row.name), "asc"),
    "user_type": (lambda one: one.row.user_type, "asc"),
    "first_seen": (lambda one: one.row.first_activity, "desc"),
    "last_activity": (lambda one: one.row.last_activity, "desc"),
}

"""The tests that could not be fetched."""

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel

from base.text import listed, shorten
from mcp_reader.answers.base import FROM_SNAPSHOT, Answer, result, schema, stamp, warn
from mcp_reader.arguments.types import Id
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import product_ref, product_refs, row_names
from mcp_reader.lookup.names import id_of
from mcp_reader.text import LIMIT
from quality.model.facts import Gap

OF_TESTS = frozenset({"test", "bugs", "tests"})


class ProblemLine(BaseModel):
    """A test, or its bugs, that could not be fetched.

    Attributes:
        state: `missing`, `stale` (an older copy is counted), `damaged` or `gone`.
        place: Where it stands in the product's list of tests, when its id is not known.
    """

    what: str
    test_id: int | None = None
    product: str | None = None
    state: str
    why: str
    since: str | None = None
    tries: int | None = None
    place: str | None = None


class Problems(Answer):
    """The tests that could not be fetched; numbers lack them or count an older copy."""

    total_count: int
    problems: list[ProblemLine]


@tool(title="Problematic tests", annotations=FROM_SNAPSHOT, output_schema=schema(Problems))
async def get_problematic_tests(*, product_id: Id | None = None) -> ToolResult:
    """List the tests that could not be fetched: where, why, since when, tries.

    Args:
        product_id: Only of this product; id or name.
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    number = None if product_id is None else id_of(facts, "product", product_id, "product_id")
    found = [
        gap
        for gap in facts.gaps
        if gap.kind in OF_TESTS and (number is None or gap.product_id in {None, number})
    ]
    names = row_names(product_refs(facts, [gap.product_id for gap in found if gap.product_id is not None]))
    answer = Problems(
        data_as_of=stamp(facts.as_of),
        total_count=len(found),
        problems=[_line(gap, names) for gap in found],
    )
    while len(answer.model_dump_json(exclude_none=True)) > LIMIT and len(answer.problems) > 1:
        answer.problems.pop()
    if len(answer.problems) < len(found):
        warn(answer, f"The first {len(answer.problems)} are listed; name a product for the others.")
    if not found:
        of = f" of {product_ref(facts, number).name}" if number is not None else ""
        warn(answer, f"Every test{of} that the API listed was fetched.")
    return result(answer)


def _line(gap: Gap, names: dict[int, str]) -> ProblemLine:
    place = None
    if gap.place is not None:
        beside = f", beside {listed(gap.beside)}" if gap.beside else ""
        place = f"{gap.place} of its list{beside}"
    return ProblemLine(
        what={"tests": "list of tests" if gap.place is None else "test", "bugs": "bugs of a test"}.get(
            gap.kind, gap.kind
        ),
        test_id=gap.test_id,
        product=names.get(gap.product_id) if gap.product_id is not None else None,
        state=gap.state,
        why=shorten(gap.reason, 200),
        since=stamp(gap.since) if gap.since else None,
        tries=gap.tries or None,
        place=place,
    )

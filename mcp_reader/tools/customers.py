"""The customers of a reader that serves several."""

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import FROM_SNAPSHOT, result, schema, stamp
from mcp_reader.context import all_readers, chosen_reader, current_reader
from snapshot.errors import SnapshotError


class CustomerLine(BaseModel):
    """One customer; `problem` says why nothing of it can be read."""

    customer: str
    data_as_of: str | None = None
    products: int | None = None
    tests: int | None = None
    problem: str | None = None


class CustomerList(BaseModel):
    """The customers; each has data of its own time."""

    data_as_of: str | None = None
    source: str = "snapshot"
    warnings: list[str] | None = None
    customers: list[CustomerLine]


@tool(title="List customers", annotations=FROM_SNAPSHOT, output_schema=schema(CustomerList))
async def list_customers() -> ToolResult:
    """List the customers that this reader serves; every other tool takes one of them as `customer`."""
    lines = []
    for name, reader in all_readers().items():
        try:
            with chosen_reader(reader):
                facts = (await current_reader().library.edition()).facts
        except SnapshotError as error:
            lines.append(CustomerLine(customer=shorten(name), problem=shorten(error.what, 120)))
        else:
            lines.append(
                CustomerLine(
                    customer=shorten(name),
                    data_as_of=stamp(facts.as_of),
                    products=len(facts.products),
                    tests=len(facts.tests),
                )
            )
    return result(CustomerList(customers=lines))

"""Resources: the playbook, how to use the data from programs, what the snapshot is, and pages of entities."""

import json
from typing import Any

from fastmcp import FastMCP

from base.errors import InvalidInput, UserError
from base.text import listed
from config.scrubbing import scrub
from mcp_reader.answers.base import stamp
from mcp_reader.context import Reader, all_readers, chosen_reader, current_reader
from mcp_reader.errors.parts import parts_of
from mcp_reader.playbook import playbook
from mcp_reader.prompts import analyze_product_quality, prep_meeting
from mcp_reader.tools.bugs import get_bug_summary
from mcp_reader.tools.tests import get_test_summary
from quality.selection import Selection
from quality.views.report import report_view

MARKDOWN, JSON = "text/markdown", "application/json"
LONGEST_ID = 18

PROGRAMS = """\
# From programs

- **REST**: `testio-reports serve` answers every tool under `/api/v1/<tool>` (GET where it only reads, POST \
with JSON); `/api/v1/openapi.json` describes all of them. Arguments and answers are those of the tools.
- **Files**: `generate_quality_report(output_file="x.json")` writes a whole report; `.csv` a row for a test.
- **Pages**: `testio-reports build` writes every table also as CSV and JSON beside its page.
- **MCP** from Python: `fastmcp.Client("testio-reports mcp")`, then `call_tool(name, arguments)`; read \
`structured_content`.

Every list has `pagination`: go on while `has_more`, with `offset = next_offset`. An error has a `code` \
beside its three lines.
"""


def add_resources(server: FastMCP[Any]) -> None:
    """Add resources, templates and prompts to a server."""
    server.resource("testio://knowledge/playbook", name="playbook", title="Playbook", mime_type=MARKDOWN)(
        read_playbook
    )
    server.resource(
        "testio://knowledge/programmatic-access",
        name="programmatic-access",
        title="Use from programs",
        mime_type=MARKDOWN,
    )(read_programs)
    server.resource("testio://snapshot/manifest", name="manifest", title="Snapshot", mime_type=JSON)(
        read_manifest
    )
    for uri, name, title, mime, read in (
        (
            "testio://products/{product_id}/report.md{?customer}",
            "product-report",
            "Report of a product",
            MARKDOWN,
            read_report,
        ),
        ("testio://tests/{test_id}{?customer}", "test", "A test", JSON, read_test),
        ("testio://bugs/{bug_id}{?customer}", "bug", "A bug", JSON, read_bug),
    ):
        server.resource(uri, name=name, title=title, mime_type=mime)(read)
    for module in (analyze_product_quality, prep_meeting):
        function = getattr(module, module.NAME.replace("-", "_"))
        server.prompt(name=module.NAME, title=module.TITLE)(function)


async def read_playbook() -> str:
    """Tell how to read the numbers, patterns with the thresholds in force, and which call answers what."""
    return playbook(next(iter(all_readers().values())).settings.quality)


async def read_programs() -> str:
    """Tell how to use the same data from programs."""
    return PROGRAMS


async def read_manifest() -> str:
    """Return the published snapshot: id, time, counts, gaps; of each customer."""
    found = {name or "default": await _manifest(reader) for name, reader in all_readers().items()}
    return json.dumps(found if len(found) > 1 else next(iter(found.values())), ensure_ascii=False)


async def read_report(product_id: str, customer: str = "") -> str:
    """Return the quality report of a product over the default period, as on its page."""
    from build.site.markdown.report import report_markdown

    with chosen_reader(_reader(customer)):
        reader = current_reader()
        facts = (await reader.library.edition()).facts
        selection = Selection(product_ids=(_number(product_id),), period=reader.default_period(facts))
        view = report_view(facts, selection, reader.settings.quality, facts.as_of)
        return report_markdown(view, reader.settings.testio_site_base_url)


async def read_test(test_id: str, customer: str = "") -> str:
    """Return one test in full, as get_test_summary answers."""
    with chosen_reader(_reader(customer)):
        answer = await get_test_summary(test_id=_number(test_id))
    return json.dumps(answer.structured_content, ensure_ascii=False)


async def read_bug(bug_id: str, customer: str = "") -> str:
    """Return one bug in full, as get_bug_summary answers."""
    with chosen_reader(_reader(customer)):
        answer = await get_bug_summary(bug_id=_number(bug_id))
    return json.dumps(answer.structured_content, ensure_ascii=False)


async def _manifest(reader: Reader) -> dict[str, Any]:
    with chosen_reader(reader):
        try:
            edition = await current_reader().library.edition()
        except UserError as error:
            return {"problem": scrub(" ".join(parts_of(error) or ()))}
    manifest, facts = edition.snapshot.manifest, edition.facts
    return {
        "id": manifest.id,
        "created_at": stamp(manifest.created_at),
        "format": manifest.format,
        "products": len(facts.products),
        "tests": len(facts.tests),
        "bugs": len(facts.bugs),
        "gaps": len(facts.gaps),
    }


def _reader(customer: str) -> Reader:
    """Return the reader of the customer that an address names.

    Raises:
        InvalidInput: When it names none although there are several, or an unknown one.
    """
    readers = all_readers()
    if len(readers) == 1 and not customer:
        return next(iter(readers.values()))
    if customer not in readers:
        raise InvalidInput(
            "The address names no customer that is served here.",
            f"They are {listed(readers)}.",
            "End it with ?customer=NAME.",
        )
    return readers[customer]


def _number(text: str) -> int:
    """Return the id in an address.

    Raises:
        InvalidInput: When it is none.
    """
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= LONGEST_ID):
        raise InvalidInput(
            f"{text[:60]!r} is not an id.", "Ids are whole numbers.", "list_products finds them."
        )
    return int(text)

"""A person is asked where a name is that of several products, and before everything is fetched again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from mcp_types import CallToolResult, ElicitResult

from demo.account.account import demo_account
from mcp_reader.server import create_server
from tests.mcp_reader.calls import said, settings_of
from tests.mcp_reader.published_account import publish_account

HALO, CANVAS = 598, 18559


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot in which two products have one name."""

    def renamed(kind: str, value: dict[str, Any]) -> dict[str, Any]:
        return value | {"name": "Halo Shop"} if kind == "product" and value["id"] == CANVAS else value

    root = tmp_path_factory.mktemp("alike") / "snapshots"
    publish_account(root, replace(demo_account(12, bugs=40), change=renamed))
    return root


async def answered(
    root: Path,
    mode: str,
    answer: Callable[[], ElicitResult] | None,
    tool: str,
    **arguments: Any,
) -> tuple[CallToolResult, list[str]]:
    """The answer to a call of a client whose person answers so, and what the person was asked."""
    questions: list[str] = []

    async def person(message: str, _: Any, *__: Any) -> ElicitResult:
        questions.append(message)
        assert answer is not None
        return answer()

    handler: Any = person if answer else None
    async with Client(create_server(settings_of(root)), mode=mode, elicitation_handler=handler) as client:
        return await client.call_tool_mcp(tool, arguments), questions


@pytest.mark.parametrize("given", ["halo shop", ["Halo Shop", 21043]])
async def test_the_person_chooses_between_products_of_one_name(alike: Path, mode: str, given: Any) -> None:
    def canvas() -> ElicitResult:
        return ElicitResult(action="accept", content={"id": str(CANVAS)})

    result, questions = await answered(alike, mode, canvas, "list_tests", product_ids=given)
    assert not result.is_error, said(result)
    answer = result.structured_content or {}
    one = [answer["product"]] if "product" in answer else answer["products"]
    assert CANVAS in {ref["id"] for ref in one}
    assert HALO not in {ref["id"] for ref in one}
    (question,) = questions
    assert "is the name of 2 products" in question


@pytest.mark.parametrize("answer", [None, lambda: ElicitResult(action="decline")])
async def test_without_a_choice_the_error_lists_the_ids(
    alike: Path, mode: str, answer: Callable[[], ElicitResult] | None
) -> None:
    result, _ = await answered(alike, mode, answer, "get_product_summary", product_id="Halo Shop")
    assert result.is_error
    assert f"{HALO}, {CANVAS}" in said(result)
    assert [line[0] for line in said(result).splitlines()] == ["❌", "\N{INFORMATION SOURCE}", "💡"]


@pytest.mark.slow
async def test_a_form_that_the_client_cannot_send_is_no_choice(alike: Path) -> None:
    result, _ = await answered(
        alike,
        "legacy",
        lambda: ElicitResult(action="accept", content={"id": "7"}),
        "get_product_summary",
        product_id="Halo Shop",
    )
    assert f"{HALO}, {CANVAS}" in said(result)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "TESTIO_CUSTOMER_API_TOKEN"),
        (lambda: ElicitResult(action="accept", content={"confirm": True}), "TESTIO_CUSTOMER_API_TOKEN"),
        (lambda: ElicitResult(action="accept", content={"confirm": False}), "was not confirmed"),
        (lambda: ElicitResult(action="cancel"), "was not confirmed"),
    ],
    ids=["no forms", "sure", "not sure", "cancelled"],
)
async def test_everything_is_fetched_again_only_when_the_person_agrees(
    alike: Path, mode: str, answer: Callable[[], ElicitResult] | None, told: str
) -> None:
    """There is no token here: that is what a refresh which goes on says."""
    result, questions = await answered(alike, mode, answer, "sync_data", since="all")
    assert told in said(result)
    assert len(questions) == bool(answer)
    _, others = await answered(alike, mode, answer, "sync_data")
    assert others == []

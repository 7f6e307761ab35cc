"""MCP, REST, pages and health over HTTP: the answers of stdio, and refusals that say what is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from base.bounds import MESSAGE_BYTES
from base.errors import InvalidInput
from config.scrubbing import hide
from mcp_reader.http.app import create_app, see_guarded
from mcp_reader.http.openapi import PREFIX, by_query
from mcp_reader.server import create_server
from tests.mcp_reader.calls import Asking, asking, settings_of
from tests.mcp_reader.http.conftest import rpc
from tests.mcp_reader.http.served_app import client_of

ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list_products", {}),
        ("get_product_summary", {"product_id": 598}),
        ("list_bugs", {"product_ids": [598], "per_page": 3}),
        ("search", {"query": "checkout"}),
        (
            "query_metrics",
            {"metrics": ["bug_count"], "filters": {"product": 598}},
        ),
        ("generate_quality_report", {"product_ids": [598]}),
        ("get_analytics_capabilities", {}),
    ],
)
async def test_rest_answers_what_the_tool_answers(
    web: httpx.AsyncClient, indexed_snapshot: Path, name: str, arguments: dict[str, Any]
) -> None:
    answer = await web.post(f"{PREFIX}/{name}", json=arguments)
    assert answer.status_code == 200, answer.text
    async with asking(indexed_snapshot) as ask:
        assert answer.json() == await ask(name, **arguments)
        Draft202012Validator(ask.schemas[name]).validate(answer.json())


async def test_a_secret_of_the_server_that_a_caller_sends_is_not_told_back(web: httpx.AsyncClient) -> None:
    """It stood in the error, and from there in the log of whatever stands between."""
    secret = "secret-of-this-server-81f3"  # pragma: allowlist secret
    hide(secret)
    for name, sent in (("get_test_summary", {"test_id": secret}), ("list_products", {secret: 1})):
        for answer in (
            await web.get(f"{PREFIX}/{name}", params=sent),
            await web.post(f"{PREFIX}/{name}", json=sent),
        ):
            assert answer.status_code in {400, 422}, answer.text
            assert secret not in answer.text
    assert secret not in (await web.get(f"/{secret}")).text


async def test_arguments_arrive_by_query_and_by_body(web: httpx.AsyncClient, ask: Asking) -> None:
    expected = await ask("list_bugs", product_ids=[598, 30417], severity=["high"], per_page=3)
    query = f"{PREFIX}/list_bugs?product_ids=598,30417&severity=high&per_page=3&start_date="
    assert (await web.get(query)).json() == expected
    body = {"product_ids": [598, 30417], "severity": ["high"], "per_page": 3}
    assert (await web.post(f"{PREFIX}/list_bugs", json=body)).json() == expected


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/get_bug_summary?bug_id=1", 404, "NOT_FOUND", "Bug 1 is not in the snapshot."),
        ("/get_bug_summary?bug_id=x", 400, "INVALID_INPUT", "bug_id cannot be used."),
        ("/get_bug_summary", 400, "INVALID_INPUT", "'bug_id' is a required property."),
        ("/list_bugs?nonsense=1", 400, "INVALID_INPUT", "nonsense"),
        ("/list_bugs?per_page=900", 400, "INVALID_INPUT", "900 is greater than the maximum of 200."),
        ("/list_bugs?per_page=1&per_page=2", 400, "INVALID_INPUT", "2 times"),
        ("/list_bugs?product_ids=598&severity=critcal", 422, "INVALID_INPUT", "critcal"),
        ("/no_such_tool", 404, "NOT_FOUND", "Not Found."),
        ("/generate_quality_report", 405, "METHOD_NOT_ALLOWED", "Method Not Allowed."),
    ],
)
async def test_an_error_is_a_problem_with_the_code_of_the_tool(
    web: httpx.AsyncClient, path: str, status: int, code: str, words: str
) -> None:
    answer = await web.get(f"{PREFIX}{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert words in problem["title"] + problem.get("detail", "")


@pytest.mark.parametrize(
    ("content", "kind", "status", "words"),
    [
        (b"{", "application/json", 400, "not JSON"),
        (b"[1]", "application/json", 400, "not a JSON object"),
        (b"{}", "text/plain", 415, "not declared as JSON"),
        (b"[" * 100_000, "application/json", 400, "not JSON"),
        (b'{"search": 1e999}', "application/json", 400, ""),
        (b'"\xff"', "application/json", 400, "not JSON"),
        (b" " * (MESSAGE_BYTES + 1), "application/json", 413, "more than"),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused(
    web: httpx.AsyncClient, content: bytes, kind: str, status: int, words: str
) -> None:
    answer = await web.post(f"{PREFIX}/list_products", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["title"]
    assert (await web.get("/healthz")).json() == {"status": "ok"}


async def test_mcp_answers_without_a_session(web: httpx.AsyncClient, ask: Asking) -> None:
    listed = await web.post("/mcp", json=rpc("tools/list"), headers=ACCEPT)
    assert listed.status_code == 200
    assert {tool["name"] for tool in listed.json()["result"]["tools"]} == set(ask.schemas)
    called = await web.post(
        "/mcp", json=rpc("tools/call", name="list_products", arguments={}), headers=ACCEPT
    )
    assert called.json()["result"]["structuredContent"] == await ask("list_products")
    assert "mcp-session-id" not in called.headers


@pytest.mark.parametrize("path", ["/mcp", f"{PREFIX}/list_products", "/", "/healthz"])
async def test_a_foreign_host_or_origin_is_refused_everywhere(web: httpx.AsyncClient, path: str) -> None:
    for headers, status, words in (
        ({"Host": "evil.example.com"}, 421, "does not answer to that host name"),
        ({"Origin": "https://evil.example.com"}, 403, "another origin"),
    ):
        answer = await web.get(path, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert words in answer.json()["title"]
        assert "TESTIO_PUBLIC_URL" in answer.json()["hint"]
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert (await web.get("/healthz")).json() == {"status": "ok"}


async def test_the_public_name_is_served(indexed_snapshot: Path, tmp_path: Path) -> None:
    settings = settings_of(
        indexed_snapshot, testio_site_dir=tmp_path, testio_public_url="https://reports.example.com"
    )
    app = await create_app(settings)
    async with app.lifespan(), await client_of(app) as client:
        answer = await client.get("/healthz", headers={"Host": "reports.example.com"})
        assert answer.status_code == 200
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_the_pages_are_served_and_nothing_beside_them(web: httpx.AsyncClient) -> None:
    page = await web.get("/")
    assert "Portfolio" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for path in (
        "/.pages", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/nowhere.html", "/%00",
        "/%252e%252e/secret.txt", "/..%252fsecret.txt", "/..\\secret.txt", "/..%5csecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt", "/....//secret.txt", "/%c0%ae%c0%ae/secret.txt",
        "/%2e%2e%5c%2e%2e%5csecret.txt", "/C:%5csecret.txt", f"/{'%2e%2e/' * 60}etc/passwd", "/a" * 5000,
    ):  # fmt: skip
        answer = await web.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    assert (await web.get("/")).status_code == 200
    assert (await web.post("/")).status_code == 405


async def test_health_says_what_is_missing(web: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await web.get("/readyz")).json() == {
        "ready": True,
        "checks": {"snapshot": True, "age": True, "index": True},
    }
    app = await create_app(settings_of(tmp_path / "nothing", testio_site_dir=tmp_path))
    async with app.lifespan(), await client_of(app) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"snapshot": False, "age": False, "index": False}
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get(f"{PREFIX}/list_products")).json()["code"] == "NO_SNAPSHOT"


async def test_figures_count_routes_and_not_paths(web: httpx.AsyncClient) -> None:
    await web.get("/some/path/of/somebody")
    await web.get(f"{PREFIX}/list_products")
    text = (await web.get("/metrics")).text
    assert f'testio_requests_total{{route="{PREFIX}/list_products",status="200"}}' in text
    assert "testio_snapshot_age_seconds" in text
    assert "somebody" not in text


async def test_the_document_and_its_page_name_every_tool_and_need_no_network(web: httpx.AsyncClient) -> None:
    document = (await web.get(f"{PREFIX}/openapi.json")).json()
    page = (await web.get(f"{PREFIX}/docs")).text
    tools = await create_server(settings_of(Path("nowhere"))).list_tools(run_middleware=False)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {f"{PREFIX}/{tool.name}" for tool in tools}
    for tool in tools:
        assert ("get" in document["paths"][f"{PREFIX}/{tool.name}"]) == by_query(tool)
        assert f"{PREFIX}/{tool.name}" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    defined = document["components"]["schemas"]
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    assert references <= {f"#/components/schemas/{name}" for name in defined}
    assert references


async def test_a_form_of_the_page_leads_to_the_route_without_its_empty_fields(web: httpx.AsyncClient) -> None:
    asked = await web.get(f"{PREFIX}/docs/list_bugs?product_ids=598&per_page=&severity=")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PREFIX}/list_bugs?product_ids=598")
    assert (await web.get(f"{PREFIX}/docs/nothing?x=1")).status_code == 404


async def test_a_site_that_is_not_built_yet_has_no_pages(indexed_snapshot: Path, tmp_path: Path) -> None:
    app = await create_app(settings_of(indexed_snapshot, testio_site_dir=tmp_path / "site"))
    async with app.lifespan(), await client_of(app) as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.get("/healthz")).status_code == 200


async def test_switched_off_tools_have_no_route(indexed_snapshot: Path, tmp_path: Path) -> None:
    app = await create_app(
        settings_of(indexed_snapshot, testio_site_dir=tmp_path, disabled_tools=("search",))
    )
    async with app.lifespan(), await client_of(app) as client:
        assert (await client.get(f"{PREFIX}/search?query=x")).status_code == 404
        assert f"{PREFIX}/search" not in (await client.get(f"{PREFIX}/openapi.json")).json()["paths"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "reports.example.com"])
def test_an_address_that_others_reach_is_refused_without_authentication(host: str) -> None:
    with pytest.raises(InvalidInput, match="can be reached by other machines"):
        see_guarded(host, guarded=False, insecure=False)
    see_guarded(host, guarded=False, insecure=True)
    see_guarded(host, guarded=True, insecure=False)
    see_guarded("127.0.0.1", guarded=False, insecure=False)
    see_guarded("::1", guarded=False, insecure=False)

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp.apps.config import UI_EXTENSION_ID
from fastmcp.tools import Tool
from mcp_types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY

from build.everything import build_everything
from config.keys import add_key
from context_files.load import load_context
from demo.account.account import DEMO_NOW, Account, demo_account
from mcp_reader.chat import FRAGMENT, VIEW
from mcp_reader.http.app import create_app
from mcp_reader.http.calls import WHOLE_ACCOUNT
from mcp_reader.http.openapi import PREFIX
from mcp_reader.server import create_server
from tests.context_files.folders import write_context
from tests.mcp_reader.apps import Apps
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.http.conftest import bearer, rpc
from tests.mcp_reader.http.served_app import ACCEPT, CANARY, MINE, Planted, client_of, serving
from tests.mcp_reader.published_account import publish_account

PLANTED = "Quetzalcoatlus"
MODERN = "2026-07-28"


class Marked(Account):
    """The demo account, with a word planted into every text of one product."""

    def products(self) -> list[dict[str, Any]]:
        return [self._marked(one) if one["id"] == CANARY else one for one in super().products()]

    def features(
        self, product_id: int, section_id: int | None = None, *, stories: bool = True
    ) -> list[dict[str, Any]]:
        found = super().features(product_id, section_id, stories=stories)
        return [self._marked(one) for one in found] if product_id == CANARY else found

    def test(self, test_id: int, *, stories: bool = True) -> dict[str, Any]:
        found = super().test(test_id, stories=stories)
        return self._marked(found) if test_id in self.test_ids[CANARY] else found

    def bugs(self, test_id: int) -> list[dict[str, Any]]:
        found = super().bugs(test_id)
        return [self._marked(one) for one in found] if test_id in self.test_ids[CANARY] else found

    def _marked(self, raw: dict[str, Any]) -> dict[str, Any]:
        texts = {"name", "title", "description", "goal", "instructions", "actual_result", "expected_result"}
        return {
            key: f"{PLANTED} {value}" if key in texts and isinstance(value, str) else value
            for key, value in raw.items()
        }


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("planted")
    plain = demo_account(60, bugs=200)
    account = Marked(**{name: getattr(plain, name) for name in plain.__dataclass_fields__})
    publish_account(folder / "snapshots", account, at=DEMO_NOW - timedelta(days=1))
    publish_account(folder / "snapshots", account)
    tests = account.test_ids[CANARY]
    bugs = {bug["id"] for test_id in tests for bug in account.bugs(test_id)}
    assert bugs
    context = load_context(write_context(folder / "context", said_of(tests[0], min(bugs))))
    assert context.faults == ()
    build_everything(folder / "snapshots", folder / "site", context=context)
    return Planted(folder / "snapshots", folder / "site", frozenset({CANARY, *tests, *bugs}))


def said_of(test: int, bug: int) -> dict[str, str]:
    """Context files of every kind about the other product, each with the word."""
    release = f"version: {PLANTED}-9.9\ndate: 2026-11-10\nstatus: shipped\n"
    note = f"---\nauthor: {PLANTED} A.\nvisibility: published\n---\n{PLANTED} was here.\n"
    return {
        f"releases/{CANARY}/{PLANTED}-9.9.yaml": release,
        f"notes/product/{CANARY}.md": note,
        f"notes/test/{test}.md": note,
        f"notes/bug/{bug}.md": note,
        f"goals/{CANARY}.yaml": f"tests_per_month: 3\nreview_owner: {PLANTED} B.\n",
        "actions.yaml": f"actions:\n  - what: {PLANTED} again\n    product: {CANARY}\n",
        "owners.yaml": f"owners:\n  - product: {CANARY}\n    team: {PLANTED}\n    reviewer: {PLANTED} C.\n",
        "links.yaml": f"links:\n  - bug: {bug}\n    key: {PLANTED}-1\n",
    }


NUMBER = re.compile(r"(?<!\w)\d{5,}(?!\w)")


def leaks(asked: str, text: str, planted: Planted) -> bool:
    """Whether a text has the word of the other product, or an id of it that was not asked for by number."""
    told = set(NUMBER.findall(text)) - set(NUMBER.findall(asked))
    return PLANTED.casefold() in text.casefold() or not planted.ids.isdisjoint(map(int, told))


ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "search": [
        {"query": PLANTED},
        {"query": "Quetzalcoatlas"},
        {"query": "checkout"},
        {"query": str(CANARY)},
    ],
    "query_metrics": [
        {"metrics": ["bug_count", "test_count"], "dimensions": [one]}
        for one in ("product", "feature", "test", "tester", "customer", "section", "platform")
    ],
    "list_products": [{}, {"search": PLANTED}],
    "generate_quality_report": [{}, {"format": "markdown"}, {"compare": "previous_period"}],
}


def calls_of(tool: Tool, ids: list[int]) -> Iterator[dict[str, Any]]:
    """Calls of a tool as it is, about one product, and with each id wherever an id is taken."""
    properties = tool.parameters.get("properties", {})
    yield from ARGUMENTS.get(tool.name, [{}])
    if "product_ids" in properties:
        yield {"product_ids": [MINE]}
    for name, part in properties.items():
        if name.endswith(("_id", "_ids")):
            yield from ({name: [one] if part.get("type") == "array" else one} for one in ids)


def messages(ids: list[int]) -> Iterator[dict[str, Any]]:
    """Everything of MCP beside tools: what is listed, every resource and template, prompts, completions."""
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        yield rpc(method)
    for name in ("knowledge/playbook", "knowledge/programmatic-access", "snapshot/manifest"):
        yield rpc("resources/read", uri=f"testio://{name}")
    for template in ("products/{product_id}/report.md", "tests/{test_id}", "bugs/{bug_id}"):
        for one in ids:
            yield rpc("resources/read", uri=f"testio://{re.sub('{.*}', str(one), template)}")
    for prompt in ("analyze-product-quality", "prep-meeting"):
        yield rpc("prompts/get", name=prompt, arguments={"product": str(CANARY)})
        yield from (completing({"type": "ref/prompt", "name": prompt}, "product", typed) for typed in TYPED)
    for template, argument in (
        ("products/{product_id}/report.md{?customer}", "product_id"),
        ("tests/{test_id}{?customer}", "test_id"),
        ("bugs/{bug_id}{?customer}", "bug_id"),
    ):
        uri = {"type": "ref/resource", "uri": f"testio://{template}"}
        yield from (completing(uri, argument, typed) for typed in TYPED)
    yield rpc("resources/read", uri=VIEW)


def shown_in_a_chat(ids: list[int]) -> Iterator[dict[str, Any]]:
    """Calls whose answers a host with MCP Apps gets as HTML too, in the era in which it says so each time."""
    calls: list[tuple[str, dict[str, Any]]] = [
        ("generate_quality_report", {}),
        ("query_metrics", {"metrics": "bug_count", "dimensions": "product"}),
        *(("generate_quality_report", {"product_ids": [one]}) for one in (MINE, CANARY)),
        *(("get_bug_summary", {"bug_id": one}) for one in ids),
    ]
    meta = {
        PROTOCOL_VERSION_META_KEY: MODERN,
        CLIENT_INFO_META_KEY: {"name": "host", "version": "1"},
        CLIENT_CAPABILITIES_META_KEY: {"extensions": {UI_EXTENSION_ID: Apps().settings()}},
    }
    for name, arguments in calls:
        yield rpc("tools/call", name=name, arguments=arguments, _meta=meta)


TYPED = ("", "q", PLANTED[:4], str(CANARY)[:3])


def completing(reference: dict[str, str], name: str, typed: str) -> dict[str, Any]:
    return rpc("completion/complete", ref=reference, argument={"name": name, "value": typed})


async def read_all(
    client: httpx.AsyncClient, planted: Planted, headers: dict[str, str]
) -> AsyncIterator[tuple[str, str]]:
    """Everything that a caller can get, with what was asked for; but for the words that it wrote itself."""
    known = sorted(planted.ids)
    for tool in await create_server(settings_of(planted.root)).list_tools(run_middleware=False):
        for call in calls_of(tool, [CANARY, MINE, *known[:4], *known[-4:]]):
            answer = await client.post(f"{PREFIX}/{tool.name}", json=call, headers=headers)
            assert answer.status_code in {200, 400, 403, 404, 422, 503}, answer.text
            own = str(call.get("query") or call.get("search") or "\0")
            yield f"{tool.name} {call}", answer.text.replace(own, "")
            if call == {}:
                same = rpc("tools/call", name=tool.name, arguments=call)
                said = await client.post("/mcp", json=same, headers={**ACCEPT, **headers})
                yield f"tools/call {tool.name}", said.text
    for asked in messages([MINE, *known[:8], *known[-8:]]):
        answer = await client.post("/mcp", json=asked, headers={**ACCEPT, **headers})
        yield str({"method": asked["method"], **asked["params"]}), answer.text
    for asked in shown_in_a_chat(known[-4:]):
        name = asked["params"]["name"]
        modern = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": name}
        answer = await client.post("/mcp", json=asked, headers={**ACCEPT, **modern, **headers})
        told = answer.json()["result"].get("_meta", {}).get(FRAGMENT, "")
        yield f"fragment {asked['params']['arguments']}", told
        yield f"shown {asked['params']['arguments']}", answer.text
    for file in sorted(planted.site.rglob("*")):
        path = f"/{file.relative_to(planted.site).as_posix()}"
        yield path, (await client.get(path, headers=headers)).text
    for path in ("/", "/metrics", "/readyz", f"{PREFIX}/openapi.json", f"{PREFIX}/docs"):
        yield path, (await client.get(path, headers=headers)).text


@pytest.mark.slow
async def test_who_may_see_one_product_never_reads_a_byte_of_another(planted: Planted, keys: Path) -> None:
    """Every tool with every id of the other product, and every file of the site; another caller finds it."""
    _, full = add_key(keys, "all", ("read",))
    _, only = add_key(keys, "one", ("read", f"product:{MINE}"))
    context = planted.root.parent / "context"
    more: dict[str, Any] = {"testio_context_dir": context, "testio_rate_per_minute": 1_000_000}
    async with serving(planted, keys, **more) as client:
        found = [
            asked
            async for asked, text in read_all(client, planted, bearer(full))
            if leaks(asked, text, planted)
        ]
        assert {asked.split()[0] for asked in found} > {"list_products", "search", "list_bugs", "/index.html"}
        for place in (
            "tools/call", "resources/read", "completion/complete", "fragment", "shown",
            "/releases/", "/teams/", "/api/v1/", "llms.txt",
        ):  # fmt: skip
            assert any(place in asked for asked in found), place
        for end in (".csv", ".json", ".xml", ".ics", ".md", ".txt", "search.html"):
            assert any(asked.endswith(end) for asked in found), end
        leaked = [
            asked
            async for asked, text in read_all(client, planted, bearer(only))
            if leaks(asked, text, planted)
        ]
        assert leaked == []


@pytest.mark.slow
async def test_who_may_see_one_product_reads_that_one(planted: Planted, keys: Path) -> None:
    _, only = add_key(keys, "one", ("read", f"product:{MINE}"))
    async with serving(planted, keys) as client:
        listed = (await client.get(f"{PREFIX}/list_products", headers=bearer(only))).json()["products"]
        assert [one["id"] for one in listed] == [MINE]
        found = await client.get(f"{PREFIX}/search?query=checkout", headers=bearer(only))
        assert found.json()["hits"]
        assert f"products/{MINE}/" in (await client.get("/", headers=bearer(only))).text
        assert (await client.get(f"/products/{MINE}/index.html", headers=bearer(only))).status_code == 200
        assert (await client.get(f"/products/{CANARY}/index.html", headers=bearer(only))).status_code == 404
        for name in WHOLE_ACCOUNT & {path.rpartition("/")[2] for path in await paths(client, only)}:
            answer = await client.post(f"{PREFIX}/{name}", json={}, headers=bearer(only))
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.slow
async def test_of_several_accounts_who_may_see_one_product_sees_neither_the_other_nor_the_page_over_all(
    planted: Planted, keys: Path, demo_snapshot: Path
) -> None:
    """The page over all accounts names them: it is for who may see everything."""
    _, full = add_key(keys, "all", ("read",))
    _, only = add_key(keys, "one", ("read", "account:acme", f"product:{MINE}"))
    over = keys.parent / "over"
    over.mkdir()
    (over / "index.html").write_text(f"acme and globex: {PLANTED}")
    accounts = [
        settings_of(root, testio_account=name, testio_site_dir=site, testio_keys_file=keys)
        for name, root, site in (("acme", planted.root, planted.site), ("globex", demo_snapshot, over))
    ]
    own = settings_of(planted.root, testio_site_dir=over, testio_keys_file=keys)
    app = await create_app(*accounts, own=own)
    async with app.lifespan(), await client_of(app) as client:
        assert PLANTED in (await client.get("/", headers=bearer(full))).text
        for path in (
            "/", "/index.html", "/acme/", "/acme/index.html", "/acme/llms.txt", "/acme/feed.xml",
            f"/acme/products/{CANARY}/index.html", "/acme/api/v1/products.json", "/globex/", "/readyz",
            "/metrics", f"{PREFIX}/list_customers", f"{PREFIX}/list_products?customer=acme",
            f"{PREFIX}/list_products?customer=globex", f"{PREFIX}/search?customer=acme&query={PLANTED[:4]}*",
        ):  # fmt: skip
            text = (await client.get(path, headers=bearer(only))).text.replace("customer='globex'", "")
            assert not leaks(path, text, planted), path
            assert "globex" not in text, path


async def paths(client: httpx.AsyncClient, key: str) -> list[str]:
    document = (await client.get(f"{PREFIX}/openapi.json", headers=bearer(key))).json()
    return list(document["paths"])

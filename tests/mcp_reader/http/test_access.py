"""Credentials decide alike on MCP, REST and pages; who may see one product learns nothing of another."""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp.server.auth.providers.jwt import RSAKeyPair
from fastmcp.tools import Tool

from base.errors import InvalidInput, NotFound, Unavailable
from build.everything import build_everything
from config.keys import add_key, found_key, read_keys, revoke_key, scopes_of
from demo.account.account import DEMO_NOW, Account, demo_account
from mcp_reader.http.app import create_app
from mcp_reader.http.calls import WHOLE_ACCOUNT
from mcp_reader.http.openapi import PREFIX
from mcp_reader.server import create_server
from tests.logged import logging_kept
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.http.conftest import bearer, client_of, rpc
from tests.mcp_reader.published_account import publish_account

ACCEPT = {"Accept": "application/json, text/event-stream"}
MINE, CANARY = 598, 30417
PLANTED = "Quetzalcoatlus"
ISSUER, AUDIENCE = "https://login.example.com/", "testio-reports"


@dataclass(frozen=True)
class Planted:
    """A built account in which one product's every text and id can be told from the others'."""

    root: Path
    site: Path
    ids: frozenset[int]


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
    build_everything(folder / "snapshots", folder / "site")
    tests = account.test_ids[CANARY]
    bugs = {bug["id"] for test_id in tests for bug in account.bugs(test_id)}
    assert bugs
    return Planted(folder / "snapshots", folder / "site", frozenset({CANARY, *tests, *bugs}))


@pytest.fixture(scope="module")
def plain(indexed_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The demo account with a page, for what is the same whatever is served."""
    site = tmp_path_factory.mktemp("plain")
    (site / "index.html").write_text("<!doctype html><title>Portfolio</title>")
    return Planted(indexed_snapshot, site, frozenset())


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@asynccontextmanager
async def serving(served: Planted, keys: Path, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_of(served.root, testio_site_dir=served.site, testio_keys_file=keys, **changed)
    app = await create_app(settings)
    async with app.lifespan(), await client_of(app) as client:
        yield client


EVERYWHERE = ["/", f"{PREFIX}/list_products", f"{PREFIX}/openapi.json", f"{PREFIX}/docs", "/metrics"]


async def test_a_key_opens_mcp_rest_and_pages_and_nothing_else_does(plain: Planted, keys: Path) -> None:
    _, text = add_key(keys, "alice", ("read",))
    wrong = [
        {},
        bearer("tio_000000000000_" + "x" * 43),
        bearer(text[:-1] + "~"),
        bearer("nonsense"),
        bearer(""),
    ]
    password = base64.b64encode(f"anybody:{text}".encode()).decode()
    right = [bearer(text), {"X-API-Key": text}, {"Authorization": f"Basic {password}"}]
    async with serving(plain, keys) as client:
        for path in EVERYWHERE:
            for headers in wrong:
                answer = await client.get(path, headers=headers)
                assert answer.status_code == 401, (path, headers)
                assert answer.json()["code"] == "UNAUTHORIZED"
                assert "Bearer" in answer.headers["www-authenticate"]
                assert "Halo" not in answer.text
            for headers in right:
                assert (await client.get(path, headers=headers)).status_code == 200, (path, headers)
        for headers, status in ((wrong[1], 401), ({}, 401), (right[0], 200), (right[1], 200)):
            answer = await client.post("/mcp", json=rpc("tools/list"), headers={**ACCEPT, **headers})
            assert answer.status_code == status
        browser = await client.get("/", headers={"Accept": "text/html"})
        assert browser.headers["www-authenticate"].startswith("Basic")
        for path in ("/healthz", "/readyz"):
            assert (await client.get(path)).status_code in {200, 503}


async def test_an_expired_or_revoked_key_is_refused_at_once(plain: Planted, keys: Path) -> None:
    key, text = add_key(keys, "alice", ("read",))
    _, old = add_key(keys, "bob", ("read",), datetime.now(UTC) - timedelta(seconds=1))
    async with serving(plain, keys) as client:
        assert (await client.get("/", headers=bearer(text))).status_code == 200
        assert (await client.get("/", headers=bearer(old))).status_code == 401
        revoke_key(keys, key.id)
        assert (await client.get("/", headers=bearer(text))).status_code == 401


async def test_a_key_of_another_account_or_without_read_is_forbidden(plain: Planted, keys: Path) -> None:
    _, other = add_key(keys, "globex", ("read", "account:globex"))
    _, none = add_key(keys, "job", ("sync",))
    _, acme = add_key(keys, "acme", ("read", "account:acme"))
    async with serving(plain, keys, testio_account="acme") as client:
        for text, status in ((other, 403), (none, 403), (acme, 200)):
            for path in EVERYWHERE[:2]:
                assert (await client.get(path, headers=bearer(text))).status_code == status
            answer = await client.post("/mcp", json=rpc("tools/list"), headers={**ACCEPT, **bearer(text)})
            assert answer.status_code == status


async def test_only_a_key_with_sync_takes_a_snapshot(plain: Planted, keys: Path) -> None:
    """With it the call comes as far as the API's token, which this server lacks."""
    _, reads = add_key(keys, "reader", ("read",))
    _, syncs = add_key(keys, "job", ("read", "sync"))
    async with serving(plain, keys) as client:
        refused = await client.post(f"{PREFIX}/sync_data", json={}, headers=bearer(reads))
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
        tried = await client.post(f"{PREFIX}/sync_data", json={}, headers=bearer(syncs))
        assert (tried.status_code, tried.json()["code"]) == (503, "UNAVAILABLE")


async def test_an_answer_that_is_remembered_is_not_given_to_who_may_not_see_it(
    plain: Planted, keys: Path
) -> None:
    _, full = add_key(keys, "all", ("read",))
    _, only = add_key(keys, "one", ("read", f"product:{MINE}"))
    async with serving(plain, keys) as client:
        for text, count in ((full, 5), (only, 1), (full, 5), (only, 1)):
            answer = await client.get(f"{PREFIX}/list_products", headers=bearer(text))
            assert len(answer.json()["products"]) == count


@pytest.fixture(scope="module")
def pair() -> RSAKeyPair:
    return RSAKeyPair.generate()


@pytest.mark.slow
async def test_a_token_is_taken_only_when_it_is_for_this_server(
    plain: Planted, keys: Path, pair: RSAKeyPair, tmp_path: Path
) -> None:
    (tmp_path / "public.pem").write_text(pair.public_key)
    jwt = {
        "testio_jwt_keys": str(tmp_path / "public.pem"),
        "testio_jwt_issuer": ISSUER,
        "testio_jwt_audience": AUDIENCE,
        "testio_public_url": "https://reports.example.com",
    }
    good = pair.create_token(issuer=ISSUER, audience=AUDIENCE, scopes=["read"])
    bad = [
        pair.create_token(issuer=ISSUER, audience="another", scopes=["read"]),
        pair.create_token(issuer="https://elsewhere.example.com/", audience=AUDIENCE, scopes=["read"]),
        pair.create_token(issuer=ISSUER, audience=AUDIENCE, scopes=["read"], expires_in_seconds=-10),
        RSAKeyPair.generate().create_token(issuer=ISSUER, audience=AUDIENCE, scopes=["read"]),
        good[:-4] + "AAAA",
    ]
    async with serving(plain, keys, **jwt) as client:
        assert (await client.get(EVERYWHERE[1], headers=bearer(good))).status_code == 200
        for text in bad:
            assert (await client.get(EVERYWHERE[1], headers=bearer(text))).status_code == 401
        nothing = pair.create_token(issuer=ISSUER, audience=AUDIENCE, scopes=[])
        assert (await client.get(EVERYWHERE[1], headers=bearer(nothing))).status_code == 403
        metadata = await client.get("/.well-known/oauth-protected-resource/mcp")
        assert metadata.json()["authorization_servers"] == [ISSUER]


@pytest.mark.parametrize("missing", ["testio_jwt_issuer", "testio_jwt_audience"])
async def test_tokens_without_issuer_or_audience_are_not_set_up(
    plain: Planted, keys: Path, pair: RSAKeyPair, tmp_path: Path, missing: str
) -> None:
    (tmp_path / "public.pem").write_text(pair.public_key)
    given = {
        "testio_jwt_keys": str(tmp_path / "public.pem"),
        "testio_jwt_issuer": ISSUER,
        "testio_jwt_audience": AUDIENCE,
    }
    del given[missing]
    with pytest.raises(InvalidInput, match=f"{missing.upper()} is not set"):
        await create_app(settings_of(plain.root, testio_keys_file=keys, **given))


async def test_who_asks_too_often_waits_and_others_do_not(plain: Planted, keys: Path) -> None:
    _, alice = add_key(keys, "alice", ("read",))
    _, bob = add_key(keys, "bob", ("read",))
    path = f"{PREFIX}/openapi.json"
    async with serving(plain, keys, testio_rate_per_minute=3) as client:
        statuses = [(await client.get(path, headers=bearer(alice))).status_code for _ in range(5)]
        assert statuses[:3] == [200, 200, 200]
        refused = await client.get(path, headers=bearer(alice))
        assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert (await client.get(path, headers=bearer(bob))).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


async def test_the_audit_line_says_who_and_what_and_no_contents(
    plain: Planted, keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key, text = add_key(keys, "alice", ("read",))
    with logging_kept(), caplog.at_level("INFO", "testio.audit"):
        async with serving(plain, keys) as client:
            call = rpc(
                "tools/call", name="search", arguments={"query": "secret words", "product_ids": [MINE]}
            )
            await client.post("/mcp", json=call, headers={**ACCEPT, **bearer(text)})
            await client.get(f"{PREFIX}/get_bug_summary?bug_id=1", headers=bearer(text))
    first, second = (record.__dict__ for record in caplog.records if record.name == "testio.audit")
    assert (first["caller"], first["tool"], first["asked"], first["outcome"]) == (
        key.id, "search", f"[{MINE}]", 200,
    )  # fmt: skip
    assert (second["tool"], second["outcome"], second["account"]) == (
        "get_bug_summary",
        "NOT_FOUND",
        "default",
    )
    assert "secret words" not in json.dumps([str(first), str(second)])
    assert text not in str(first)


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
    async with serving(planted, keys, testio_rate_per_minute=1_000_000) as client:
        found = [
            asked
            async for asked, text in read_all(client, planted, bearer(full))
            if leaks(asked, text, planted)
        ]
        assert {asked.split()[0] for asked in found} > {"list_products", "search", "list_bugs", "/index.html"}
        for method in ("tools/call", "resources/read", "completion/complete"):
            assert any(method in asked for asked in found), method
        for end in (".csv", ".json", ".xml", ".ics", ".md", ".txt", "search.html"):
            assert any(asked.endswith(end) for asked in found), end
        leaked = [
            asked
            async for asked, text in read_all(client, planted, bearer(only))
            if leaks(asked, text, planted)
        ]
        assert leaked == []


async def test_a_remembered_answer_is_given_only_to_who_may_see_as_much(plain: Planted, keys: Path) -> None:
    _, full = add_key(keys, "all", ("read",))
    _, only = add_key(keys, "one", ("read", f"product:{MINE}"))
    async with serving(plain, keys) as client:
        seen = [
            [
                one["id"]
                for one in (await client.get(f"{PREFIX}/list_products", headers=bearer(key))).json()[
                    "products"
                ]
            ]
            for key in (full, only, full, only)
        ]
    assert seen[0] == seen[2]
    assert len(seen[0]) > 1
    assert seen[1] == seen[3] == [MINE]


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


async def paths(client: httpx.AsyncClient, key: str) -> list[str]:
    document = (await client.get(f"{PREFIX}/openapi.json", headers=bearer(key))).json()
    return list(document["paths"])


async def test_no_file_is_written_over_the_network(plain: Planted, keys: Path) -> None:
    async with serving(plain, keys) as client:
        answer = await client.post(f"{PREFIX}/generate_quality_report", json={"output_file": "x.md"})
        assert answer.status_code == 422
        assert "over the network" in answer.json()["title"]


def test_a_key_is_kept_as_a_digest_in_a_file_of_its_owner(keys: Path) -> None:
    key, text = add_key(keys, "alice", ("read", "product:598"))
    _, other = add_key(keys, "bob", ("read",))
    raw = keys.read_text()
    assert text not in raw
    assert text.split("_", 2)[2] not in raw
    assert keys.stat().st_mode & 0o777 == 0o600
    now = datetime.now(UTC)
    assert found_key(read_keys(keys), text, now) == key
    assert found_key(read_keys(keys), text.replace(key.id, other.split("_")[1]), now) is None
    assert revoke_key(keys, "alice") == (key,)
    assert found_key(read_keys(keys), text, now) is None
    with pytest.raises(NotFound, match="There is no key"):
        revoke_key(keys, "alice")


@pytest.mark.parametrize("text", ["write", "product:abc", "product:0", "account:A B", "", "product:598"])
def test_a_scope_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        scopes_of(text)


@pytest.mark.parametrize("raw", ["", "{", "[]", '{"keys": [{}]}', '{"keys": [1]}'])
def test_a_damaged_file_of_keys_opens_nothing(keys: Path, raw: str) -> None:
    keys.write_text(raw)
    with pytest.raises(Unavailable, match="cannot be read"):
        read_keys(keys)

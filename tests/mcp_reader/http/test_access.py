"""Credentials decide alike on MCP, REST and pages; who may see one product learns nothing of another."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastmcp.server.auth.providers.jwt import RSAKeyPair
from fastmcp.server.middleware import rate_limiting
from joserfc.jwk import RSAKey

from base.errors import InvalidInput, NotFound, Unavailable
from config.keys import add_key, found_key, read_keys, revoke_key, scopes_of
from fetch.api.jwks import see_jwks
from mcp_reader.http.app import create_app
from mcp_reader.http.openapi import PREFIX
from tests.logged import logging_kept
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.http.conftest import bearer, rpc
from tests.mcp_reader.http.served_app import ACCEPT, MINE, Planted, serving
from tests.snapshot.web_folder import web_folder
from tests.ways import bare_way, behind_private_authority

ISSUER, AUDIENCE = "https://login.example.com/", "testio-reports"


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
        expired = await client.get("/", headers=bearer(old))
        revoke_key(keys, key.id)
        revoked = await client.get("/", headers=bearer(text))
        for answer in (expired, revoked):
            assert (answer.status_code, answer.json()["title"]) == (401, "The credentials are not known.")
            assert "expired" in answer.json()["detail"]


async def test_a_key_of_another_account_or_without_read_is_forbidden(plain: Planted, keys: Path) -> None:
    _, other = add_key(keys, "globex", ("read", "account:globex"))
    _, none = add_key(keys, "job", ("sync",))
    _, acme = add_key(keys, "acme", ("read", "account:acme"))
    async with serving(plain, keys, testio_account="acme") as client:
        for text, status in ((other, 403), (none, 403), (acme, 200)):
            for path in EVERYWHERE[:2]:
                answer = await client.get(path, headers=bearer(text))
                assert answer.status_code == status
                if status != 200:
                    assert answer.json()["title"] == "These credentials do not reach this account."
                    assert "account:acme" in answer.json()["detail"]
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
            refused = await client.get(EVERYWHERE[1], headers=bearer(text))
            assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHORIZED")
            assert "for another service" in refused.json()["detail"]
        assert (await client.get(EVERYWHERE[1], headers=bearer(good))).status_code == 200
        nothing = pair.create_token(issuer=ISSUER, audience=AUDIENCE, scopes=[])
        assert (await client.get(EVERYWHERE[1], headers=bearer(nothing))).status_code == 403
        metadata = await client.get("/.well-known/oauth-protected-resource/mcp")
        assert metadata.json()["authorization_servers"] == [ISSUER]


async def test_keys_that_cannot_be_fetched_are_logged_and_told_by_the_doctor(
    plain: Planted, pair: RSAKeyPair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Everybody was answered 401, and no line said that the private authority was not trusted."""
    (tmp_path / "jwks").write_text(json.dumps({"keys": [RSAKey.import_key(pair.public_key).as_dict()]}))
    good = bearer(pair.create_token(issuer=ISSUER, audience=AUDIENCE, scopes=["read"]))
    with (
        bare_way(),
        web_folder(tmp_path) as web,
        behind_private_authority(web.url, tmp_path) as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        where = f"{place.base_url}/jwks"
        jwt = {"testio_jwt_keys": where, "testio_jwt_issuer": ISSUER, "testio_jwt_audience": AUDIENCE}
        async with serving(plain, tmp_path / "keys.json", **jwt) as client:
            assert (await client.get(EVERYWHERE[1], headers=good)).status_code == 401
        (line,) = [one.getMessage() for one in caplog.records if "TESTIO_JWT_KEYS" in one.getMessage()]
        assert "certificate is not trusted" in line
        assert "SSL_CERT_FILE" in line
        with pytest.raises(Unavailable, match="SSL_CERT_FILE"):
            await see_jwks(where)
        patch.setenv("SSL_CERT_FILE", str(place.authority))
        assert await see_jwks(where) == 1
        for path, why in (("none", "status 404"), ("authority.pem", "lists no keys")):
            with pytest.raises(Unavailable, match=why):
                await see_jwks(f"{place.base_url}/{path}")
        async with serving(plain, tmp_path / "keys.json", **jwt) as client:
            assert (await client.get(EVERYWHERE[1], headers=good)).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTPS_PROXY", "foo://user:s3cr3t@x"), ("SSL_CERT_FILE", "nowhere"), ("ALL_PROXY", "http://[::1")],
)
async def test_what_bars_the_way_to_the_keys_is_named_at_the_start(
    name: str, value: str, plain: Planted, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jwt = {
        "testio_jwt_keys": "https://login.example.com/keys",
        "testio_jwt_issuer": ISSUER,
        "testio_jwt_audience": AUDIENCE,
    }
    with bare_way():
        monkeypatch.setenv(name, value)
        with pytest.raises(InvalidInput, match=f"^{name} ") as caught:
            async with serving(plain, keys, **jwt):
                pass
        monkeypatch.delenv(name)
    assert "s3cr3t" not in str(caught.value)


async def test_keys_behind_a_proxy_that_does_not_answer_blame_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with bare_way():
        monkeypatch.setenv("HTTPS_PROXY", "http://user:s3cr3t@127.0.0.1:9")
        with pytest.raises(Unavailable, match="stopped at the proxy that HTTPS_PROXY names") as caught:
            await see_jwks("https://login.example.com/keys")
        monkeypatch.delenv("HTTPS_PROXY")
    assert "s3cr3t" not in str(caught.value)


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


async def test_who_asks_too_often_waits_and_others_do_not(
    plain: Planted, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rate_limiting, "time", SimpleNamespace(monotonic=lambda: 0.0)
    )  # no request is too slow
    _, alice = add_key(keys, "alice", ("read",))
    _, bob = add_key(keys, "bob", ("read",))
    path = f"{PREFIX}/openapi.json"
    async with serving(plain, keys, testio_rate_per_minute=3) as client:
        statuses = [(await client.get(path, headers=bearer(alice))).status_code for _ in range(5)]
        assert statuses[:3] == [200, 200, 200]
        refused = await client.get(path, headers=bearer(alice))
        assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
        assert int(refused.headers["retry-after"]) == 20
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

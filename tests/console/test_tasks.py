"""The tasks as a user runs them: what they say, what they leave behind, and their exit codes."""

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from build.site import site as whole_site
from build.site.page import Page, Site
from build.site.parts import Part
from console.run import say_json
from demo.account.account import DEMO_NOW, demo_account
from demo.server.faults import BrokenTest
from demo.server.server import DemoServer, serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh
from snapshot.format.manifest import decode_manifest
from snapshot.storage.layout import document_path
from tests.console.conftest import Run
from tests.context_files.folders import write_context
from tests.snapshot.documents import NOW, a_test, product, publish_version, raw_bug


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    """The environment of a user whose account is small."""
    with serve(demo_account(32, bugs=64)) as api:
        yield environment_of(api)


@pytest.fixture(scope="module")
def taken(account: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder of that account, to be copied."""
    root = tmp_path_factory.mktemp("taken") / "snapshots"
    client = ClientOptions(account["TESTIO_CUSTOMER_API_BASE_URL"], account["TESTIO_CUSTOMER_API_TOKEN"])
    assert asyncio.run(refresh(root, client, now=DEMO_NOW)).complete
    return root


def environment_of(api: DemoServer) -> dict[str, str]:
    return {"TESTIO_CUSTOMER_API_TOKEN": api.token, "TESTIO_CUSTOMER_API_BASE_URL": api.base_url}


@contextmanager
def website() -> Iterator[str]:
    """A web server that is not the API: it answers every path with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>Welcome</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/customer/v2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
def test_the_demo_needs_no_account_and_says_where_the_pages_are(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("demo")
    assert code == 0
    assert str(tmp_path / "site" / "index.html") in out
    assert (tmp_path / "site" / "index.html").is_file()
    code, out, _ = run("verify")
    assert (code, "0 faults" in out) == (0, True)
    code, out, _ = run("build")
    assert "Pages: 0 written, 0 removed" in out
    assert "Index: 0 added, 0 deleted" in out


@pytest.mark.slow
def test_a_build_that_runs_out_of_memory_says_so_in_a_line_and_the_pages_stay(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_version(tmp_path / "snapshots", [product(), *(a_test(number) for number in range(1, 5))])
    assert run("build")[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*.html")}
    real, made = whole_site.pages_of, []

    def limited(part: Part, seen: Site) -> Iterator[Page]:
        made.append(part)
        if len(made) > 2:
            raise MemoryError
        return real(part, seen)

    monkeypatch.setattr(whole_site, "pages_of", limited)
    code, out, err = run("build", TESTIO_CUSTOMER_NAME="Halo Group")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "The memory is used up. What was published before stays as it was." in err
    assert {path: path.read_bytes() for path in (tmp_path / "site").rglob("*.html")} == before


@pytest.mark.slow
def test_refresh_and_build_work_with_an_account(run: Run, account: dict[str, str], tmp_path: Path) -> None:
    code, out, err = run("refresh", "build", **account)
    assert code == 0
    assert "Published" in out
    assert "32 tests" in out
    assert (tmp_path / "site" / "index.html").is_file()
    assert account["TESTIO_CUSTOMER_API_TOKEN"] not in out + err
    _, out, _ = run("status")
    assert "32 tests" in out
    _, out, _ = run("snapshots")
    assert out.startswith("* ")
    code, out, _ = run("doctor", **account)
    assert code == 0
    assert "****" in out
    assert account["TESTIO_CUSTOMER_API_TOKEN"] not in out


@pytest.mark.parametrize("task", ["build", "status", "verify", "snapshots"])
def test_without_a_snapshot_the_error_says_how_to_get_one(run: Run, task: str) -> None:
    code, _, err = run(task)
    assert code == 1
    assert "no snapshot" in err.lower()
    assert "refresh" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "environment", "named"),
    [
        (["refresh"], {}, "TESTIO_CUSTOMER_API_TOKEN"),
        (["refresh"], {"TESTIO_PRODUCT_IDS": "5,shop"}, "shop"),
        (["refresh", "--products", "5,shop"], {"TESTIO_CUSTOMER_API_TOKEN": "abcdefghijklmnop"}, "shop"),
        (["refresh", "--since", "2025-13"], {"TESTIO_CUSTOMER_API_TOKEN": "abcdefghijklmnop"}, "2025-13"),
        (["refresh", "--deadline", "soon"], {"TESTIO_CUSTOMER_API_TOKEN": "abcdefghijklmnop"}, "soon"),
        (["problems", "--product", "abc"], {}, "--product is 'abc'"),
        (["prune", "--keep-last", "x"], {}, "--keep-last is 'x'"),
        (["prune", "--keep-daily", "0"], {}, "--keep-daily 14"),
        (
            ["bench", "--sizes", "120,3"],
            {},
            "--sizes is '3', which cannot be used. It must be a whole number",
        ),
        (["import", "nothing.zip"], {}, "invoke export"),
        (["refresh", "--bogus"], {}, "--bogus"),
        (["refersh"], {}, "refersh"),
        (["build"], {"TESTIO_ACCOUNT": "acme"}, "acme"),
    ],
)
def test_bad_input_is_one_clear_line_and_publishes_nothing(
    run: Run, words: list[str], environment: dict[str, str], named: str, tmp_path: Path
) -> None:
    code, out, err = run(*words, **environment)
    assert code == 1
    assert named in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in out + err
    assert not (tmp_path / "snapshots" / "CURRENT").exists()


def test_a_wrong_token_names_the_variable_and_publishes_nothing(
    run: Run, account: dict[str, str], tmp_path: Path
) -> None:
    code, _, err = run("refresh", **{**account, "TESTIO_CUSTOMER_API_TOKEN": "wrong-token-123456"})
    assert code == 1
    assert "TESTIO_CUSTOMER_API_TOKEN" in err.splitlines()[-1]
    assert "401" in err
    assert "wrong-token" not in err
    assert not (tmp_path / "snapshots" / "CURRENT").exists()


def test_a_base_url_that_is_not_the_api_is_named(run: Run, tmp_path: Path) -> None:
    with website() as url:
        code, _, err = run(
            "refresh", TESTIO_CUSTOMER_API_BASE_URL=url, TESTIO_CUSTOMER_API_TOKEN="abcdefghijklmnop"
        )
    assert code == 1
    assert "web page instead of JSON" in err
    assert "TESTIO_CUSTOMER_API_BASE_URL" in err
    assert "Traceback" not in err
    assert not (tmp_path / "snapshots" / "CURRENT").exists()


@pytest.mark.slow
def test_a_snapshot_of_a_newer_format_is_refused_by_name(run: Run, taken: Path, tmp_path: Path) -> None:
    shutil.copytree(taken, tmp_path / "snapshots")
    (manifest,) = (tmp_path / "snapshots" / "versions").glob("*/manifest.json")
    content = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**content, "format": 99}))
    code, _, err = run("build")
    assert code == 1
    assert "99" in err
    assert content["id"] in err


@pytest.mark.slow
def test_a_truncated_document_is_named_and_the_rest_goes_on(run: Run, taken: Path, tmp_path: Path) -> None:
    shutil.copytree(taken, tmp_path / "snapshots")
    (manifest,) = (tmp_path / "snapshots" / "versions").glob("*/manifest.json")
    entries = decode_manifest(manifest.read_bytes(), "it").entries
    broken = next(entry for entry in entries if entry.kind == "test")
    path = document_path(tmp_path / "snapshots", broken.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:100])
    code, out, _ = run("verify")
    assert code == 1
    assert f"test {broken.id}" in out
    code, _, _ = run("build")
    assert code == 0
    assert str(broken.id) in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not (tmp_path / "site" / "tests" / f"{broken.id}.html").exists()


@pytest.mark.slow
def test_what_a_snapshot_says_cannot_steer_the_terminal(run: Run, taken: Path, tmp_path: Path) -> None:
    shutil.copytree(taken, tmp_path / "snapshots")
    (path,) = (tmp_path / "snapshots" / "versions").glob("*/manifest.json")
    manifest = json.loads(path.read_bytes())
    attack = "\x1b]0;pwned\x07\x1b[2J\u202e"
    problem = {"kind": "test", "id": 7, "product_id": 598, "reason": attack, "since": manifest["created_at"]}
    counts = {**manifest["counts"], attack: 1}
    path.write_text(json.dumps({**manifest, "api_host": attack, "counts": counts, "problems": [problem]}))
    for words in (["status"], ["snapshots"], ["problems"], ["verify"], ["verify", "--version", attack]):
        _, out, err = run(*words)
        assert not set("\x1b\x07\u202e") & set(out + err), words
    path.write_text(json.dumps(manifest))
    _, out, err = run("export", "a\x9b2J\u202e\x1b]0;x\x07.zip")
    assert ".zip" in out
    assert not set("\x1b\x07\x9b\u202e") & set(out + err)
    path.write_text(json.dumps({**manifest, "counts": {attack: -1}}))
    code, out, err = run("status")
    assert code == 1
    assert not set("\x1b\x07\u202e") & set(out + err)


STEERING = "Shop \x9b2J\x1b]0;pwned\x07\x7f\u202e\u2028evil"


def test_no_task_lets_a_text_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    """A product's name cleared the screen of whoever compared two versions."""
    bug = raw_bug(4001, title=STEERING, severity="critical")
    context = {"actions.yaml": f"actions:\n- what: {json.dumps(STEERING)}\n  product: 598\n"}
    write_context(tmp_path / "context", {**context, f"notes/bug/{STEERING[:7]}x.md": "x"})
    documents = [product(name=STEERING), a_test(1, title=STEERING)]
    older = publish_version(tmp_path / "snapshots", documents, NOW)
    documents[1] = a_test(1, title=STEERING, bugs=[bug])
    publish_version(tmp_path / "snapshots", documents, NOW + timedelta(days=1))
    for words in (
        ["diff", "--before", older.id], ["diff", "--before", older.id, "--json"], ["gate"],
        ["gate", "--json"], ["digest"], ["digest", "--json"], ["context"], ["status"], ["snapshots"],
        ["problems"], ["report", "--product", "598"], ["digest", "--before", STEERING],
        ["context", "--new", STEERING], ["keys", STEERING], ["import", STEERING], ["pull", STEERING],
    ):  # fmt: skip
        _, out, err = run(*words)
        assert out + err
        assert not set("\x1b\x07\x7f\x9b\u202e\u2028") & set(out + err), words


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=400)])
def test_the_status_says_that_a_clock_was_in_the_future(run: Run, tmp_path: Path, ahead: timedelta) -> None:
    """A version of next year was as good as one of today."""
    publish_version(tmp_path / "snapshots", [product(), a_test(1)], datetime.now(UTC) + ahead)
    code, out, _ = run("status")
    assert code == 0
    assert "in the future: a clock was wrong" in out


def test_json_for_another_program_keeps_every_letter_and_steers_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`diff --json` cleared the screen of whoever looked at a product with an escape in its name."""
    value = {"name": "Müller \x9b2J\u202e\x7f\u2028\ufeff 購物車"}
    say_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "Müller" in out
    assert not set("\x9b\u202e\x7f\u2028\ufeff") & set(out)


@pytest.mark.slow
def test_each_account_has_its_own_snapshot_and_site(
    run: Run, account: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "accounts"
    folder.mkdir()
    lines = "".join(f"{name}={value}\n" for name, value in account.items())
    (folder / "acme.env").write_text(lines + "TESTIO_PRODUCT_IDS=598\nTESTIO_CUSTOMER_NAME=Acme Ltd.\n")
    (folder / "globex.env").write_text(lines + "TESTIO_PRODUCT_IDS=18559\n")
    code, _, _ = run("refresh", "build")
    assert code == 0
    acme = (tmp_path / "site" / "acme" / "index.html").read_text(encoding="utf-8")
    globex = (tmp_path / "site" / "globex" / "index.html").read_text(encoding="utf-8")
    assert "Halo Shop" in acme
    assert "Acme Ltd." in acme
    assert "Halo Shop" not in globex
    assert "Acme" not in globex
    code, out, _ = run("status")
    assert code == 0
    assert re.findall(r"^(acme|globex):$|^(Version) ", out, re.MULTILINE) == [
        ("acme", ""), ("", "Version"), ("globex", ""), ("", "Version"),
    ]  # fmt: skip
    code, out, err = run("problems", "--json")
    assert (code, out) == (1, "")
    assert "TESTIO_ACCOUNT" in err
    assert run("problems", "--json", TESTIO_ACCOUNT="globex")[:2] == (0, "[]\n")
    code, out, _ = run("status", TESTIO_ACCOUNT="acme")
    assert (code, out.count("Version"), "acme:" in out) == (0, 1, False)
    code, _, err = run("mcp")
    assert code == 1
    assert "acme, globex" in err
    (folder / "acme.env").write_text(
        "TESTIO_CUSTOMER_API_TOKEN=not-the-right-one\n" + lines.split("\n", 1)[1]
    )
    code, out, err = run("refresh", "build")
    assert (code, out.count("Pages: ")) == (1, 2)
    assert "acme: " in err


@pytest.mark.slow
def test_housekeeping_lists_compares_moves_and_removes_versions(run: Run, account: dict[str, str]) -> None:
    run("refresh", "--products", "598", **account)
    code, out, _ = run("refresh", "--full", **account)
    assert code == 0
    _, out, _ = run("snapshots")
    listed = sorted(out.splitlines(), key=lambda line: line.startswith("*"))
    older, newest = (line.strip("* ").split()[0] for line in listed)

    code, out, _ = run("diff", "--before", older)
    assert code == 0
    assert "Canvas for iOS" in out
    assert "tests new" in out
    code, out, _ = run("diff", "--before", older, "--after", newest, "--json")
    assert json.loads(out)["before"] == older

    code, out, _ = run("export", "one.zip", f"--version={older}")
    assert code == 0
    code, out, _ = run("import", "one.zip", TESTIO_SNAPSHOT_DIR="other")
    assert (code, older in out) == (0, True)
    code, out, _ = run("verify", TESTIO_SNAPSHOT_DIR="other")
    assert (code, "0 faults" in out) == (0, True)

    code, _, err = run("prune")
    assert code == 1
    assert "--keep-daily" in err
    code, out, _ = run("prune", "--keep-last", "1")
    assert (code, "1 version removed, 1 kept" in out) == (0, True)
    _, out, _ = run("snapshots")
    assert [line.strip("* ").split()[0] for line in out.splitlines()] == [newest]


def test_a_dry_run_says_what_would_be_fetched_and_fetches_nothing(
    run: Run, account: dict[str, str], tmp_path: Path
) -> None:
    code, out, _ = run("refresh", "--dry-run", **account)
    assert code == 0
    assert "tests, new" in out
    assert "requests" in out
    assert not (tmp_path / "snapshots" / "CURRENT").exists()


@pytest.mark.slow
def test_gaps_are_published_with_exit_code_3_listed_and_mended(run: Run, tmp_path: Path) -> None:
    account = demo_account(32, bugs=64)
    broken = account.test_ids[598][3]
    with serve(account, faults=[BrokenTest(broken)]) as api:
        environment = environment_of(api) | {"TESTIO_PRODUCT_IDS": "598"}
        code, out, _ = run("refresh", "build", "refresh", **environment)
        assert (code, out.count("Published "), out.count("Pages: ")) == (3, 2, 1)
        assert "1 gap, which" in out
        assert out.index("1 gap, which") < out.index("Pages: ")
        code, out, err = run("refresh", "diff", "--before", "unknown", "build", **environment)
        assert (code, out.count("Published "), "Pages: " in out) == (1, 1, False)
        assert "unknown" in err.splitlines()[-1]
        code, out, _ = run("refresh", "--strict", "build", **environment)
        assert (code, "Pages: " in out) == (1, False)
    _, out, _ = run("problems")
    assert "of product 598" in out
    _, out, _ = run("problems", "--json")
    (problem,) = json.loads(out)
    assert problem["product_id"] == 598
    (page,) = (tmp_path / "site" / "products").glob("598-*/index.html")
    assert "gap" in page.read_text(encoding="utf-8").lower()
    code, _, err = run("problems", "--retry", "--clear", **environment)
    assert (code, "exclude each other" in err) == (1, True)
    with serve(account) as api:
        environment |= environment_of(api)
        code, out, _ = run("problems", "--retry", "--json", **environment)
        assert (code, json.loads(out)) == (0, [])
    _, out, _ = run("problems")
    assert out.startswith("0 problems")


@pytest.mark.slow
def test_a_snapshot_is_pushed_and_pulled_without_a_token(run: Run, taken: Path, tmp_path: Path) -> None:
    shutil.copytree(taken, tmp_path / "snapshots")
    url = (tmp_path / "shared").as_uri()
    code, out, _ = run("push", url)
    assert (code, "documents written, published." in out) == (0, True)
    code, out, _ = run("pull", url, TESTIO_SNAPSHOT_DIR="elsewhere")
    assert (code, "documents written, published." in out) == (0, True)
    code, out, _ = run("pull", url, TESTIO_SNAPSHOT_DIR="elsewhere")
    assert (code, ": 0 documents written, published." in out) == (0, True)
    code, _, err = run("push", "s3://key:secret@bucket/x")
    assert (code, "secret" in err, "credentials" in err) == (1, False, True)

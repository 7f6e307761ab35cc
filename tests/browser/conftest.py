"""Chromium, and built sites for it: from disk, and served as CI serves its artifacts."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from build.site.site import build_site
from demo.account.account import demo_account
from tests.build.account_facts import account_facts
from tests.hostile import PAYLOADS, hostile
from tests.quality.context.contexts import make_context, make_note, make_release

CHROMIUM = Path("/usr/bin/chromium")
ARTIFACT_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing = f"{CHROMIUM} is missing: apt-get install --no-install-recommends chromium"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(account_facts(demo_account()), folder)
    return folder


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    attack = " ".join(PAYLOADS)
    note = make_note(attack, target="product", id=598, author=PAYLOADS[0], visibility="published")
    context = make_context(notes=(note, note, note), releases=(make_release(attack),))
    build_site(replace(account_facts(hostile(demo_account(30))), context=context), folder)
    return folder


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The site over HTTP under the policy of CI artifacts."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", ARTIFACT_POLICY)
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()

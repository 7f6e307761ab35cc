"""The built demo site in a headless Chromium, as a reader opens it."""

import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal, Self

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from build.site.site import build_site
from demo.account.account import demo_account
from tests.build.account_facts import account_facts
from tests.hostile import hostile

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
ARTIFACT_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"
PAGES = {
    "portfolio": "index.html",
    "product": "products/598-halo-shop/index.html",
    "tests": "products/598-halo-shop/tests.html",
    "test": "tests/102014.html",
    "about": "about.html",
}
Scheme = Literal["light", "dark"]
LOOKS: dict[str, tuple[int, Scheme]] = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "phone": (390, "light"),
}


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(account_facts(demo_account()), folder)
    return folder


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    build_site(account_facts(hostile(demo_account(30))), folder)
    return folder


@pytest.fixture(scope="module")
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


class Visit:
    """An open page, and what went wrong in it."""

    def __init__(self, browser: Browser, address: str, look: str = "light", **options: Any) -> None:
        width, scheme = LOOKS[look]
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("requestfailed", lambda request: self.troubles.append(f"failed: {request.url}"))
        self.page.on("dialog", self._dismiss)
        self.page.goto(address)

    def _dismiss(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    @property
    def overflow(self) -> int:
        """Pixels by which the page itself is wider than the window."""
        overflow: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return overflow


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opened_from_disk_is_accessible_and_fits(
    browser: Browser, site: Path, name: str, look: str
) -> None:
    with Visit(browser, (site / PAGES[name]).as_uri(), look) as visit:
        assert visit.troubles == []
        assert visit.overflow <= 0
        results = Axe().run(visit.page, options={"resultTypes": ["violations"], "preload": False})
        assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_under_the_policy_of_ci_artifacts(browser: Browser, served: str, name: str) -> None:
    with Visit(browser, f"{served}/{PAGES[name]}") as visit:
        assert visit.troubles == []
        assert visit.page.locator("h1").is_visible()
        ground = visit.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(245, 246, 249)"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_without_javascript(browser: Browser, site: Path, name: str) -> None:
    with Visit(browser, (site / PAGES[name]).as_uri(), java_script_enabled=False) as visit:
        assert visit.page.locator("h1").is_visible()
        assert visit.page.locator("main").inner_text().count("\n") > 20
        assert visit.troubles == []


def test_the_address_without_a_name_leads_to_the_product(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / "products/598/index.html").as_uri()) as visit:
        visit.page.wait_for_url("**/products/598-halo-shop/index.html")
        assert visit.page.locator("h1").inner_text() == "Halo Shop"


def test_a_deadline_leads_to_the_bug(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / "index.html").as_uri()) as visit:
        link = visit.page.locator(".deadline a").first
        title = link.inner_text()
        link.click()
        heading = visit.page.locator("article:target h3").inner_text()
        assert title.removesuffix("…") in heading


def test_a_keyboard_reaches_the_content_first_and_every_wide_table(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["product"]).as_uri(), "phone") as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "content"
        regions = visit.page.locator("[role=region]")
        for at in range(regions.count()):
            assert regions.nth(at).get_attribute("tabindex") == "0"


def test_print_is_a_handout_on_paper_of_a4(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["product"]).as_uri(), "dark") as visit:
        visit.page.set_viewport_size({"width": 690, "height": 1000})
        visit.page.emulate_media(media="print")
        assert visit.overflow <= 0
        assert not visit.page.locator("nav[aria-label=Period]").is_visible()
        assert not visit.page.locator("nav[aria-label=Site]").is_visible()
        assert visit.page.locator("text=as of 2026-11-20 06:00 UTC").first.is_visible()
        ground = visit.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert visit.page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_texts_run_nothing_and_widen_no_page(browser: Browser, hostile_site: Path) -> None:
    pages = [path for path in sorted(hostile_site.rglob("*.html")) if "http-equiv" not in path.read_text()]
    shown = [pages[0], *pages[1:-1:9], hostile_site / "index.html"]
    for path in shown:
        with Visit(browser, path.as_uri(), "phone") as visit:
            assert visit.troubles == [], path
            assert visit.overflow <= 0, path

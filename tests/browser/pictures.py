"""The pictures of the README: pages of the demo account in both themes, as Chromium shows them.

`python -m tests.browser.pictures` takes them anew.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.visit import Scheme
from tests.build.site.built_sites import build_demo

CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
_PRODUCT = "products/598-halo-shop"
SHOWN: dict[str, tuple[str, int, int]] = {
    "portfolio": ("index.html", 1280, 900),
    "product": (f"{_PRODUCT}/index.html", 1280, 800),
    "handout": (f"{_PRODUCT}/handout.html", 860, 1000),
    "phone": ("index.html", 390, 844),
}
"""Page, width and height in pixels by the picture's name."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def take(browser: Browser, site: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each picture by its file's name."""
    for name, (page, width, height) in SHOWN.items():
        for scheme in SCHEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            shown = context.new_page()
            shown.goto((site / page).as_uri())
            yield f"{name}-{scheme}.png", shown.screenshot()
            context.close()


def main() -> None:
    """Build the demo's site and take the pictures of it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder, "site")
        build_demo(Path(folder, "snapshots"), site)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, content in take(browser, site):
            (IMAGES / name).write_bytes(content)
        browser.close()


if __name__ == "__main__":
    main()

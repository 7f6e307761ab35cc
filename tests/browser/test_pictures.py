"""The pictures of the README are real ones, of the pages as they are built."""

import struct
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pictures import IMAGES, SCHEMES, SHOWN, take

MOST_BYTES = 160_000


def size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    assert content.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


@pytest.mark.browser
def test_the_task_takes_a_small_picture_of_each_page_in_both_themes(browser: Browser, site: Path) -> None:
    taken = dict(take(browser, site))
    assert set(taken) == {f"{name}-{scheme}.png" for name in SHOWN for scheme in SCHEMES}
    for name, content in taken.items():
        _, width, height = SHOWN[name.rpartition("-")[0]]
        assert size(content) == (width, height), name
        assert 10_000 < len(content) <= MOST_BYTES, name
    assert len(set(taken.values())) == len(taken)


@pytest.mark.browser
def test_the_readme_shows_every_picture_that_is_kept_and_no_other() -> None:
    kept = {path.name: path.read_bytes() for path in IMAGES.glob("*.png")}
    assert set(kept) == {f"{name}-{scheme}.png" for name in SHOWN for scheme in SCHEMES}
    readme = (IMAGES.parents[1] / "README.md").read_text(encoding="utf-8")
    for name, content in kept.items():
        assert f"docs/images/{name}" in readme, name
        assert len(content) <= MOST_BYTES, name

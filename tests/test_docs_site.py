"""The documents as a site: complete, without a broken link, and without the network."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "zensical", "build", "--strict")
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    return folder


@pytest.fixture(scope="module")
def site(sources: Path) -> Path:
    done = build(sources)
    assert done.returncode == 0, done.stdout + done.stderr
    return sources / "docs-site"


def named(nav: Any) -> set[str]:
    match nav:
        case str():
            return {nav}
        case list():
            return {page for part in nav for page in named(part)}
        case _:
            return {page for part in nav.values() for page in named(part)}


def test_every_page_is_in_the_navigation() -> None:
    assert (
        named(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]) == PAGES
    )


@pytest.mark.slow
def test_every_page_is_built(site: Path) -> None:
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {page.removesuffix(".md") + ".html" for page in PAGES} <= built


@pytest.mark.slow
def test_a_page_loads_nothing_from_another_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=[\"']?([^\"'\s>]+)", text)
        assert loaded
        assert not [address for address in loaded if "//" in address], path.name
    for path in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_broken_link_fails_the_build(sources: Path, site: Path) -> None:
    page = sources / "docs" / "index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[nowhere](nowhere.md)\n", encoding="utf-8")
    assert site.is_dir()
    assert build(sources).returncode != 0

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from build.site.jinja import http_url
from build.site.links import near
from build.site.site import SiteOptions, build_site, site_files
from quality.periods.periods import REPORT_PERIODS
from tests.build.site.built_sites import demo_site, documents, few_facts, hostile_site
from tests.build.site.golden import golden_facts
from tests.build.site.parsed_pages import Document, read
from tests.factories import (
    make_bug,
    make_bugs,
    make_facts,
    make_product,
    make_test,
)


@pytest.mark.slow
def test_every_period_has_its_page_and_that_of_the_default_one_leads_to_the_products() -> None:
    folder, site = "products/598-halo-shop", demo_site()
    for name in ("index.html", "report.md", "brief.md", "handout.html"):
        assert all(f"{folder}/{period}/{name}" in site for period in REPORT_PERIODS)
        default = site[f"{folder}/last-90-days/{name}"]
        if name.endswith(".md"):
            assert default == site[f"{folder}/{name}"]
        else:
            assert f'href="../../../{folder}/{name}"'.encode() in default
    switch = re.findall(rb'href="([^"#]*)" aria-current="page">Last 90', site[f"{folder}/index.html"])
    assert switch == [b"index.html"]


@pytest.mark.slow
def test_renaming_a_product_breaks_no_address(tmp_path: Path) -> None:
    facts = few_facts()
    build_site(facts, tmp_path)
    before = {path for path in json.loads((tmp_path / ".pages.json").read_text())["files"] if "598" in path}
    renamed = replace(facts, products={**facts.products, 598: make_product(name="Halo Store")})
    build_site(renamed, tmp_path)
    for path in before:
        assert (tmp_path / path).is_file(), path
        if not path.endswith((".html", ".md")):
            continue
        text = (tmp_path / path).read_text()
        found = re.search(r'(?:href="|\]\()([^")]*598-halo-store[^")]*)', text)
        assert found, path
        assert (tmp_path / path).parent.joinpath(found[1]).resolve().is_file()
    assert build_site(renamed, tmp_path).written == 0
    build_site(facts, tmp_path)
    assert "http-equiv" not in (tmp_path / "products/598-halo-shop/index.html").read_text()
    assert "http-equiv" in (tmp_path / "products/598-halo-store/index.html").read_text()


@pytest.mark.slow
def test_a_product_has_an_address_that_its_name_is_not_part_of() -> None:
    page = documents(demo_site)["products/598/index.html"]
    link = next(page.all("a")).attributes["href"]
    refresh = next(meta for meta in page.all("meta") if meta.attributes.get("http-equiv") == "refresh")
    assert link == "../../products/598-halo-shop/index.html"
    assert refresh.attributes["content"] == f"0; url={link}"


def test_a_product_whose_name_leaves_no_slug_has_its_page_at_its_id() -> None:
    site = dict(site_files(make_facts([make_test()], products=[make_product(name="光")])))
    assert b"http-equiv" not in site["products/598/index.html"]
    assert "光" in site["products/598/index.html"].decode()


def test_every_link_and_fragment_leads_somewhere(
    pages: Mapping[str, Document], request: pytest.FixtureRequest
) -> None:
    site = request.node.callspec.params["pages"]()
    ids = {path: set(page.ids) for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for element in page.elements:
            link = element.attributes.get("href") or element.attributes.get("src") or ""
            parts = urlsplit(link)
            if parts.scheme in {"http", "https"}:
                assert "noopener" in (element.attributes.get("rel") or "")
                continue
            assert not parts.scheme
            target = _resolved(path, parts.path) if parts.path else path
            if target not in site or (parts.fragment and parts.fragment not in ids[target]):
                broken.append((path, link))
    assert broken == []


def _resolved(path: str, link: str) -> str:
    parts = path.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_links_of_markdown_lead_somewhere() -> None:
    ids = {path: set(page.ids) for path, page in documents(demo_site).items()}
    for path, content in demo_site().items():
        if path.endswith(".md"):
            for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", content.decode()):
                target, _, fragment = link.partition("#")
                assert not fragment or fragment in ids[_resolved(path, target)], (path, link)
                assert _resolved(path, target) in demo_site(), (path, link)


@pytest.mark.slow
def test_links_to_a_bug_lead_to_the_page_that_has_it() -> None:
    waiting = make_test(make_bugs(open=700), id=7, end_at=make_facts().as_of)
    site = dict(site_files(make_facts([waiting])))
    ids = {path: set(read(site[path].decode()).ids) for path in ("tests/7.html", "tests/7-2.html")}
    links = re.findall(
        r'href="\.\./\.\./(tests/7[^"#]*)#([^"]+)"', site["products/598-halo-shop/index.html"].decode()
    )
    assert len(links) >= 3
    assert all(fragment in ids[path] for path, fragment in links)


@pytest.mark.slow
def test_markdown_links_are_absolute_and_bare_in_a_brief_when_the_address_is_known() -> None:
    site = dict(site_files(golden_facts(), SiteOptions(base_url="https://quality.example/reports/")))
    folder = "products/598-halo-shop"
    report, brief = (site[f"{folder}/ytd/{name}.md"].decode() for name in ("report", "brief"))
    links = re.findall(r"\]\(([^)]+)\)", report)
    assert len(links) > 5
    assert all(link.startswith("https://quality.example/reports/") for link in links)
    assert f"\nhttps://quality.example/reports/{folder}/ytd/index.html\n" in brief


@pytest.mark.slow
def test_links_of_the_upstream_are_links_only_when_they_lead_to_the_web() -> None:
    def foreign(pages: Mapping[str, Document]) -> list[str]:
        links = (element for page in pages.values() for element in page.all("a"))
        return [
            one.attributes.get("href") or ""
            for one in links
            if "nofollow" in (one.attributes.get("rel") or "")
        ]

    assert len(foreign(documents(demo_site))) > 200
    for link in foreign(documents(demo_site)) + foreign(documents(hostile_site)):
        assert re.match(r"https?://[\w.-]+(/|$)", link)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        (" http://example.com ", "http://example.com"),
        ("https://example.com/ä b", None),
        ("https://example.com/ä|{x}[y]%", "https://example.com/%C3%A4%7C%7Bx%7D%5By%5D%25"),
        ("https://example.com/#a#b", "https://example.com/#a%23b"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)//https://example.com", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,<script>", None),
        ("//example.com/a", None),
        ("https:/example.com", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://user\x00@example.com", None),
        ("ftp://example.com", None),
        ("../tests/1.html", None),
        ("", None),
        (None, None),
    ],
)
def test_a_url_is_linked_only_when_it_leads_to_the_web_by_a_plain_address(
    url: str | None, link: str | None
) -> None:
    assert http_url(url) == link


def test_a_test_and_its_bugs_lead_to_the_vendor_only_where_its_address_is_set() -> None:
    bug = make_bug(id=7, attachments=("https://uploads.example.com/a.mp4", "https://uploads.example.com/b"))
    facts = make_facts([make_test([bug], id=31)])
    page = dict(site_files(facts, SiteOptions(web_url="https://acme.test.io/")))["tests/31.html"].decode()
    root = "https://acme.test.io/products/598/test_cycles/31"
    links = [one.attributes["href"] for one in read(page).all("a")]
    assert {root, f"{root}/bugs/7"} <= set(links)
    assert "Video: <a" in page
    assert "File: <a" in page
    assert b"test_cycles" not in dict(site_files(facts))["tests/31.html"]


def test_a_link_into_a_folder_of_the_page_s_own_way_does_not_go_through_the_root() -> None:
    far = ("products/1-a/ytd/x.html", "products/1-a/bugs.html#all", "products/2-b/y.html", "index.html")
    page = "".join(f'<a href="../../../{link}">' for link in far).encode()
    links = re.findall(r'"([^"]*)"', near("products/1-a/ytd/index.html", page).decode())
    assert links == ["x.html", "../bugs.html#all", "../../2-b/y.html", "../../../index.html"]

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32

import pytest
from markdown_it import MarkdownIt

from base.code import code_digest, code_files
from build.site.jinja import http_url
from build.site.markdown import report
from build.site.site import MADE_BY, BuildReport, SiteOptions, build_site, site_files
from demo.account.account import Account, demo_account
from quality.model.entities import Comment
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from tests.build.account_facts import account_facts
from tests.build.site.golden import GOLD, PAGES, golden_facts, golden_pages
from tests.build.site.parsed_pages import Document, read
from tests.factories import (
    ENDED,
    add_metric,
    make_bug,
    make_bugs,
    make_facts,
    make_feature,
    make_product,
    make_test,
)
from tests.hostile import PAYLOADS, hostile
from tests.quality.context.contexts import make_context, make_release

ROOT = Path(__file__).parents[3]
SUMMARY = re.compile(r"index\.html|products/\d+-[^/]+/([a-z0-9-]+/)?index\.html")
PAGE_BYTES, PAGE_NODES = 60_000, 2_500
STYLE_BYTES = 15 * 1024  # of one style sheet; lists and hand-outs have their own


@lru_cache(maxsize=1)
def demo_site() -> Mapping[str, bytes]:
    return dict(site_files(account_facts(demo_account(30))))


@lru_cache(maxsize=1)
def golden_site() -> Mapping[str, bytes]:
    return dict(site_files(golden_facts()))


def few_facts() -> Facts:
    """One product with two tests: enough where the question is which files are written."""
    facts = golden_facts()
    return replace(
        facts,
        tests={test_id: facts.tests[test_id] for test_id in (31, 30)},
        products={598: facts.products[598]},
    )


@lru_cache(maxsize=1)
def hostile_site() -> Mapping[str, bytes]:
    facts = account_facts(hostile(demo_account(20, bugs=60)))
    releases = tuple(make_release(attack, product_id=598) for attack in PAYLOADS[::7])
    return dict(site_files(replace(facts, context=make_context(releases=releases))))


@lru_cache(maxsize=2)
def documents(site: Callable[[], Mapping[str, bytes]]) -> Mapping[str, Document]:
    return {path: read(content.decode()) for path, content in site().items() if path.endswith(".html")}


@pytest.fixture(
    params=[
        pytest.param(demo_site, id="demo"),
        pytest.param(hostile_site, id="hostile", marks=pytest.mark.slow),
    ]
)
def pages(request: pytest.FixtureRequest) -> Mapping[str, Document]:
    return documents(request.param)


@pytest.fixture(scope="module")
def accepted_now() -> Mapping[str, str]:
    return golden_pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_accepted(name: str, accepted_now: Mapping[str, str]) -> None:
    """Accept a wanted change with `invoke gold`."""
    assert accepted_now[name] == (GOLD / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_facts_build_the_same_bytes() -> None:
    assert dict(site_files(golden_facts())) == golden_site()


@pytest.mark.slow
def test_the_order_of_products_and_tests_in_the_facts_changes_nothing() -> None:
    facts = golden_facts()
    turned = replace(
        facts,
        tests=dict(reversed(list(facts.tests.items()))),
        products=dict(reversed(list(facts.products.items()))),
    )
    assert dict(site_files(turned)) == golden_site()


@pytest.mark.slow
def test_a_second_build_writes_no_file(tmp_path: Path) -> None:
    facts = golden_facts()
    first = build_site(facts, tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert first.written == len(golden_site())
    assert build_site(facts, tmp_path) == BuildReport(0, first.written, 0)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


@pytest.mark.slow
def test_a_page_that_somebody_changed_is_built_again(tmp_path: Path) -> None:
    facts = few_facts()
    build_site(facts, tmp_path)
    (tmp_path / "index.html").write_text("changed")
    assert build_site(facts, tmp_path).written == 1
    assert build_site(facts, tmp_path).written == 0


@pytest.mark.slow
def test_other_options_build_other_pages(tmp_path: Path) -> None:
    facts = few_facts()
    build_site(facts, tmp_path)
    assert build_site(facts, tmp_path, SiteOptions(customer_name="Halo Group")).written > 0
    assert "Halo Group" in (tmp_path / "index.html").read_text()
    assert build_site(facts, tmp_path, SiteOptions(QualityOptions(default_period="all"))).written > 0
    assert "All time" in (tmp_path / "products/598-halo-shop/index.html").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "build/site/pages/about.py",
        "build/site/writer.py",
        "quality/wording.py",
        "quality/metrics/rates.py",
        "base/text.py",
        "templates/pages/about.html.j2",
        "templates/assets/report.css",
    ],
)
def test_a_change_of_code_or_of_a_template_changes_what_the_pages_are_made_of(
    name: str, tmp_path: Path
) -> None:
    for folder in ("base", "build", "quality", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = code_digest(MADE_BY, tmp_path)
    assert before == code_digest(MADE_BY, ROOT)
    with (tmp_path / name).open("a") as file:
        file.write("\n")
    assert code_digest(MADE_BY, tmp_path) != before


@pytest.mark.slow
def test_every_module_that_makes_pages_counts_to_what_they_are_made_of() -> None:
    listing = (
        "import sys, build.site.site; print(*(getattr(m, '__file__', '') for m in sys.modules.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True
    )
    used = {Path(name) for name in done.stdout.split() if name.startswith(str(ROOT))}
    own = {path for path in used if not path.is_relative_to(ROOT / ".venv")}
    assert own
    assert own <= set(code_files(MADE_BY).values())


@pytest.mark.slow
def test_pages_of_a_vanished_test_are_removed(tmp_path: Path) -> None:
    facts = few_facts()
    build_site(facts, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    left = {test_id: test for test_id, test in facts.tests.items() if test_id != 30}
    assert build_site(replace(facts, tests=left), tmp_path).removed == 2
    assert not (tmp_path / "tests/30.html").exists()
    assert not (tmp_path / "api/v1/tests/30.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_every_period_has_its_page_and_the_default_one_is_the_products() -> None:
    folder = "products/598-halo-shop"
    for name in ("index.html", "report.md", "brief.md"):
        assert all(f"{folder}/{period}/{name}" in demo_site() for period in REPORT_PERIODS)
        default = demo_site()[f"{folder}/last-90-days/{name}"]
        assert default.replace(b"../../../", b"../../") == demo_site()[f"{folder}/{name}"]


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


def test_every_page_is_well_formed_with_unique_ids(pages: Mapping[str, Document]) -> None:
    assert {path: page.faults for path, page in pages.items() if page.faults} == {}


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


def test_no_page_needs_what_a_strict_policy_forbids(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        for element in page.elements:
            if element.tag == "script":  # what it adds is not needed: see the tests in Chromium
                assert set(element.attributes) == {"src", "defer"}, path
                assert re.fullmatch(r"(\.\./)*assets/\w+\.[0-9a-f]{10}\.js", element.attributes["src"] or "")
                assert element.text == ""
            assert element.tag not in {
                "style",
                "iframe",
                "object",
                "embed",
                "base",
                "form",
                "img",
            }, path
            names = set(element.attributes)
            assert not {"style", "srcdoc", "srcset", "background", "fill", "stroke"} & names, path
            assert not any(name.startswith("on") for name in names), path
            for name in ("href", "src", "action", "xlink:href"):
                value = element.attributes.get(name) or ""
                assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), path


def test_every_page_says_of_when_its_data_are_and_how_to_get_on(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        assert len(list(page.all("h1"))) == 1, path
        if any(meta.attributes.get("http-equiv") == "refresh" for meta in page.all("meta")):
            continue
        text = next(page.all("body")).text
        assert "2026-11-20 06:00 UTC" in text, path
        assert "No gaps." in text, path
        skip = next(page.all("a"))
        assert skip.attributes["href"] == "#content"
        assert "content" in page.ids
        names = [nav.attributes.get("aria-label") for nav in page.all("nav")]
        assert "Site" in names
        assert ("Breadcrumbs" in names) == (path != "index.html")
        assert len(names) == len(set(names)), path


def test_headings_leave_no_level_out(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        levels = [int(element.tag[1]) for element in page.elements if re.fullmatch(r"h[1-6]", element.tag)]
        assert levels[0] == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path


def test_wide_tables_scroll_in_a_named_region_of_their_own(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        regions = [element for element in page.elements if element.attributes.get("role") == "region"]
        assert all(region.attributes.get("tabindex") == "0" for region in regions), path
        names = [region.attributes.get("aria-label") for region in regions]
        assert all(names), path
        assert len(names) == len(set(names)), path
        assert len(regions) == len(list(page.all("table"))), path


def test_every_chart_is_named_and_its_numbers_stand_in_a_table(pages: Mapping[str, Document]) -> None:
    for path, page in pages.items():
        outermost = [svg for svg in page.all("svg") if "svg" not in svg.path]
        charts = [svg for svg in outermost if svg.attributes.get("role") == "img"]
        ways = [svg for svg in outermost if svg.attributes.get("role") == "group"]
        assert all(way.attributes.get("aria-label") for way in ways), path
        assert all(
            svg.attributes.get("aria-hidden") == "true" for svg in outermost if svg not in [*charts, *ways]
        ), path
        for chart in charts:
            for name in ("aria-labelledby", "aria-describedby"):
                assert chart.attributes[name] in page.ids, path
        assert not charts or list(page.all("table")), path


@pytest.mark.slow
def test_summary_pages_and_lists_stay_small_for_a_large_account() -> None:
    assert _sizes(dict(site_files(account_facts(demo_account(700))))) == {}


@pytest.mark.slow
def test_summary_pages_stay_small_whatever_the_texts_are() -> None:
    assert _sizes(demo_site()) == {}
    assert _sizes(hostile_site()) == {}


def _sizes(site: Mapping[str, bytes]) -> dict[str, tuple[int, int]]:
    """The summary pages over a limit: their bytes and elements."""
    found = {}
    for path, content in site.items():
        if SUMMARY.fullmatch(path):
            size = (len(content), content.count(b"<") - content.count(b"</"))
            if size[0] > PAGE_BYTES or size[1] > PAGE_NODES:
                found[path] = size
        if path.endswith(".css"):
            assert len(content) <= STYLE_BYTES
    return found


@pytest.mark.slow
def test_long_lists_are_split_into_pages_of_500() -> None:
    bugs = make_bugs(active_accepted=1200)
    tests = [make_test(bugs, id=7), *(make_test(id=1000 + at) for at in range(600))]
    facts = make_facts(tests)
    site = dict(site_files(facts))
    rows = {
        path: sum(
            element.tag == "tr" and "tbody" in element.path for element in read(site[path].decode()).elements
        )
        for path in ("products/598-halo-shop/tests.html", "products/598-halo-shop/tests-2.html")
    }
    assert list(rows.values()) == [500, 101]
    anchors = [
        [one for one in read(site[path].decode()).ids if re.fullmatch(r"bug-\d+", one)]
        for path in ("tests/7.html", "tests/7-2.html", "tests/7-3.html")
    ]
    assert [len(one) for one in anchors] == [500, 500, 200]
    assert {f"bug-{bug.id}" for bug in bugs} == {one for part in anchors for one in part}


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


def _with_texts(facts: Facts, text: Callable[[str], str]) -> Facts:
    """The facts with every text of the upstream replaced."""
    tests = {
        test.id: replace(
            test,
            title=text(test.title),
            goal=text("goal"),
            instructions=text("instructions"),
            created_by=text("creator"),
            bugs=tuple(
                replace(
                    bug,
                    title=text(bug.title),
                    tester=text("tester"),
                    feature=text(bug.feature or ""),
                    location=f"javascript:{text('location')}",
                    steps=(text("step"), text("step")),
                    expected_result=text("expected"),
                    actual_result=text("actual"),
                    comments=tuple(
                        replace(one, body=text(one.body), author=text("author")) for one in bug.comments
                    ),
                    attachments=(f"data:{text('attachment')}",),
                )
                for bug in test.bugs
            ),
            features=tuple(replace(one, title=text(one.title)) for one in test.features),
        )
        for test in facts.tests.values()
    }
    return replace(
        facts,
        tests=tests,
        products={one.id: replace(one, name=text(one.name)) for one in facts.products.values()},
        features={
            key: tuple(replace(one, title=text(one.title)) for one in few)
            for key, few in facts.features.items()
        },
        gaps=tuple(replace(gap, reason=text(gap.reason)) for gap in facts.gaps),
    )


ATTACKS = [
    "</title></p></td><script>alert(1)</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7*7 }}{% include 'x' %}",
    "a | b | c\n\n# heading\n- item\n> quote",
    "[x](javascript:alert(1)) ![y](https://evil.example) <https://evil.example>",
    "`code` **bold** _em_ ~~gone~~ @here :smile: www.evil.example #1",
    "\x00\x08\u202e\ud800 \ufffe text",
]


@pytest.mark.slow
@pytest.mark.usefixtures("many_words")
def test_no_text_changes_the_structure_of_a_page_or_of_markdown() -> None:
    """Each text ends with another attack."""
    assert _structures(ATTACKS) == _harmless()


@pytest.mark.slow
@pytest.mark.usefixtures("many_words")
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_changes_a_structure_in_whichever_text_it_stands(attack: str) -> None:
    assert _structures([attack]) == _harmless()


@lru_cache(maxsize=1)
def _harmless() -> Mapping[str, object]:
    return _structures(["harmless"])


@pytest.fixture
def many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports have as many rows whatever the texts are."""
    monkeypatch.setattr(report, "MOST_WORDS", 10_000)


def _structures(endings: Sequence[str]) -> dict[str, object]:
    """The structure of each page by its path without the product's name, when texts have these endings."""

    def attacking(text: str) -> str:
        return f"{text} {endings[crc32(text.encode()) % len(endings)]}"

    found: dict[str, object] = {}
    for path, content in site_files(_with_texts(golden_facts(), attacking)):
        key = re.sub(r"(products/\d+-)[^/]*", r"\1name", path)
        if path.endswith(".html"):
            page = read(content.decode())
            assert page.faults == [], path
            found[key] = page.structure
        elif path.endswith(".md"):
            found[key] = outline(content.decode())
    return found


def outline(markdown: str) -> list[str]:
    """The kinds of the Markdown's parts in their order, without the text in them."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown):
        found.append(token.type)
        found += [part.type for part in token.children or () if part.type not in {"text", "text_special"}]
    return found


@pytest.mark.slow
def test_markdown_keeps_to_what_pastes_well() -> None:
    for path, content in [*demo_site().items(), *hostile_site().items()]:
        if not path.endswith(".md"):
            continue
        text = content.decode()
        kinds = set(outline(text))
        assert not {"html_block", "html_inline", "image", "code_block", "fence"} & kinds, path
        assert not re.search(r"^#{4,} ", text, re.MULTILINE), path
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert table.count("\n") <= 12, path
            assert len(re.findall(r"(?<!\\)\|", table.splitlines()[0])) <= 6, path
        if path.endswith("brief.md"):
            assert text.count("\n") <= 12, path
            assert not {"table_open", "heading_open", "link_open"} & kinds, path


@pytest.mark.slow
def test_markdown_links_are_absolute_and_bare_in_a_brief_when_the_address_is_known() -> None:
    site = dict(site_files(golden_facts(), SiteOptions(base_url="https://quality.example/reports/")))
    folder = "products/598-halo-shop"
    report, brief = (site[f"{folder}/ytd/{name}.md"].decode() for name in ("report", "brief"))
    links = re.findall(r"\]\(([^)]+)\)", report)
    assert len(links) > 5
    assert all(link.startswith("https://quality.example/reports/") for link in links)
    assert f"\nhttps://quality.example/reports/{folder}/ytd/index.html\n" in brief


@pytest.mark.parametrize("text", ["שגיאה בקופה.", "خطأ في الدفع!", "Checkout: שגיאה"])
def test_a_text_from_right_to_left_stands_in_an_element_of_its_own_direction(text: str) -> None:
    """The full stop of a Hebrew title stood at its wrong end, and turned the words after it around."""
    bug = make_bug(
        title=text, steps=(text,), actual_result=text, expected_result=text, tester=text, feature=text,
        location=text, comments=(Comment(text, text, ENDED),), devices=(),
    )  # fmt: skip
    test = make_test([bug], title=text, goal=text, instructions=text)
    facts = make_facts([test], products=[make_product(name=text)], features=[make_feature(title=text)])
    site = dict(site_files(facts, SiteOptions(customer_name=text)))
    seen = 0
    for path, content in site.items():
        if not path.endswith(".html"):
            continue
        page = read(content.decode())
        isolated = [one for one in page.elements if one.attributes.get("dir") == "auto"]
        for at, said in enumerate(page.elements[0].said):
            if said.strip() == text:
                seen += 1
                assert any(one.start <= at < one.end for one in isolated), (path, at, said)
    assert seen > 60


@pytest.mark.slow
def test_pages_ask_search_engines_not_to_list_them_unless_that_is_wanted() -> None:
    """Reports of bugs that are still open turned up in search engines."""
    asked = b'<meta name="robots" content="noindex">'
    pages = {path: content for path, content in demo_site().items() if path.endswith(".html")}
    assert all(asked in content for content in pages.values())
    wanted = dict(site_files(golden_facts(), SiteOptions(indexable=True)))
    assert asked not in wanted["index.html"]
    assert asked not in wanted["about.html"]


@pytest.mark.parametrize("made_by_hand", [None, b"", b"\r\n"])
def test_jekyll_is_told_to_leave_the_site_as_it_is(tmp_path: Path, made_by_hand: bytes | None) -> None:
    """A bug titled `{{ x }}` broke the whole GitHub Pages site."""
    if made_by_hand is not None:
        (tmp_path / ".nojekyll").write_bytes(made_by_hand)
    build_site(make_facts(products=[]), tmp_path)
    assert (tmp_path / ".nojekyll").is_file()
    assert build_site(make_facts(products=[]), tmp_path).written == 0


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


def test_a_snapshot_without_products_still_has_its_pages() -> None:
    site = dict(site_files(make_facts(products=[])))
    assert "The snapshot holds no products" in site["index.html"].decode()
    assert set(site) == {
        ".nojekyll",
        "index.html",
        "about.html",
        "search.html",
        "favicon.svg",
        *(path for path in site if path.startswith("assets/")),
        *("api/v1/openapi.json", "api/v1/products.json", "deadlines.ics", "feed.xml", "llms.txt"),
        *("products.csv", "deadlines.csv", "report.md", "brief.md", "handout.html"),
        *(
            f"{key}/{name}"
            for key in REPORT_PERIODS
            for name in ("index.html", "report.md", "brief.md", "handout.html", "products.csv")
        ),
        *(f"api/v1/portfolio/{key}.json" for key in REPORT_PERIODS),
    }


def test_a_product_without_tests_says_so_in_every_place() -> None:
    page = read(dict(site_files(make_facts()))["products/598-halo-shop/index.html"].decode())
    assert page.faults == []
    text = next(page.all("main")).text
    for words in (
        "No test ended in this period",
        "No bugs were reported",
        "Nothing waits for a review",
        "Too few to judge",
    ):
        assert words in text


@pytest.mark.slow
def test_what_changed_since_an_earlier_snapshot_is_told(tmp_path: Path) -> None:
    account = demo_account(20)
    now, before = account_facts(account), account_facts(_seen_earlier(account))
    build_site(now, tmp_path, earlier=before)
    page = (tmp_path / "products/598-halo-shop/index.html").read_text()
    assert "Since the snapshot of 2026-11-13 06:00 UTC" in page
    assert read(page).faults == []


def _seen_earlier(account: Account) -> Account:
    return demo_account(20, seed=account.seed, day=-7)


def test_a_metric_added_to_the_catalogue_is_explained_on_the_about_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added = add_metric(monkeypatch)
    page = dict(site_files(make_facts([make_test(make_bugs(rejected=1))])))["about.html"].decode()
    assert f'id="metric-{added.key}"' in page
    assert added.help in page


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

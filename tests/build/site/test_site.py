import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, normpath

import pytest

from base.code import code_digest, code_files
from build.site.assets import load_assets
from build.site.site import MADE_BY, BuildReport, SiteOptions, build_site, site_files
from demo.account.account import Account, demo_account
from quality.glossary import glossary
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from tests.build.account_facts import account_facts
from tests.build.site.built_sites import demo_site, few_facts, hostile_site, outline
from tests.build.site.golden import GOLD, PAGES, golden_facts, golden_pages
from tests.build.site.parsed_pages import read
from tests.factories import (
    add_metric,
    make_bugs,
    make_facts,
    make_test,
)

ROOT = Path(__file__).parents[3]


@lru_cache(maxsize=1)
def golden_site() -> Mapping[str, bytes]:
    return dict(site_files(golden_facts()))


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
    build_site(replace(facts, tests=left), tmp_path)
    assert not list(tmp_path.glob("tests/30*"))
    assert not (tmp_path / "api/v1/tests/30.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


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
            if (key, name) != ("last-90-days", "products.csv")
        ),
        *(f"api/v1/portfolio/{key}.json" for key in REPORT_PERIODS),
    }


@pytest.mark.slow
def test_pages_are_the_same_bytes_in_every_process_and_zone() -> None:
    """Sets have another order in each process, so that no page may show one as it comes."""
    code = (
        "from hashlib import sha256\n"
        "from build.site.site import site_files\n"
        "from demo.account.account import demo_account\n"
        "from tests.build.account_facts import account_facts\n"
        "for path, content in site_files(account_facts(demo_account(20, bugs=90))):\n"
        "    print(path, sha256(content).hexdigest())\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Kiritimati"))
    ]
    assert found[0].count("\n") > 300
    assert found[0] == found[1]


def test_a_product_without_tests_says_so_in_every_place() -> None:
    page = read(dict(site_files(make_facts()))["products/598-halo-shop/index.html"].decode())
    assert page.faults == []
    text = next(page.all("main")).text
    for words in (
        "No test ended in this period",
        "No bugs were reported",
        "Plan a first test",
        "There is no test yet",
        "Not tested",
    ):
        assert words in text
    assert text.count("The product has no features.") == 1
    assert "changed" not in page.ids, "nothing can change where nothing was tested"


@pytest.mark.slow
def test_what_changed_since_an_earlier_snapshot_is_told(tmp_path: Path) -> None:
    account = demo_account(20)
    now, before = account_facts(account), account_facts(_seen_earlier(account))
    build_site(now, tmp_path, earlier=before)
    page = (tmp_path / "products/598-halo-shop/index.html").read_text()
    assert "Since the snapshot of 13 Nov, 06:00 UTC" in page
    assert read(page).faults == []


def _seen_earlier(account: Account) -> Account:
    return demo_account(20, seed=account.seed, day=-7)


def test_a_page_loads_the_styles_of_its_kind_alone() -> None:
    """The rules of the list of bugs came with every list, and with the search."""
    made = dict(site_files(make_facts([make_test(make_bugs(rejected=1))])))
    names = {path: name for name, path in load_assets().paths.items()}
    found = {}
    for path, content in made.items():
        if path.endswith(".html"):
            sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', content.decode())
            found[path] = [names.get(normpath(f"{dirname(path)}/{one}").lstrip("/"), "own") for one in sheets]
    every = ["report.css", "narrow.css"]
    product = "products/598-halo-shop"
    lists = (f"{product}/{name}.html" for name in ("index", "features"))
    for path in ("index.html", "about.html", *lists):
        assert found[path] == every, path
    for path in (f"{product}/tests.html", next(path for path in found if path.startswith("tests/"))):
        assert found[path] == [*every, "chosen.css"], path
    assert found["search.html"] == [*every, "filters.css"]
    assert found["handout.html"] == [*every, "handout.css"]
    assert found[f"{product}/bugs.html"] == [*every, "filters.css", "lists.css", "own"]


def test_the_about_page_has_its_rules_then_the_words_of_pages_then_the_metrics() -> None:
    page = read(dict(site_files(make_facts(products=[])))["about.html"].decode())
    heads = [one.text for one in page.all("h2")]
    assert heads[:4] == ["Three rules", "Glossary", "Metrics", "Two verdicts"]
    words = [one.text for one in page.all("dt")]
    assert words[: len(glossary())] == [one.word for one in glossary()]
    assert next(page.all("dd")).text == glossary()[0].text


def test_a_metric_added_to_the_catalogue_is_explained_on_the_about_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added = add_metric(monkeypatch)
    page = dict(site_files(make_facts([make_test(make_bugs(rejected=1))])))["about.html"].decode()
    assert f'id="metric-{added.key}"' in page
    assert added.help in page

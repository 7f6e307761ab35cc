"""The tables of the pages as CSV and JSON, and the JSON as its description says."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from posixpath import dirname, normpath
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from build.site.data.openapi import openapi_document
from build.site.site import SiteOptions, site_files
from demo.account.account import demo_account
from quality.metrics.catalogue import METRICS
from quality.model.history import History
from tests.build.account_facts import account_facts
from tests.build.site.golden import golden_facts
from tests.build.site.parsed_pages import read
from tests.factories import NOW
from tests.hostile import hostile
from tests.quality.context.contexts import make_context, make_release

pytestmark = pytest.mark.slow

BASE = "https://quality.example/reports/"


@lru_cache(maxsize=1)
def site() -> dict[str, bytes]:
    return dict(site_files(golden_facts()))


@lru_cache(maxsize=1)
def hostile_site() -> dict[str, bytes]:
    return dict(site_files(account_facts(hostile(demo_account(8, bugs=30)))))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def tables_of(path: str) -> list[tuple[str, int, list[str]]]:
    """The tables of a page: name, rows, and the files that are linked below each."""
    page = read(site()[path].decode())
    found: list[tuple[str, int, list[str]]] = []
    for element in page.elements:
        if element.tag == "table":
            found.append((str(element.attributes["aria-label"]), 0, []))
        elif element.tag == "tr" and "tbody" in element.path:
            name, rows, files = found.pop()
            found.append((name, rows + 1, files))
        elif element.tag == "a" and found and element.text in {"CSV", "JSON"}:
            found[-1][2].append(normpath(f"{dirname(path)}/{element.attributes['href']}"))
    return found


@pytest.mark.parametrize("name", ["index", "bugs", "tests", "features", "ytd/index"])
def test_every_table_of_a_product_has_its_rows_as_csv_and_as_json_below_it(name: str) -> None:
    tables = tables_of(f"products/598-halo-shop/{name}.html")
    assert tables
    for title, rows, files in tables:
        assert [path.rpartition(".")[2] for path in files] == ["csv", "json"], title
        assert len(rows_of(site()[files[0]])) >= rows, title
        assert json.loads(site()[files[1]]), title


def test_the_tables_of_the_portfolio_and_of_a_test_have_their_files_too() -> None:
    assert all(len(files) == 2 for _, _, files in tables_of("index.html"))
    linked = {title: tuple(files[:2]) for title, _, files in tables_of("tests/31.html")}
    data = "api/v1/tests/31.json"
    assert linked == {
        "Bugs by severity": ("tests/31-bugs.csv", data),
        "Bugs by review": ("tests/31-bugs.csv", data),
        "Features of this test": ("tests/31-features.csv", data),
        "User stories of this test": ("tests/31-stories.csv", data),
    }
    tables = json.loads(site()[data])["tables"]
    for key, name in (("bugs", "id"), ("features", "feature"), ("stories", "story")):
        rows = rows_of(site()[f"tests/31-{key}.csv"])
        assert [row[name] for row in rows] == [str(row[name]) for row in tables[key]]


@pytest.mark.parametrize("made", [site, hostile_site], ids=["golden", "hostile"])
def test_every_csv_file_is_linked_from_a_page(made: Any) -> None:
    linked = {
        normpath(f"{dirname(path)}/{href}").lstrip("/")
        for path, content in made().items()
        if path.endswith(".html")
        for href in re.findall(r'href="([^"#]+\.csv)"', content.decode())
    }
    assert {path for path in made() if path.endswith(".csv")} == linked


def test_what_there_is_to_do_and_grave_bugs_are_in_files_with_their_ids_and_whole_titles() -> None:
    """Titles were cut to what fits a page, and no id led to the bug."""
    bugs = golden_facts().bugs
    for name, bug_id, test_id in (("todo", "bug_id", "test_id"), ("grave", "id", "test_id")):
        rows = [row for row in rows_of(site()[f"products/598/last-90-days/{name}.csv"]) if row[bug_id]]
        assert rows, name
        for row in rows:
            bug = bugs[int(row[bug_id])]
            assert (row["title"], int(row[test_id])) == (bug.title, bug.test_id)
    assert {"found_again", "exported_at"} <= rows[0].keys()


def test_what_a_team_says_and_the_deadlines_are_in_the_files_that_their_tables_link() -> None:
    facts = replace(golden_facts(), context=make_context(releases=(make_release(),)))
    made = dict(site_files(facts))
    said = json.loads(made["api/v1/products/598/last-90-days.json"])["tables"]
    assert said["releases"]
    due = json.loads(made["api/v1/portfolio/last-90-days.json"])["deadlines"]
    assert len(due) == len(rows_of(made["deadlines.csv"])) > 0


def test_the_list_of_bugs_as_csv_has_every_bug_and_says_in_which_periods_it_counts() -> None:
    bugs = golden_facts().bugs.values()
    rows = rows_of(site()["products/598/bugs.csv"])
    assert {int(row["id"]) for row in rows} == {bug.id for bug in bugs if bug.product_id == 598}
    assert all("all" in row["periods"].split() for row in rows)


def test_the_description_of_the_json_is_valid_openapi() -> None:
    for base in (None, BASE):
        validate(openapi_document(base))
    assert openapi_document(BASE)["servers"] == [{"url": "https://quality.example/reports/api/v1"}]
    assert openapi_document(None)["components"]["schemas"]["metrics"]["properties"].keys() == METRICS.keys()


def _schema(path: str, described: dict[str, Any]) -> dict[str, Any]:
    """What the description says of the file at a path."""
    place = "/" + path.removeprefix("api/v1/")
    for template, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template).replace(".json", r"\.json"), place):
            if any(place.endswith(f"/{key}.json") != template.endswith(f"/{key}.json") for key in LISTS):
                continue
            content = operations["get"]["responses"]["200"]["content"]
            return {**content["application/json"]["schema"], "components": described["components"]}
    raise AssertionError(path)


LISTS = ("bugs", "tests", "features")


@pytest.mark.parametrize("made", [site, hostile_site], ids=["golden", "hostile"])
def test_every_json_file_is_as_it_is_described(made: Any) -> None:
    described = json.loads(made()["api/v1/openapi.json"])
    paths = [path for path in made() if path.startswith("api/v1/") and not path.endswith("openapi.json")]
    assert len(paths) > 20
    for path in paths:
        Draft202012Validator(_schema(path, described)).validate(json.loads(made()[path]))


def test_json_and_page_say_the_same() -> None:
    document = json.loads(site()["api/v1/products/598/last-90-days.json"])
    text = read(site()["products/598-halo-shop/index.html"].decode()).elements[0].text.replace("\xa0", " ")
    for sentence in document["headline"]:
        assert sentence in text
    assert document["product_verdict"]["reason"] in text
    assert document["data_of"] == "2026-11-20T06:00:00Z"
    assert json.loads(site()["api/v1/products.json"])["snapshot"] == golden_facts().snapshot_id


def test_no_cell_of_a_csv_file_begins_a_formula() -> None:
    files = [path for path in hostile_site() if path.endswith(".csv")]
    assert len(files) > 20
    for path in files:
        for row in csv.reader(io.StringIO(hostile_site()[path].decode("utf-8-sig"))):
            assert not any(re.match(r"[=+\-@\t]", cell) and not _is_number(cell) for cell in row), (path, row)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


def test_addresses_are_those_of_the_site_where_it_is_known() -> None:
    made = dict(site_files(golden_facts(), SiteOptions(base_url=BASE)))
    assert b"](https://quality.example/reports/products/598-halo-shop/report.md)" in made["llms.txt"]
    assert b"](products/598-halo-shop/report.md)" in site()["llms.txt"]


def test_the_history_of_reviews_is_folded_on_the_page_and_has_its_files() -> None:
    known = History(NOW - timedelta(days=9), ((NOW - timedelta(days=9), 4), (NOW, 1)))
    shown = dict(site_files(replace(golden_facts(), history={598: known})))
    page = shown["products/598-halo-shop/index.html"].decode()
    folded = page.split("<summary>Review history</summary>")[1].split("</details>")[0]
    assert "By the snapshots since 11 Nov 2026 (UTC)" in folded
    assert 'href="../598/last-90-days/burn_down.csv"' in folded
    rows = shown["products/598/last-90-days/burn_down.csv"].decode("utf-8-sig").splitlines()
    assert rows[0] == "since,open"
    assert [row.split(",")[-1] for row in rows[1:]] == ["4", "1"]
    document = json.loads(shown["api/v1/products/598/last-90-days.json"])
    assert [row["open"] for row in document["tables"]["burn_down"]] == [4, 1]

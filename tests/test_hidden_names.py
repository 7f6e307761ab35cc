"""Under TESTIO_HIDE_NAMES nobody's name leaves the snapshot; everyone is called the same everywhere."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from build.everything import build_everything
from build.facts.load import load_facts
from build.search.index import update_index
from build.search.place import readable_index
from build.search.query import open_index
from build.site.site import SiteOptions
from demo.account.account import demo_account
from demo.server.server import serve
from mcp_reader.chat import FRAGMENT
from mcp_reader.server import create_server
from quality.normalise.people import pseudonym
from snapshot.reader import open_snapshot
from snapshot.remote import push
from tests.conftest import made_once
from tests.mcp_reader.apps import Apps
from tests.mcp_reader.calls import asking, settings_of
from tests.mcp_reader.published_account import publish_account
from tests.snapshot.documents import NOW, a_test, features, product, publish_version, raw_bug, reject_reasons

ZELDA, YORICK, XAVER, WILMA, GUDRUN = (
    "Zelda Quastenflosser", "Yorick Vexelmann", "Xaver Pumpernickel", "Wilma Ungemach", "Gudrun Tausendfuss",
)  # fmt: skip
PEOPLE = (ZELDA, YORICK, XAVER, WILMA, GUDRUN)
WORDS = [word.casefold() for name in PEOPLE for word in name.split()]
HIDING = SiteOptions(hide_names=True)


def a_day(root: Path, day: int) -> None:
    """Publish two tests: the first never changes, the second gets a bug more each day."""
    at = NOW + timedelta(days=day)
    said = [{"id": 1, "body": "Rejected - known.", "author": {"name": WILMA}, "created_at": NOW.isoformat()}]
    zelda, made = {"id": 2601, "name": ZELDA}, {"id": 31, "name": XAVER}
    old = [
        raw_bug(9001, "rejected", author=zelda, comments=said),
        raw_bug(9002, "accepted", author={"name": YORICK}, severity="critical"),
    ]
    new = [
        raw_bug(9011 + one, author={"name": ZELDA}, comments=[{"body": "Look.", "author": {"name": ZELDA}}])
        for one in range(day + 1)
    ]
    ended: dict[str, Any] = {
        "end_at": (NOW - timedelta(days=4)).isoformat(),
        "created_by": made,
        "submitted_by": GUDRUN,
    }
    tests = [a_test(11, bugs=old, **ended), a_test(12, bugs=new, **ended)]
    publish_version(root, [product(), features(598, "Cart"), *tests, reject_reasons()], at)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshots of two days with an index that has the names; shared, so never write into it."""

    def take(root: Path) -> None:
        a_day(root, 0)
        a_day(root, 1)
        update_index(load_facts(open_snapshot(root)), root / "index")

    return made_once(tmp_path_factory, "hidden-names", take)


def named(text: str) -> list[str]:
    return [word for word in WORDS if word in text.casefold()]


def files(folder: Path) -> dict[str, str]:
    """What every file says, also those that are no text."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "replace") for path in found
    }


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_test_summary", {"test_id": 11}),
    ("get_bug_summary", {"bug_id": 9001}),
    ("get_bug_summary", {"bug_id": 9012}),
    ("get_product_summary", {"product_id": 598}),
    ("list_bugs", {"fields": "tester,rejected_by,rejection_comment"}),
    ("list_tests", {"test_statuses": "all"}),
    ("query_metrics", {"metrics": "bug_count", "dimensions": "tester"}),
    ("query_metrics", {"metrics": "test_count", "dimensions": "customer"}),
    ("generate_quality_report", {"product_ids": 598, "format": "markdown"}),
    ("search", {"query": "look"}),
    ("search", {"query": f'"{pseudonym(ZELDA)}"'}),
    ("get_user_summary", {"username": pseudonym(XAVER)}),
)


@pytest.mark.slow
async def test_no_answer_names_anybody(two_days: Path) -> None:
    """Every tool is asked, most of them for where names stand, by a host that shows HTML."""
    server = create_server(settings_of(two_days, testio_hide_names=True))
    told: dict[str, str] = {}
    async with Client(server, extensions=[Apps()]) as host:
        others: list[tuple[str, dict[str, Any]]] = [(tool.name, {}) for tool in await host.list_tools()]
        for name, arguments in (*others, *CALLS):
            answer = await host.call_tool_mcp(name, arguments)
            told[f"{name} {arguments}"] = f"{answer.content} {answer.structured_content} {answer.meta}"
        for uri in ("tests/11", "bugs/9001", "products/598/report.md"):
            told[uri] = str(await host.read_resource(f"testio://{uri}"))
    assert {asked: named(said) for asked, said in told.items() if named(said)} == {}
    assert FRAGMENT in told["get_bug_summary {'bug_id': 9001}"]
    every = " ".join(told.values())
    assert [name for name in PEOPLE if pseudonym(name) not in every] == []


async def test_people_are_found_by_pseudonyms_and_not_by_names(two_days: Path) -> None:
    """The index beside the snapshot still has the names; a reader that hides them does not ask it."""
    async with asking(two_days, testio_hide_names=True) as ask:
        users = (await ask("list_users"))["users"]
        bugs = (await ask("list_bugs", tester=pseudonym(ZELDA)))["bugs"]
        summary = await ask("get_user_summary", username=pseudonym(YORICK))
        found = await ask("search", query=ZELDA)
        for tool, arguments in (("list_bugs", {"tester": ZELDA}), ("get_user_summary", {"username": YORICK})):
            assert pseudonym(ZELDA) not in await ask.failing(tool, **arguments)
    assert {one["name"] for one in users} == {pseudonym(one) for one in (ZELDA, YORICK, XAVER)}
    assert {one["id"] for one in bugs} == {9001, 9011, 9012}
    assert summary["name"] == pseudonym(YORICK)
    assert found["hits"] == []
    async with asking(two_days) as ask:
        assert {hit["id"] for hit in (await ask("search", query=ZELDA))["hits"]} == {9001, 9011, 9012}


@pytest.mark.slow
def test_switching_on_makes_pages_and_index_anew_and_a_day_later_everyone_is_called_the_same(
    tmp_path: Path,
) -> None:
    root, site = tmp_path / "snapshots", tmp_path / "site"
    a_day(root, 0)
    build_everything(root, site)
    assert all(named(files(site)[page]) for page in ("tests/11.html", "products/598/bugs.csv"))
    seen = []
    for day in (0, 1):
        if day:
            a_day(root, day)
        build_everything(root, site, HIDING)
        pages = files(site)
        everything = pages | {f"index {name}": text for name, text in files(root / "index").items()}
        assert [name for name, text in everything.items() if named(text)] == []
        seen.append({name: {one for one in PEOPLE if pseudonym(one) in text} for name, text in pages.items()})
        assert set().union(*seen[-1].values()) == set(PEOPLE)
    assert seen[0]["tests/11.html"] == seen[1]["tests/11.html"] == {ZELDA, YORICK, XAVER, WILMA, GUDRUN}
    assert build_everything(root, site, HIDING).pages.written == 0
    shutil.rmtree(root / "facts")
    build_everything(root, site)
    assert named(files(site)["tests/11.html"]), "switched off, names are back"


@pytest.mark.slow
async def test_a_reader_that_pulls_makes_an_index_of_pseudonyms(two_days: Path, tmp_path: Path) -> None:
    url, here = (tmp_path / "shared").as_uri(), tmp_path / "here"
    push(two_days, url)
    async with asking(here, testio_snapshot_url=url, testio_hide_names=True) as ask:
        found = await ask("search", query=pseudonym(ZELDA))
    index = open_index(readable_index(here))
    assert index is not None
    assert index.hides_names
    assert {hit["id"] for hit in found["hits"]} == {9001, 9011, 9012}


@pytest.mark.slow
async def test_what_comes_from_the_api_names_nobody_either(tmp_path: Path) -> None:
    account = demo_account(12, bugs=60)
    lacking = max(account.test_ids[598], key=lambda one: len(account.bugs(one)))
    publish_account(tmp_path, account, without_tests={lacking})
    raw = next(bug for bug in account.bugs(lacking) if bug["author"] and bug["comments"])
    with serve(account) as api:
        reaching: dict[str, Any] = {
            "testio_customer_api_base_url": api.base_url,
            "testio_customer_api_token": api.token,
            "testio_hide_names": True,
        }
        async with asking(tmp_path, **reaching) as ask:
            test = await ask("get_test_summary", test_id=lacking)
            bug = await ask("get_bug_summary", bug_id=int(raw["id"]))
            await ask("sync_data")
    index = open_index(readable_index(tmp_path))
    assert index is not None
    assert index.hides_names
    assert (test["source"], bug["source"]) == ("upstream", "upstream")
    makers = [test[key] for key in ("created_by", "submitted_by") if key in test]
    assert makers
    assert all(name.startswith("Person ") for name in makers)
    assert bug["tester"] == pseudonym(raw["author"]["name"])
    assert {one["author"] for one in bug["comments"]} == {
        pseudonym(one["author"]["name"]) for one in raw["comments"]
    }

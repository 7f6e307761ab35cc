"""Credentials of test environments reach no file, in no moment of a refresh, wherever people wrote them."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from base.errors import UserError
from demo.account.account import DEMO_NOW, Account, demo_account
from demo.account.catalogue import PRODUCTS, environments_of
from demo.server.exchange import Fault, Hits
from demo.server.faults import Fails, Unauthorized
from demo.server.server import serve
from fetch.refresh.refresh import refresh
from snapshot.prune import prune
from snapshot.reader import open_snapshot
from snapshot.store import new_id, publish, put
from snapshot.verify import verify
from tests.fetch.refresh.faulty_refreshes import Changed, Paths, documents, files, manifest, options, take

pytestmark = pytest.mark.slow

Json = dict[str, Any]
HALO = 598
USER = str(environments_of(PRODUCTS[0])[0]["username"])
PASSWORD = str(environments_of(PRODUCTS[0])[0]["password"])
NOTE = str(environments_of(PRODUCTS[0])[0]["access"])
FORMS = (
    PASSWORD,
    PASSWORD.upper(),
    quote(PASSWORD, safe="").replace("-", "%2D"),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    f"{USER[:3]}\u200b{USER[3:]}",
    NOTE,
)


def told(number: int) -> str:
    return f"I used {FORMS[number % len(FORMS)]} for it"


def telling(kind: str, value: Json) -> Json:
    """Everybody writes the credentials of one environment into everything that they write."""
    number = int(value.get("id") or 0)
    match kind:
        case "bug":
            return value | {
                "title": told(number),
                "location": told(number + 1),
                "expected_result": told(number + 2),
                "actual_result": told(number + 3),
                "steps": [told(number + 4)],
                "comments": [{"id": 1, "body": told(number + 5), "author": {"name": "A"}}],
            }
        case "test":
            return value | {
                "title": told(number),
                "goal": told(number + 1),
                "instructions_text": told(number + 2),
            }
        case "feature":
            return value | {"title": told(number), "description": told(number + 1)}
        case "product":
            return value | {"description": told(number)}
    return value


@pytest.fixture(scope="module")
def account() -> Account:
    return replace(demo_account(28), change=telling)


def leaks(root: Path) -> list[str]:
    """The files of a folder that hold any form of the credentials."""
    searched = [form.lower() for form in (*FORMS, USER)]
    return [
        f"{path.name}: {form}"
        for path, raw in files(root)
        for form in searched
        if form in (text := raw.decode()).lower() or form in text.replace("\u200b", "").lower()
    ]


def _without_environments(body: Json) -> None:
    for row in body["exploratory_tests"]:
        row["test_environment"] = {"id": row["test_environment"]["id"]}


LISTS_WITHOUT = Changed(_without_environments, Hits(r"/products/\d+/exploratory_tests", times=None))
NO_ENVIRONMENTS = Fails(404, Hits(r"/test_environments", times=None))


async def test_what_everybody_writes_down_is_in_no_file(account: Account, tmp_path: Path) -> None:
    """The password of a test environment stood on the pages: in bugs, other tests, features, the product."""
    result = await take(tmp_path, account)
    assert result.exit_code == 0
    assert leaks(tmp_path) == []
    test = next(data for (kind, _), data in documents(tmp_path).items() if kind == "test" and data["bugs"])
    texts = [test["bugs"][0][name] for name in ("title", "location", "expected_result", "actual_result")]
    assert set(texts) <= {"I used  for it"}
    assert set(test["test"]["test_environment"]) == {"id", "title", "url"}


@pytest.mark.parametrize("lists", [(), (LISTS_WITHOUT, NO_ENVIRONMENTS)])
@pytest.mark.parametrize("after", [9, 14, 25, 40, 50])
async def test_nor_in_any_moment_before(
    account: Account, tmp_path: Path, after: int, lists: tuple[Fault, ...]
) -> None:
    """One test is stored with the password of another one in it, as that one was not read yet."""
    with suppress(UserError):
        await take(tmp_path, account, faults=[*lists, Unauthorized(after)])
    assert leaks(tmp_path) == []
    asked: Paths = []
    result = await take(tmp_path, account, faults=lists, asked=asked)
    assert result.exit_code == 0
    assert leaks(tmp_path) == []


async def test_the_next_night_still_knows_the_credentials_of_tests_that_it_keeps(
    account: Account, tmp_path: Path
) -> None:
    """Only the kept test had said which password it is; a test of the next night was stored with it."""
    lists = (LISTS_WITHOUT, NO_ENVIRONMENTS)
    await take(tmp_path, account, faults=lists)
    kept = {one.id for one in manifest(tmp_path).entries if one.kind == "test" and one.settled}
    asked: Paths = []
    result = await take(tmp_path, account, faults=lists, day=1, asked=asked)
    assert result.exit_code == 0
    assert leaks(tmp_path) == []
    again = {int(path.rpartition("/")[2]) for path, _ in asked if path.startswith("/exploratory_tests/")}
    assert 0 < len(kept & again) < len(kept) / 2


async def test_tests_whose_credentials_no_list_shows_are_read_before_anything_is_stored(
    account: Account, tmp_path: Path
) -> None:
    asked: Paths = []
    await take(tmp_path, account, faults=[LISTS_WITHOUT, NO_ENVIRONMENTS], asked=asked)
    paths = [path for path, _ in asked]
    details = [place for place, path in enumerate(paths) if path.startswith("/exploratory_tests/")]
    later = [
        place for place, path in enumerate(paths) if path.startswith("/bugs") or path.endswith("/features")
    ]
    assert len(details) == len(account.plans)
    assert max(details) < min(later)


async def test_a_stopped_refresh_leaves_nothing_either(account: Account, tmp_path: Path) -> None:
    for seconds in (0.05, 0.2, 0.4):
        with serve(account, latency=0.01, faults=[LISTS_WITHOUT]) as server:
            job = asyncio.create_task(refresh(tmp_path, options(server), now=DEMO_NOW))
            await asyncio.sleep(seconds)
            job.cancel()
            with suppress(asyncio.CancelledError, UserError):
                await job
        assert leaks(tmp_path) == []


def _another_password(of: int, text: str) -> Callable[[Json], None]:
    def change(body: Json) -> None:
        if int(body["exploratory_test"]["id"]) == of:
            body["exploratory_test"]["test_environment"]["password"] = text

    return change


async def test_what_only_the_last_detail_shows_is_cut_out_of_what_was_stored_before(tmp_path: Path) -> None:
    """A password that was changed between the list and the test: whoever was stored first kept it."""
    later = "Ch4nged-meanwhile!"
    account = replace(
        demo_account(28),
        change=lambda kind, value: value | {"title": f"See {later}"} if kind in {"bug", "feature"} else value,
    )
    last = min(account.plans)
    faults = [Changed(_another_password(last, later), Hits(r"^/exploratory_tests/", times=None))]
    result = await take(tmp_path, account, faults=faults)
    assert result.exit_code == 0
    assert not [path for path, raw in files(tmp_path) if later.encode() in raw]
    titles = {
        bug["title"]
        for (kind, _), data in documents(tmp_path).items()
        if kind == "test"
        for bug in data["bugs"]
    }
    assert titles == {"See "}


def _settled(root: Path) -> int:
    """A test that no refresh asks for again, with bugs."""
    return next(one.id for one in manifest(root).entries if one.kind == "test" and one.settled and one.items)


async def test_a_test_that_is_kept_loses_what_its_product_learns_to_be_secret_today(tmp_path: Path) -> None:
    """What was an ordinary word yesterday is a password today, and the page of an old test still shows it."""
    later = "Blue-Heron-42"
    account = replace(
        demo_account(28),
        change=lambda kind, value: value | {"title": f"See {later}"} if kind == "bug" else value,
    )
    await take(tmp_path, account)
    kept, first = _settled(tmp_path), manifest(tmp_path)
    assert documents(tmp_path)["test", kept]["bugs"][0]["title"] == f"See {later}"
    newest = max(account.plans)

    def change(body: Json) -> None:
        for row in body.get("exploratory_tests", [body.get("exploratory_test")]):
            if int(row["id"]) == newest:
                row["test_environment"]["password"] = later

    asked: Paths = []
    faults = [Changed(change, Hits(r"exploratory_tests", times=None))]
    await take(tmp_path, account, faults=faults, day=1, asked=asked)
    assert f"/exploratory_tests/{kept}" not in {path for path, _ in asked}
    assert documents(tmp_path)["test", kept]["bugs"][0]["title"] == "See "
    second = manifest(tmp_path)
    assert set(first.sought) < set(second.sought)
    old, new = (one.entries for one in (first, second))
    assert {one.id: one.fetched_at for one in old}[kept] == {one.id: one.fetched_at for one in new}[kept]
    names = {one.sha256 for one in new}
    assert not [path for path, raw in files(tmp_path) if path.stem in names and later.encode() in raw]
    prune(tmp_path, keep_last=1, grace=-(DEMO_NOW - DEMO_NOW))
    assert verify(tmp_path) == []


async def test_documents_are_looked_through_again_only_when_there_is_a_new_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = demo_account(28)
    await take(tmp_path, account)
    looked: list[Any] = []
    monkeypatch.setattr("fetch.refresh.second_look.SecondLook.look", lambda *args, **_: looked.append(args))
    await take(tmp_path, account, day=0.01)
    assert looked == []


async def test_what_an_earlier_release_stored_is_redacted_anew(tmp_path: Path) -> None:
    """Snapshots from before hold PINs of environments, and passwords in bugs: they must not stay."""
    account = demo_account(28)
    await take(tmp_path, account)
    made = manifest(tmp_path)
    kept = _settled(tmp_path)
    document = open_snapshot(tmp_path).read(
        next(one for one in made.entries if (one.kind, one.id) == ("test", kept))
    )
    document.data["test"]["test_environment"]["pin"] = "482133"
    document.data["bugs"][0]["title"] = "Login: anna / swordfish"
    entry = put(tmp_path, document, product_id=HALO)
    entries = tuple(
        one.model_copy(update={"sha256": entry.sha256, "size": entry.size})
        if (one.kind, one.id) == ("test", kept)
        else one
        for one in made.entries
    )
    publish(
        tmp_path,
        made.model_copy(update={"id": new_id(DEMO_NOW), "entries": entries, "rules": 0, "sought": ()}),
    )
    await take(tmp_path, account, day=0.1)
    data = documents(tmp_path)["test", kept]
    assert set(data["test"]["test_environment"]) == {"id", "title", "url"}
    assert data["bugs"][0]["title"] == "Login:  / "


async def test_environments_are_asked_for_only_where_a_list_was_not_read_to_its_end(tmp_path: Path) -> None:
    account = demo_account(700)
    asked: Paths = []
    await take(tmp_path, account, asked=asked, only=(HALO,), since=DEMO_NOW)
    await take(
        tmp_path, account, faults=[NO_ENVIRONMENTS], asked=asked, day=0.01, only=(HALO,), since=DEMO_NOW
    )
    assert manifest(tmp_path).problems == ()
    wanted = [path for path, _ in asked if path.endswith("/test_environments")]
    assert wanted == [f"/products/{HALO}/test_environments"] * len(wanted)

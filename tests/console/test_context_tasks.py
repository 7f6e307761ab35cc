"""The tasks over the context folder, as a user runs them."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.account.account import DEMO_NOW, demo_account
from tests.console.conftest import Run
from tests.context_files.folders import RELEASE, write_context
from tests.fetch.api.test_webhook import chat
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder with a small account; never write into it."""
    root = tmp_path_factory.mktemp("small") / "snapshots"
    publish_account(root, demo_account(40, bugs=160))
    return root


def test_without_a_folder_the_task_says_how_to_begin(run: Run) -> None:
    code, out, err = run("context", "--strict")
    assert (code, err) == (0, "")
    assert out.startswith("There is no folder context. Begin with: invoke context --new")
    assert "ids were not looked up" in out


def test_a_new_file_is_made_and_then_listed(run: Run) -> None:
    assert run("context", "--new", "note product 598")[0] == 0
    code, out, _ = run("context", "--strict")
    assert code == 0
    assert "note     on product 598, internal: Write the note here." in out
    code, _, err = run("context", "--new", "note product 598")
    assert (code, err) == (
        1,
        "notes/product/598.md is there already. Nothing was changed. Open it in an editor.\n",
    )


@pytest.mark.slow
def test_mistakes_are_listed_and_only_strict_fails(run: Run, small: Path, tmp_path: Path) -> None:
    write_context(tmp_path / "mine", {"releases/7/a.yaml": RELEASE, "links.yaml": "links: 1\n"})
    folders = {"TESTIO_CONTEXT_DIR": "mine", "TESTIO_SNAPSHOT_DIR": str(small)}
    code, out, _ = run("context", **folders)
    assert code == 0
    assert "links.yaml:1: The list links: is missing." in out
    assert "releases/7/a.yaml:1: The snapshot has no product 7." in out
    assert out.endswith("2 mistakes.\n")
    assert run("context", "--strict", **folders)[0] == 1


@pytest.mark.slow
def test_the_gate_fails_on_the_snapshot_alone_and_warns_when_asked_to(
    run: Run, small: Path, tmp_path: Path
) -> None:
    folders = {"TESTIO_SNAPSHOT_DIR": str(small), "TESTIO_CONTEXT_DIR": "mine"}
    code, out, _ = run("gate", **folders)
    assert code == 1
    assert out.startswith("## Quality gate: failed\n\nData of 20 Nov 2026")
    assert run("gate", "--warn-only", **folders) == (0, out, "")
    code, out, _ = run("gate", "--json", "--without", "verdict,overdue, goals", **folders)
    assert (code, json.loads(out)["passed"]) == (0, True)
    assert not (tmp_path / "site").exists()


@pytest.mark.slow
def test_the_gate_asks_for_the_products_and_the_release_that_are_named(
    run: Run, small: Path, tmp_path: Path
) -> None:
    write_context(tmp_path / "context", {"releases/598/4.3.yaml": "version: 4.3\ndate: 2026-12-01\n"})
    folders = {"TESTIO_SNAPSHOT_DIR": str(small)}
    _, out, _ = run("gate", "--release", "4.3", "--json", **folders)
    assert [one["id"] for one in json.loads(out)["products"]] == [598]
    _, out, _ = run("gate", "--product", "598,18559", "--json", **folders)
    assert [one["id"] for one in json.loads(out)["products"]] == [598, 18559]
    for words in (("--product", "x"), ("--product", "7"), ("--release", "9"), ("--without", "all")):
        code, _, err = run("gate", *words, **folders)
        assert (code, err.count("\n")) == (1, 1)


@pytest.mark.slow
def test_what_a_person_writes_is_told_and_stands_on_page_hand_out_report_and_in_claudes_answer(
    run: Run, small: Path, tmp_path: Path
) -> None:
    folders = {"TESTIO_SNAPSHOT_DIR": str(small)}
    for words in ("release 598 4.15", "note product 598", "goals 598"):
        assert run("context", "--new", words)[0] == 0
    context = tmp_path / "context"
    release, note, goals = (
        context / name for name in ("releases/598/4.15.yaml", "notes/product/598.md", "goals/598.yaml")
    )
    release.write_text("version: 4.15\ndate: 12 Nov\nstatus: shiped\n", encoding="utf-8")
    goals.write_text("goals:\n- {metric: acceptance_rat, target: 90 %}\n", encoding="utf-8")
    note.write_text(note.read_text().replace("internal #", "publshed #"), encoding="utf-8")
    code, out, _ = run("context", "--strict", **folders)
    assert code == 1
    for mistake in (
        "goals/598.yaml:2: goals, entry 1, metric is 'acceptance_rat', which is no metric; did you mean",
        "notes/product/598.md:5: visibility is 'publshed'",
        "releases/598/4.15.yaml:2: date is '12 Nov', which is no date such as 2026-11-21.",
        "releases/598/4.15.yaml:3: status is 'shiped'",
    ):
        assert mistake in out

    release.write_text("version: 4.15\ndate: 2026-11-12\nstatus: shipped\n", encoding="utf-8")
    goals.write_text("goals:\n- {metric: acceptance_rate, target: 90 %}\n", encoding="utf-8")
    text = note.read_text().replace("publshed", "published").replace("Write the note here.", "We ship.")
    note.write_text(text, encoding="utf-8")
    assert run("context", "--strict", **folders)[0] == 0
    assert run("build", **folders)[0] == 0
    for name in ("index.html", "handout.html", "report.md"):
        shown = (tmp_path / "site/products/598-halo-shop" / name).read_text(encoding="utf-8")
        for part in ("4.15, shipped", "We ship.", "at least 90"):
            assert part in shown, (name, part)

    async def ask() -> Any:
        async with asking(small, testio_context_dir=context) as asked:
            return (await asked("get_product_summary", product_id=598))["team"]

    team = asyncio.run(ask())
    assert team["notes"][0]["text"] == "We ship."
    assert team["releases"][0]["version"] == "4.15"
    assert team["goals"][0]["target"] == "at least 90 %"


@pytest.mark.slow
def test_a_digest_is_printed_and_posted_and_a_failing_webhook_loses_nothing(run: Run, small: Path) -> None:
    folders = {"TESTIO_SNAPSHOT_DIR": str(small), "TESTIO_CONTEXT_DIR": "mine"}
    code, out, _ = run("digest", "--since", "3 weeks ago", **folders)
    assert (code, out.startswith("## New since 30 Oct 2026")) == (0, True)
    with chat(200) as (url, posted):
        assert run("digest", "--since", "3 weeks ago", TESTIO_WEBHOOK_URL=url, **folders) == (0, out, "")
    assert posted[0]["text"].startswith("New since 30 Oct 2026")
    with chat(410) as (url, _):
        code, said, err = run("digest", "--since", "3 weeks ago", TESTIO_WEBHOOK_URL=url, **folders)
    assert (code, said) == (3, out)
    assert "refused the message with status 410" in err
    assert "s3cr3t" not in said + err
    code, said, err = run("digest", TESTIO_WEBHOOK_URL="http://hooks.example/s3cr3t", **folders)
    assert (code, "s3cr3t" in said + err) == (3, False)
    code, _, err = run("digest", "--since", "soonish", **folders)
    assert (code, "soonish" in err) == (1, True)


@pytest.mark.slow
def test_a_digest_as_json_compares_with_the_version_of_then(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "snapshots"
    old = publish_account(root, demo_account(32, bugs=40), at=DEMO_NOW - timedelta(days=2))
    publish_account(root, demo_account(32, bugs=64))
    code, out, _ = run("digest", "--json", TESTIO_CONTEXT_DIR="mine")
    assert (code, json.loads(out)["compared_with"]) == (0, old)

"""Reports are written inside the reports folder, and nowhere else."""

import csv
import json
import os
from pathlib import Path, PurePosixPath

import pytest

from base import folders
from base.errors import InvalidInput, Unavailable
from build.facts.load import load_facts
from build.site.markdown.report import report_markdown
from mcp_reader.output_files import place, write
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection
from quality.views.report import report_view
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, asking

ENDINGS = (".json", ".md", ".csv")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/cron.d/x.md", "../x.md", "a/../../x.md", "..", "a/..", "..\\x.md", "C:\\x.md", "c:x.md",
        "\\\\host\\x.md", "~/x.md", ".hidden.md", "a/.git/x.md", "a//x.md", "", " ", "x", "x.exe", "x.md/",
        "x.md\x00.json",
        "a\x1b.md", "x\u202e.md", "a/b/c/d/e/f.md", "n" * 200 + ".md", "con|x.md", "$(id).md", "%2e%2e/x.md",
        "file:///tmp/x.md", "CON.md", "nul.x.md", "com1 .md", "aux/x.md",
    ],
)  # fmt: skip
def test_a_name_that_leaves_the_folder_or_is_odd_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        place(name, ENDINGS)
    assert caught.value.what.startswith("output_file=")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("halo.md", "halo.md"),
        ("console/auxiliary.md", "console/auxiliary.md"),
        ("reports/halo.json", "halo.json"),
        ("november/Halo Shop (Q4).csv", "november/Halo Shop (Q4).csv"),
        ("ünïcode/報告.MD", "ünïcode/報告.MD"),
    ],
)
def test_a_usable_name_stays_as_it_is(name: str, path: str) -> None:
    assert place(name, ENDINGS) == PurePosixPath(path)


def test_a_report_is_written_whole_and_replaced(tmp_path: Path) -> None:
    root = tmp_path / "reports"
    assert write(root, PurePosixPath("a/b.md"), "one é") == 6
    write(root, PurePosixPath("a/b.md"), "two")
    assert (root / "a" / "b.md").read_text(encoding="utf-8") == "two"
    assert [path.name for path in (root / "a").iterdir()] == ["b.md"]


def test_no_link_is_followed(tmp_path: Path) -> None:
    root, away = tmp_path / "reports", tmp_path / "away"
    root.mkdir()
    away.mkdir()
    (root / "out").symlink_to(away)
    (root / "file.md").symlink_to(away / "target.md")
    for name in ("out/x.md", "out/deep/x.md", "file.md"):
        with pytest.raises(InvalidInput, match="leaves the reports folder"):
            write(root, PurePosixPath(name), "text")
    assert not list(away.iterdir())


def test_a_folder_that_cannot_be_written_is_a_clear_error_without_a_path(tmp_path: Path) -> None:
    blocked = tmp_path / "reports"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(Unavailable) as caught:
        write(blocked, PurePosixPath("x.md"), "text")
    assert str(tmp_path) not in str(caught.value)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x.md").mkdir()
    with pytest.raises(Unavailable):
        write(tmp_path / "folder", PurePosixPath("x.md"), "text")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["x.md"]


@pytest.mark.parametrize("content", ["my own notes", "one", ""])
def test_a_file_that_was_not_written_here_is_not_replaced(tmp_path: Path, content: str) -> None:
    """An agent that chose the name of a user's own notes would have replaced them."""
    root, name = tmp_path / "reports", PurePosixPath("november/halo.md")
    write(root, name, "one")
    path = root / name
    path.write_text(content + " and more", encoding="utf-8")
    with pytest.raises(InvalidInput, match="there already"):
        write(root, name, "two")
    assert path.read_text(encoding="utf-8") == content + " and more"
    (root / "own.md").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match="there already"):
        write(root, PurePosixPath("own.md"), "two")
    path.unlink()
    write(root, name, "two")
    write(root, name, "three")
    assert path.read_text(encoding="utf-8") == "three"


def test_a_folder_swapped_for_a_link_at_the_right_moment_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write into the reports folder could have the server write anywhere."""
    root, away = tmp_path / "reports", tmp_path / "away"
    (root / "a").mkdir(parents=True)
    away.mkdir()
    real = folders.begin

    def swapped(folder: folders.Folder, name: str) -> tuple[str, int]:
        if name == "x.md":
            (root / "a").rename(root / "b")
            (root / "a").symlink_to(away)
        return real(folder, name)

    monkeypatch.setattr(folders, "begin", swapped)
    write(root, PurePosixPath("a/x.md"), "text")
    assert not list(away.iterdir())
    assert (root / "b" / "x.md").read_text(encoding="utf-8") == "text"


def test_a_pipe_in_the_place_of_a_report_or_of_the_list_holds_up_nothing(tmp_path: Path) -> None:
    """A call that wrote into a pipe never came back."""
    os.mkfifo(tmp_path / "x.md")
    with pytest.raises(Unavailable):
        write(tmp_path, PurePosixPath("x.md"), "text")
    os.mkfifo(tmp_path / ".written.json")
    write(tmp_path, PurePosixPath("y.md"), "text")
    write(tmp_path, PurePosixPath("y.md"), "again")


@pytest.mark.slow
async def test_the_markdown_is_what_the_pages_write(demo_snapshot: Path, tmp_path: Path, mode: str) -> None:
    facts = load_facts(open_snapshot(demo_snapshot))
    options = QualityOptions()
    selection = Selection(product_ids=(598,), period=period(options.default_period, facts.as_of))
    expected = report_markdown(report_view(facts, selection, options, facts.as_of), None)
    async with asking(demo_snapshot, mode, reports=tmp_path / "reports") as ask:
        answer = await ask("generate_quality_report", product_ids=598, format="Markdown")
        assert answer["markdown"] == expected
        result = await ask.client.call_tool_mcp(
            "generate_quality_report", {"product_ids": 598, "format": "markdown"}
        )
        assert result.content[0].model_dump()["text"] == expected
        written = await ask("generate_quality_report", product_ids=598, output_file="halo.md")
    assert (tmp_path / "reports" / "halo.md").read_text(encoding="utf-8") == expected
    assert written["output_file"] == "reports/halo.md"
    assert written["output_bytes"] == len(expected.encode())
    assert "markdown" not in written


@pytest.mark.slow
async def test_files_hold_the_tests_that_the_answer_leaves_out(demo_snapshot: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    async with asking(demo_snapshot, reports=reports) as ask:
        answer = await ask("generate_quality_report", start_date="all", output_file="2026/all.json")
        await ask("generate_quality_report", start_date="all", output_file="all.csv")
    assert "tests" not in answer
    whole = json.loads((reports / "2026" / "all.json").read_text(encoding="utf-8"))
    assert len(whole["tests"]) == answer["test_count"] == whole["metrics"]["test_count"]
    assert sum(row["metrics"]["bug_count"] for row in whole["tests"]) == whole["metrics"]["bug_count"]
    with (reports / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {int(row["id"]) for row in rows} == {row["id"] for row in whole["tests"]}


async def test_an_account_of_several_writes_into_a_folder_of_its_own(
    demo_snapshot: Path, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    for account in ("acme", "globex"):
        async with asking(demo_snapshot, reports=reports, testio_account=account) as ask:
            answer = await ask("generate_quality_report", output_file="all.md")
            again = await ask("generate_quality_report", output_file=answer["output_file"])
        assert answer["output_file"] == again["output_file"] == f"reports/{account}/all.md"
        assert {path.name for path in (reports / account).iterdir()} == {".written.json", "all.md"}
    assert {path.name for path in reports.iterdir()} == {"acme", "globex"}


async def test_a_name_outside_the_folder_is_refused_before_anything_is_written(
    demo_snapshot: Path, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    async with asking(demo_snapshot, reports=reports) as ask:
        for name in ("../x.md", "/tmp/x.md", "x.exe"):  # noqa: S108 - refused, never written
            text = await ask.failing("generate_quality_report", output_file=name)
            assert repr(name) in text
        text = await ask.failing("generate_quality_report", output_file="x.md", format="json")
        assert "holds markdown" in text
    assert not reports.exists()


async def test_a_report_tells_its_progress(ask: Asking) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    arguments = {"product_ids": 598, "start_date": "last 33 days"}
    answer = await ask.client.call_tool_mcp("generate_quality_report", arguments, progress_handler=note)
    assert not answer.is_error
    assert told == [(0, 2, "Counting"), (1, 2, "Writing")]


async def test_a_markdown_that_is_compared_says_which_changes_may_be_chance(ask: Asking) -> None:
    """Only the JSON did, and a model told people of chance as of news."""
    asked = {"product_ids": 21043, "compare": "previous_period"}
    (note,) = (one for one in (await ask("generate_quality_report", **asked))["notes"] if "chance" in one)
    told = await ask.client.call_tool_mcp("generate_quality_report", {**asked, "format": "markdown"})
    answer, (text, *_) = told.structured_content or {}, told.content
    assert answer["notes"] == [note]
    assert note not in answer["markdown"]
    assert text.model_dump()["text"].startswith(answer["markdown"])
    assert "more than chance" in text.model_dump()["text"][len(answer["markdown"]) :]

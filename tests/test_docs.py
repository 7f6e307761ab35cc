"""What the documents say is what the code does; run with UPDATE_DOCS=1 to write the lists anew."""

import ast
import importlib
import os
import re
import shutil
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from invoke.collection import Collection
from invoke.program import Program

import tasks
from base import bounds
from config.settings import Settings
from console import context_tasks, dev_tasks, fleet_tasks, key_tasks, setup_tasks, snapshot_tasks
from mcp_reader.server import create_server
from quality.glossary import glossary
from quality.metrics.catalogue import METRICS
from quality.pivot.dimensions import DIMENSIONS
from tests.factories import ADDED, add_metric
from tests.test_rooms import MAY_IMPORT, ROOMS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
METRICS_PAGE = ROOT / "docs" / "metrics.md"
EXAMPLE = ROOT / ".github" / "workflows" / "report.yml"
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), EXAMPLE} - {ROOT / "CHANGELOG.md"})
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def listed(name: str, head: tuple[str, ...], rows: list[tuple[str, ...]], path: Path = README) -> None:
    """The list between its two marks has exactly these rows."""
    lines = [head, ("---",) * len(head), *rows]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    expected = f"<!-- {name} -->\n{table}<!-- /{name} -->"
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n.*?<!-- /{name} -->", text, re.DOTALL)
    assert found is not None
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(text.replace(found[0], expected), encoding="utf-8")
    else:
        assert found[0] == expected


def first_line(text: str | None) -> str:
    assert text, "it has no help"
    return " ".join(text.strip().split("\n\n")[0].split())


def program() -> Program:
    """The program over tasks that were just loaded: Invoke forgets the help of a flag once it was asked."""
    for module in (snapshot_tasks, context_tasks, fleet_tasks, key_tasks, setup_tasks, dev_tasks, tasks):
        importlib.reload(module)
    found = tasks.program
    assert isinstance(found, Program)
    return found


@cache
def collection() -> Collection:
    found = program().namespace
    assert found is not None
    return found


@cache
def arguments_of(name: str) -> list[Any]:
    return list(collection()[name].get_arguments())  # once: Invoke hands a flag's help over, and forgets it


def flags_of(name: str) -> list[str]:
    return [f"--{argument.name.replace('_', '-')}" for argument in arguments_of(name)]


def test_the_readme_lists_every_task_with_its_help_and_flags() -> None:
    found = collection()
    rows: list[tuple[str, ...]] = [
        (f"`{name}`", first_line(found[name].__doc__), " ".join(f"`{flag}`" for flag in flags_of(name)))
        for name in sorted(found.task_names)
    ]
    listed("tasks", ("task", "what it does", "flags"), rows)


@pytest.mark.slow
def test_the_help_of_every_task_says_what_the_readme_says(capsys: pytest.CaptureFixture[str]) -> None:
    for name in collection().task_names:
        with pytest.raises(SystemExit):
            program().run(["testio-reports", "--help", name])
        help_text = " ".join(capsys.readouterr().out.split())
        assert first_line(collection()[name].__doc__) in help_text
        for flag in flags_of(name):
            assert flag in help_text or (name in {"export", "import"} and flag == "--file")


def test_every_flag_of_a_task_is_explained() -> None:
    for name in collection().task_names:
        for argument in arguments_of(name):
            assert argument.help, f"{name} --{argument.name}"


async def test_the_readme_lists_every_tool_with_its_description() -> None:
    async with Client(create_server(Settings(testio_snapshot_dir=Path("nowhere")))) as client:
        tools = await client.list_tools()
    rows: list[tuple[str, ...]] = [(f"`{tool.name}`", first_line(tool.description)) for tool in tools]
    listed("tools", ("tool", "what it answers"), rows)


@each_document
def test_flags_settings_and_tasks_that_a_document_names_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = collection()
    named = set(re.findall(r"(?:uv run|`|\$ )(?: --no-dev| --no-sync)? ?invoke ([a-z]+)", text))
    assert named or path != README
    assert named <= set(found.task_names)
    flags = {flag for name in found.task_names for flag in flags_of(name)}
    foreign = {"--compile-bytecode", "--no-dev", "--no-sync", "--directory", "--extra", "--help"}
    used = {
        flag
        for line in re.findall(r".*\binvoke\b.*", text)
        for flag in re.findall(r"(?<!\S)`?(--[a-z-]+)", line)
    }
    assert used <= flags | foreign
    if path == README:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= flags | foreign
    variables = set(re.findall(r"\b(?:TESTIO|LOG|ENABLED|DISABLED)_[A-Z_]+\b", text))
    assert variables <= {name.upper() for name in Settings.model_fields}


@each_document
def test_links_and_pictures_of_a_document_exist(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), target


@each_document
def test_files_and_folders_that_a_document_names_exist(path: Path) -> None:
    """A path in code marks is there if it begins with a folder of the repository."""
    made = {"accounts", "context", "reports", "site", "snapshots"}
    rooms = {folder.name for folder in ROOT.iterdir() if folder.is_dir()} - made
    for named in re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:py|toml))`", path.read_text(encoding="utf-8")):
        if named.split("/")[0] in rooms or named.endswith((".py", ".toml")):
            assert (ROOT / named).exists(), named


def test_the_architecture_page_says_which_rooms_a_room_may_import() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"(?m)^\| `([a-z_]+)(?:/|\.py)` \| .* \| (.*) ?\|$", text))
    assert set(said) == set(ROOMS)
    for room in ROOMS:
        named = {one for place, some in MAY_IMPORT.items() if place.split(".")[0] == room for one in some}
        rooms = {one.split(".")[0] for one in named} - {room}
        expected = (
            "all of the above" if "*" in rooms else ", ".join(f"`{one}`" for one in ROOMS if one in rooms)
        )
        assert said[room].strip() == expected, room


def test_the_architecture_page_names_every_folder_of_the_rooms() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in ROOMS:
        for package in (ROOT / room).rglob("*/__init__.py"):
            if package.parent != ROOT / room:
                assert f"`{package.parent.relative_to(ROOT).as_posix()}/`" in text


def list_metrics(path: Path = METRICS_PAGE) -> None:
    """The list of all metrics on the page is that of the catalogue."""
    rows: list[tuple[str, ...]] = [
        (f"`{one.key}`", one.title, one.unit, one.formula.replace("|", "\\|"), one.help, one.better or "")
        for one in METRICS.values()
    ]
    head = ("key", "title", "unit", "formula", "what it says", "better")
    listed("metrics", head, rows, path)


def test_the_metrics_page_lists_every_metric() -> None:
    list_metrics()


def test_a_metric_added_to_the_catalogue_is_written_into_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(shutil.copy(METRICS_PAGE, tmp_path))
    add_metric(monkeypatch)
    with pytest.raises(AssertionError):
        list_metrics(page)
    monkeypatch.setenv("UPDATE_DOCS", "1")
    list_metrics(page)
    assert (
        f"| `{ADDED.key}` | {ADDED.title} | rate | {ADDED.formula} | {ADDED.help} | down |"
        in page.read_text()
    )


def test_the_glossary_has_the_words_of_pages() -> None:
    rows: list[tuple[str, ...]] = [(one.word, one.text) for one in glossary()]
    listed("glossary", ("word", "what it means"), rows, ROOT / "docs" / "glossary.md")


def test_the_metrics_page_lists_every_dimension() -> None:
    rows: list[tuple[str, ...]] = [
        (
            f"`{one.key}`",
            one.title,
            "a bug" if one.of_test is None else "a test",
            "yes" if one.many else "",
            one.help,
        )
        for one in DIMENSIONS.values()
    ]
    listed("dimensions", ("key", "title", "of", "many", "what its values are"), rows, METRICS_PAGE)


def test_every_metric_and_dimension_is_explained() -> None:
    for metric in METRICS.values():
        assert metric.formula
        assert metric.help
    for dimension in DIMENSIONS.values():
        assert dimension.help


def test_the_changelog_speaks_of_the_version_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text or f"## [{version}]" in text


@each_document
def test_a_client_starts_the_server_without_looking_at_the_environment_first(path: Path) -> None:
    """What a client is told to start does not pay for a sync each time, and so tells uv not to sync."""
    commands = re.findall(r"claude mcp add [^`\n]*? -- ([^`\n]+)", path.read_text(encoding="utf-8"))
    assert commands or path != README
    for command in commands:
        assert command == 'uv run --no-sync --directory "$PWD" testio-reports mcp'


def test_uv_does_not_compile_at_every_run() -> None:
    """With this setting each `uv run` looks at every installed file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "compile-bytecode" not in project["tool"]["uv"]


def test_the_lock_file_names_only_the_public_index() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text(encoding="utf-8")))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_every_bound_is_listed_with_its_reason() -> None:
    source = (ROOT / "base" / "bounds.py").read_text(encoding="utf-8")
    nodes = ast.parse(source).body
    rows: list[tuple[str, ...]] = []
    for node, reason in pairwise(nodes):
        if isinstance(node, ast.Assign):
            assert isinstance(reason, ast.Expr), ast.unparse(node)
            assert isinstance(reason.value, ast.Constant), ast.unparse(node)
            why = first_line(str(reason.value.value))
            names = [name.id for name in ast.walk(node.targets[0]) if isinstance(name, ast.Name)]
            rows += [(f"`{name}`", spoken(getattr(bounds, name)), why) for name in names]
    assert len(rows) == len([name for name in vars(bounds) if name.isupper()])
    listed("bounds", ("bound", "value", "reason"), rows, ROOT / "docs" / "bounds.md")


QUESTIONS = {"what", "whether", "where", "how", "which", "when", "why"}
SUBJECTS = {"the", "a", "an", "every", "all", "one", "its"}
ROOMS_WITH_VERBS = [
    "base",
    "bench",
    "build",
    "config",
    "console",
    "context_files",
    "demo",
    "fetch",
    "mcp_reader",
    "quality",
    "snapshot",
    "tasks.py",
]


@pytest.mark.parametrize("room", ROOMS_WITH_VERBS)
def test_a_docstring_says_what_a_function_does(room: str) -> None:
    """It begins with a verb: `Return the cutoff`, not `The cutoff` or `What the cutoff is`."""
    path = ROOT / room
    read = 0
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                words = (ast.get_docstring(node) or "").lower().split()
                barred = QUESTIONS if isinstance(node, ast.ClassDef) else QUESTIONS | SUBJECTS
                assert not words or words[0].strip(".,:") not in barred, f"{file}: {node.name}"
                read += bool(words)
    assert read


def spoken(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)

"""The rooms import each other in one direction, stay small, and keep what only one of them may know."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from quality.metrics.catalogue import METRICS

ROOT = Path(__file__).parent.parent
ROOMS = (
    "base", "snapshot", "quality", "context_files", "fetch", "demo", "build", "mcp_reader", "config",
    "console", "tasks",
)  # fmt: skip
LARGEST_MODULE = 350
LARGEST_FOLDER = 16
PURE_CORE_MAY_IMPORT = {"dateutil", "msgspec"}
"""Arithmetic of the calendar, and structs for what an account has a hundred thousand of."""

QUALITY = {"quality", "quality.findings", "quality.metrics", "quality.model", "quality.periods"}
SNAPSHOT = {"snapshot", "snapshot.format", "snapshot.storage"}
FETCH = {"fetch.api", "fetch.redaction", "fetch.refresh"}
READING = {
    "base", "snapshot", "snapshot.format", *QUALITY, "quality.context", "quality.views",
    "quality.views.lists",
}  # fmt: skip
PARTS = ("charts", "data", "feeds", "markdown")
ALL = {"*"}
MAY_IMPORT: dict[str, set[str]] = {
    # A folder may import itself and what is named here; "*" stands for every room but tasks.
    "base": set(),
    "snapshot": {"base", "snapshot.format", "snapshot.storage"},
    "snapshot.format": {"base", "snapshot", "snapshot.storage"},
    "snapshot.storage": {"base", "snapshot"},
    "quality": {"base", "quality.metrics", "quality.model", "quality.periods"},
    "quality.findings": {"base", "quality", "quality.metrics", "quality.model", "quality.periods"},
    "quality.context": {"base", *QUALITY, "quality.views"},
    "quality.model": {"base"},
    "quality.normalise": {"base", "quality.model"},
    "quality.periods": {"base", "quality.model"},
    "quality.metrics": {"base", "quality", "quality.model"},
    "quality.pivot": {"base", *QUALITY},
    "quality.views": {"base", *QUALITY, "quality.context", "quality.pivot"},
    "quality.watch": {"base", *QUALITY, "quality.context", "quality.views"},
    "context_files": {"base", *QUALITY},
    "quality.views.lists": {"base", *QUALITY, "quality.context", "quality.pivot", "quality.views"},
    "fetch.redaction": {"base"},
    "fetch.api": {"base", "fetch.redaction", "quality.model", "quality.normalise"},
    "fetch.refresh": SNAPSHOT | {"base", "fetch.api", "fetch.redaction", "quality", "quality.normalise"},
    "demo.account": {"base"},
    "demo.server": {"base", "demo.account"},
    "build": {"base", "build.facts", "build.search", "build.site", "quality.model", "snapshot"},
    "build.facts": {"base", "quality", "quality.model", "quality.normalise", "snapshot", "snapshot.format"},
    "build.search": {"base", "quality.model", "snapshot"},
    "build.site": READING | {"build.site.pages", *(f"build.site.{part}" for part in PARTS)},
    "build.site.charts": READING | {"build.site"},
    "build.site.chat": READING | {"build.site", "build.site.charts", "build.site.pages", "quality.pivot"},
    "build.site.data": READING | {"build.site"},
    "build.site.feeds": READING | {"build.site", "build.site.markdown"},
    "build.site.markdown": READING | {"build.site", "build.site.charts", "quality.watch"},
    "build.site.pages": READING | {"build.site", *(f"build.site.{part}" for part in PARTS)},
    "mcp_reader": ALL,
    "config": {"base", "fetch.api", "quality", "quality.periods"},
    "console": {
        "base", "config", "context_files", *FETCH, *QUALITY, "quality.context", "quality.watch", "snapshot",
        "snapshot.format", "build", "build.facts", "build.site", "build.site.markdown", "build.site.pages",
        "quality.views", "quality.views.lists",
    },
    "tasks": ALL,
}  # fmt: skip
KNOWS: dict[str, str | tuple[str, ...]] = {
    "httpx": "fetch/api",
    "stamina": "fetch/api",
    "whoosh": "build/search",
    "jinja2": "build/site",
    "icalendar": "build/site/feeds/calendar.py",
    "obstore": "snapshot/storage/objects.py",
    "structlog": "config/logs.py",
    "yaml": "context_files/yaml.py",
    "jsonschema": ("context_files/own_kinds.py", "mcp_reader/http"),
    "filelock": ("snapshot/storage", "build/search", "build/site/writer.py"),
    "invoke": ("console", "tasks.py"),
    "starlette": ("demo/server", "mcp_reader/http"),
    "prometheus_client": "mcp_reader/http",
    "watchfiles": "console/building.py",
}
"""The folder that alone may know a library, so that it can be exchanged there."""


@cache
def sources() -> dict[str, Path]:
    """Every module of the rooms, by its dotted name."""
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [ROOT / "tasks.py"]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


@cache
def imports(path: Path) -> tuple[str, ...]:
    """What a module imports, at its top and inside its functions: `a.b` for `from a import b`, too."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found += [
                full if (full := f"{module}.{alias.name}") in sources() else module for alias in node.names
            ]
    return tuple(found)


def folder(module: str) -> str:
    """The folder that a module stands in; tasks.py is one of its own."""
    path = sources()[module]
    return module if path.name == "__init__.py" or "." not in module else module.rpartition(".")[0]


def allowed(place: str) -> set[str]:
    """What the folder may import by the table, or else by the row of the folder above it."""
    while place not in MAY_IMPORT:
        place = place.rpartition(".")[0]
        assert place, "a room without a row in MAY_IMPORT"
    return MAY_IMPORT[place]


def own(module: str) -> Iterator[str]:
    """The rooms' modules that a module imports."""
    return (name for name in imports(sources()[module]) if name in sources() and name != module)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    modules = [module for module in sources() if module.split(".")[0] == room]
    assert modules
    for module in modules:
        here = folder(module)
        for name in own(module):
            there = folder(name)
            if there == here or (room == there.split(".")[0] and room in {"mcp_reader", "demo"}):
                continue
            may = allowed(here)
            assert there.split(".")[0] != "tasks", f"{module} imports tasks"
            assert "*" in may or there in may, f"{module} imports {name}: see MAY_IMPORT"


def test_only_the_demo_task_and_tests_know_the_demo() -> None:
    knowing = {module for module in sources() for name in own(module) if name.split(".")[0] == "demo"}
    assert {module.split(".")[0] for module in knowing} == {"demo", "tasks"}


def test_no_module_imports_itself_by_a_circle() -> None:
    seen: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in seen:
            for name in own(module):
                visit(name, (*way, module))
            seen.add(module)

    for module in sources():
        visit(module, ())
    assert len(seen) == len(sources())


@pytest.mark.parametrize("siblings", ["build.site.pages", "mcp_reader.tools"])
def test_pages_and_tools_do_not_import_their_siblings(siblings: str) -> None:
    modules = [module for module in sources() if module.startswith(f"{siblings}.")]
    assert modules
    for module in modules:
        assert not [name for name in own(module) if name.startswith(f"{siblings}.")], module


def test_pages_write_tables_by_one_macro() -> None:
    writing = [
        path.relative_to(ROOT).as_posix()
        for folder in ("templates", *ROOMS)
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in {".j2", ".py"} and "<table" in path.read_text(encoding="utf-8")
    ]
    assert writing == ["templates/macros/table.html.j2"]
    assert (ROOT / writing[0]).read_text(encoding="utf-8").count("<table") == 1


def test_the_core_needs_only_the_standard_library_structs_and_calendar_arithmetic() -> None:
    for module, path in sources().items():
        if module.split(".")[0] not in {"quality", "base"}:
            continue
        foreign = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names)
        assert not foreign - {"quality", "base"} - PURE_CORE_MAY_IMPORT, f"{module} imports {foreign}"


@pytest.mark.parametrize("library", KNOWS)
def test_only_one_room_knows_a_library_that_may_be_exchanged(library: str) -> None:
    places = KNOWS[library]
    knowing = [
        path.relative_to(ROOT).as_posix()
        for path in sources().values()
        if library in {name.split(".")[0] for name in imports(path)}
    ]
    assert knowing
    assert [path for path in knowing if not path.startswith(places)] == []


KNOWS_METRICS = {
    "quality.metrics.catalogue_bugs",
    "quality.metrics.catalogue_reviews",
    "quality.metrics.catalogue_tests",
    "quality.metrics.columns",
    "quality.model.entities",
}
"""The only modules in which the key of a metric stands: its entry, and the lists of what stands together; and
that of `waiting_for_tester`, as the part of the open bugs is called like the metric that counts them."""
WITHOUT_METRICS = {"base", "snapshot", "fetch", "demo"}
"""Rooms that know no metric: `reviewed` is a word there."""


def literal_keys(tree: ast.AST) -> set[str]:
    """The strings of some code that are keys of metrics."""
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return strings & METRICS.keys()


def template_keys(text: str) -> set[str]:
    """The strings and attributes of a template that are keys of metrics."""
    tree = Environment(autoescape=True).parse(text)
    strings = {one.value for one in tree.find_all(nodes.Const) if isinstance(one.value, str)}
    return (strings | {one.attr for one in tree.find_all(nodes.Getattr)}) & METRICS.keys()


def test_the_key_of_a_metric_stands_in_the_catalogue_and_the_lists_of_columns_only() -> None:
    assert literal_keys(ast.parse("measures['bug_count'].value")) == {"bug_count"}
    knowing = {
        module: found
        for module, path in sources().items()
        if module.split(".")[0] not in WITHOUT_METRICS
        and (found := literal_keys(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert {module: keys for module, keys in knowing.items() if module not in KNOWS_METRICS} == {}
    assert knowing.keys() == KNOWS_METRICS


def test_no_template_names_a_metric() -> None:
    """It goes through lists of columns, or through properties of a view."""
    assert template_keys("{{ row.measures['bug_count'] }}") == {"bug_count"}
    assert template_keys("{{ row.measures.bug_count }}") == {"bug_count"}
    templates = [path for path in (ROOT / "templates").rglob("*.j2") if path.is_file()]
    assert templates
    knowing = {path.name: template_keys(path.read_text(encoding="utf-8")) for path in templates}
    assert {name: keys for name, keys in knowing.items() if keys} == {}


def test_no_module_is_larger_than_one_noun() -> None:
    large = {
        module: lines
        for module, path in sources().items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LARGEST_MODULE
    }
    assert large == {}


def test_no_folder_holds_more_modules_than_a_reader_surveys() -> None:
    holds: dict[str, int] = {}
    for module, path in sources().items():
        if path.name != "__init__.py" and "." in module:
            holds[folder(module)] = holds.get(folder(module), 0) + 1
    assert holds
    assert {place: count for place, count in holds.items() if count > LARGEST_FOLDER} == {}


MUTABLE_STATE = {
    "build.parallel._tasks": "the tasks of a worker process; set once, when it starts",
    "build.parallel._results": "the folder that it writes their results into, likewise",
    "config.scrubbing._secrets": "the values that no log line may show; known once settings are loaded",
    "mcp_reader.telemetry._CALLS": "an instrument of OpenTelemetry: what is added goes to an SDK, or nowhere",
    "mcp_reader.telemetry._FALLBACKS": "likewise",
    "mcp_reader.telemetry._REFRESHES": "likewise",
}
"""Modules' names that change while the program runs, each with its reason."""


def test_no_module_keeps_state_that_is_not_listed_with_its_reason() -> None:
    kept = {
        f"{module}.{name}"
        for module, path in sources().items()
        for name in _changed_names(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert kept == set(MUTABLE_STATE)


def _changed_names(tree: ast.Module) -> set[str]:
    """Names of a module that a function rebinds, or whose list, set or dictionary one changes."""
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    changing = {
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "remove",
        "setdefault",
        "update",
    }
    found: set[str] = set()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                found |= set(node.names)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in changing and isinstance(node.func.value, ast.Name):
                    found |= {node.func.value.id} & names
            elif (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, ast.Store | ast.Del)
                and isinstance(node.value, ast.Name)
            ):
                found |= {node.value.id} & names
    return found

"""The rooms import each other in one direction only."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("base", "snapshot", "quality", "fetch", "demo", "build", "mcp_reader", "config", "console", "tasks")
MAY_IMPORT = {
    "base": set(),
    "snapshot": {"base"},
    "quality": {"base"},
    "config": {"base", "quality", "fetch"},  # fetch: only the client's options, loaded when asked for
    "fetch": {"base", "snapshot", "quality"},
    "demo": {"base"},
    "build": {"base", "snapshot", "quality"},
    "mcp_reader": {"base", "snapshot", "quality", "fetch", "build", "config"},
    "console": {"base", "snapshot", "quality", "fetch", "config"},
    "tasks": {"base", "console", "snapshot", "quality", "fetch", "demo", "build", "mcp_reader", "config"},
}
PURE_CORE_MAY_IMPORT = {"dateutil"}


def sources(room: str) -> list[Path]:
    single = ROOT / f"{room}.py"
    return [single] if single.exists() else sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    paths = sources(room)
    assert paths
    for path in paths:
        others = imported(path) & (set(ROOMS) | {"tests", "bench"}) - {room}
        assert others <= MAY_IMPORT[room], f"{path.relative_to(ROOT)} imports {others - MAY_IMPORT[room]}"


def test_the_core_needs_only_the_standard_library_and_calendar_arithmetic() -> None:
    for path in sources("quality"):
        foreign = imported(path) - set(sys.stdlib_module_names) - {"quality", "base"} - PURE_CORE_MAY_IMPORT
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


def test_only_the_client_knows_the_http_library() -> None:
    knowing = [
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in sources(room)
        if "httpx" in imported(path)
    ]
    assert knowing
    assert all(path.startswith("fetch/api/") for path in knowing), knowing

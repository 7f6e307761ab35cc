"""Every error that a person can act on hangs from one root."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from base import errors
from base.errors import UserError

ROOT = Path(__file__).parents[2]
ROOMS = ("base", "build", "config", "console", "demo", "fetch", "mcp_reader", "quality", "snapshot")


def tree(kind: type[UserError], depth: int = 0) -> Iterator[tuple[int, type[UserError]]]:
    yield depth, kind
    for below in kind.__subclasses__():
        yield from tree(below, depth + 1)


def every_error() -> list[tuple[int, type[UserError]]]:
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if "Error" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return list(tree(UserError))


def test_the_docstring_draws_every_error_at_its_place() -> None:
    drawn = re.findall(r"^([│├└─ ]*)([A-Z]\w+)(?:  |$)", errors.__doc__ or "", re.MULTILINE)
    below: dict[int, str] = {}
    parents = {}
    for branch, name in drawn:
        depth = len(branch) // 4 + (len(branch) % 4 > 0)
        below[depth] = name
        parents[name] = below.get(depth - 1)
    raised = {
        kind.__name__: kind.__base__.__name__ for depth, kind in every_error() if depth and kind.__base__
    }
    assert parents.pop("UserError") is None
    assert parents == raised


def test_every_error_has_the_four_parts_and_a_code_of_capitals() -> None:
    for _, kind in every_error():
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind.code), kind
        error = Exception.__new__(kind)
        UserError.__init__(error, "Test 1 is gone.", "It was deleted.", "Refresh.")
        assert (error.what, error.why, error.hint) == ("Test 1 is gone.", "It was deleted.", "Refresh.")
        assert str(error) == "Test 1 is gone. It was deleted. Refresh."


def test_rooms_catch_the_root_instead_of_listing_its_branches() -> None:
    branches = {kind.__name__ for depth, kind in every_error() if depth == 1}
    for path in (*(path for room in ROOMS for path in (ROOT / room).rglob("*.py")), ROOT / "tasks.py"):
        for caught in re.findall(r"except \(([^)]*)\)", path.read_text(encoding="utf-8")):
            names = {name.strip() for name in caught.split(",")}
            assert len(names & (branches | {"UserError"})) < 2, f"{path.relative_to(ROOT)}: except ({caught})"

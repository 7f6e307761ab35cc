"""A new context file can be filled in, is understood as it is, and never replaces one."""

import json
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from base.errors import InvalidInput, Unavailable
from context_files.json_schemas import context_schemas
from context_files.load import load_context
from context_files.new import make_file
from context_files.place import EXAMPLE
from context_files.yaml import parse, typed

TODAY = date(2026, 11, 20)
PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "context"
KINDS = {
    "note bug 402278": "notes/bug/402278.md",
    "note/product/598": "notes/product/598.md",
    "release 598 4.10": "releases/598/4.10.yaml",
    "goals 598": "goals/598.yaml",
    "actions": "actions.yaml",
    "owners": "owners.yaml",
    "links": "links.yaml",
}


@pytest.mark.parametrize("words", KINDS)
def test_a_new_file_stands_in_its_place_and_is_read_without_a_mistake(words: str, tmp_path: Path) -> None:
    root = tmp_path / "context"
    assert make_file(root, words, TODAY) == root / KINDS[words]
    assert load_context(root).faults == ()


@pytest.mark.parametrize("words", [words for words, file in KINDS.items() if file.endswith(".yaml")])
def test_a_new_file_names_the_schema_that_lies_beside_it_and_fits(words: str, tmp_path: Path) -> None:
    path = make_file(tmp_path, words, TODAY)
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    schema = json.loads((path.parent / first.partition("$schema=")[2]).read_bytes())

    values = {key: one for key, one in typed(parse(rest).value).items() if one is not None}
    Draft202012Validator(schema).validate(values)


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    path = make_file(tmp_path, "note bug 1", TODAY)
    path.write_text("Mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is there already"):
        make_file(tmp_path, "note bug 1", TODAY)
    assert path.read_text(encoding="utf-8") == "Mine"


@pytest.mark.parametrize(
    "words",
    [
        "", "idea", "note", "note bug", "note bug x", "note person 1", "release 598", "release 598 ..",
        "release 598 4/5", "goals ../x", "release x 1", "note bug 1 2",
    ],
)  # fmt: skip
def test_words_that_name_no_file_are_one_error_that_says_what_does(words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        make_file(tmp_path, words, TODAY)
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "context"
    root.mkdir()
    (root / "notes").symlink_to(outside)
    with pytest.raises(Unavailable):
        make_file(root, "note bug 1", TODAY)
    assert list(outside.iterdir()) == []
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Unavailable, match="a link that leads nowhere"):
        make_file(tmp_path / "dangling", "note bug 1", TODAY)
    assert not (tmp_path / "nowhere").exists()


def test_the_published_schemas_are_current() -> None:
    """Write them again with `invoke schemas`."""
    assert {path.name: path.read_bytes() for path in PUBLISHED.iterdir()} == context_schemas()


@pytest.mark.parametrize("path", sorted(EXAMPLE.rglob("*.yaml")), ids=lambda path: path.name)
def test_the_example_fits_the_published_schemas(path: Path) -> None:
    kind = {"releases": "release", "goals": "goals"}.get(path.relative_to(EXAMPLE).parts[0], path.stem)
    folder = EXAMPLE / "schemas" if path.parent.name == "risk" else PUBLISHED
    name = "risk" if path.parent.name == "risk" else kind
    schema = json.loads((folder / f"{name}.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(typed(parse(path.read_text(encoding="utf-8")).value))


def test_a_schema_refuses_what_the_reader_refuses() -> None:
    schema = Draft202012Validator(json.loads((PUBLISHED / "release.json").read_bytes()))
    assert schema.is_valid({"version": 4.2, "date": "2026-11-12"})
    assert not schema.is_valid({"version": "4.2"})
    assert not schema.is_valid({"version": "4.2", "date": "2026-11-12", "testids": []})

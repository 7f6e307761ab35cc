"""A team's own kind is checked by its schema, which can neither lead elsewhere nor take forever."""

import json
from pathlib import Path

import pytest

from context_files.load import load_context
from tests.context_files.folders import write_context

SCHEMA = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string"},
        "product": {"type": "integer"},
        "level": {"enum": ["low", "high"]},
        "pattern": {"type": "string"},
        "due": {"type": "string", "format": "date"},
        "seen": {"type": "array", "items": {"type": "integer"}},
        "visibility": {"enum": ["internal", "published"]},
    },
}


def told(root: Path, record: str, schema: object = SCHEMA) -> list[str]:
    context = load_context(
        write_context(root, {"schemas/risk.json": json.dumps(schema), "risk/a.yaml": record})
    )
    assert bool(context.own) != bool(context.faults)
    return [str(fault) for fault in context.faults]


def test_a_record_that_fits_is_read_with_its_values_as_texts(tmp_path: Path) -> None:
    record = "title: Vouchers\nproduct: 598\nlevel: high\npattern: a+\nseen: [1, 2]\nvisibility: published\n"
    assert told(tmp_path, record) == []
    own = load_context(tmp_path).own[0]
    assert (own.kind, own.title, own.product_id, own.visibility) == ("risk", "Vouchers", 598, "published")
    assert own.values == (("level", "high"), ("pattern", "a+"), ("seen", "1, 2"))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("title: A\nlevel: mid\n", "risk/a.yaml:2: level: 'mid' is not one of ['low', 'high']."),
        ("title: A\nseen:\n- 1\n- x\n", "risk/a.yaml:4: seen, entry 2: 'x' is not of type 'integer'."),
        ("title: A\ndue: soon\n", "risk/a.yaml:2: due: 'soon' is not a 'date'."),
        ("level: low\n", "risk/a.yaml:1: 'title' is a required property."),
        ("title: A\nx: 1\n", "risk/a.yaml:1: Additional properties are not allowed ('x' was unexpected)."),
        ("- 1\n", "risk/a.yaml:1: [1] is not of type 'object'."),
        ("title: !!python/name:os.system x\n", "risk/a.yaml:1: The tag"),
    ],
)
def test_a_record_that_does_not_fit_is_named_with_its_line(
    tmp_path: Path, record: str, expected: str
) -> None:
    assert any(expected in fault for fault in told(tmp_path, record))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"title": {"pattern": "(a+)+$"}}}, "'pattern' is not taken"),
        ({"patternProperties": {"(a+)+$": {}}}, "'patternProperties' is not taken"),
        ({"$ref": "http://127.0.0.1:1/x.json"}, "'$ref' is not taken"),
        ({"allOf": [{"properties": {"x": {"$ref": "#"}}}]}, "'$ref' is not taken"),
        ({"type": "texts"}, "It is no JSON Schema"),
        ([1], "A schema is a table"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named_and_its_records_are_not_read(
    tmp_path: Path, schema: object, expected: str
) -> None:
    faults = told(tmp_path, "title: A\n", schema)
    assert any(expected in fault for fault in faults)
    assert "risk/a.yaml:1: It is not read, as schemas/risk.json cannot be used." in faults


def test_a_schema_that_is_no_json_is_named_with_its_line(tmp_path: Path) -> None:
    deep = '{"allOf":' + "[" * 100_000
    context = load_context(
        write_context(tmp_path, {"schemas/risk.json": '{\n"type": }', "schemas/deep.json": deep})
    )
    assert "schemas/risk.json:2: It is not JSON: Expecting value." in [str(fault) for fault in context.faults]
    assert len(context.faults) == 2


def test_a_kind_cannot_take_the_name_of_another(tmp_path: Path) -> None:
    context = load_context(
        write_context(tmp_path, {"schemas/notes.json": "{}", "schemas/Big Risk.json": "{}"})
    )
    assert [fault.text.partition(";")[0] for fault in context.faults] == [
        "'Big Risk' cannot name a kind",
        "'notes' cannot name a kind",
    ]

"""The published JSON Schemas are current, and describe what is stored."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from snapshot.format.documents import Document, encode
from snapshot.format.json_schemas import schemas
from snapshot.storage.layout import manifest_path
from tests.snapshot.documents import NOW, a_test, features, product, publish_version, raw_bug, reject_reasons

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_schemas_are_current() -> None:
    """Write them again with `invoke schemas`."""
    assert {path.name: path.read_bytes() for path in PUBLISHED.glob("*.json")} == schemas()


@pytest.mark.parametrize(
    "document",
    [
        product(),
        features(598, "Cart"),
        a_test(1, bugs=[raw_bug(4001, steps="one"), raw_bug(4002, steps=["a"], unknown={"kept": 1})]),
        a_test(2, product={"id": "598"}, created_by="qa.lead", start_at=None, surprise=True),
        reject_reasons(),
    ],
    ids=lambda document: f"{document.kind} {document.id}",
)
def test_stored_documents_match_their_schema(document: Document) -> None:
    validator(document.kind).validate(orjson.loads(encode(document)))


@pytest.mark.parametrize(
    "data", [{"bugs": []}, {"test": {"title": "no id"}, "bugs": []}, {"test": {"id": 1}, "bugs": {}}]
)
def test_a_document_without_its_parts_does_not_match(data: dict[str, Any]) -> None:
    assert not validator("test").is_valid(orjson.loads(encode(Document("test", 1, NOW, data))))


def test_a_manifest_matches_its_schema(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product(), a_test(1), reject_reasons()], counts={"tests": 1})
    validator("manifest").validate(json.loads(manifest_path(tmp_path, manifest.id).read_bytes()))

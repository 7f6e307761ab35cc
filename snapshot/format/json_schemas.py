"""JSON Schemas of everything that a snapshot folder holds, for those who read it with other tools."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from snapshot.format.documents import canonical
from snapshot.format.manifest import COLUMNS, Entry, Manifest
from snapshot.format.upstream_shapes import FeaturesData, Product, RejectReasonsData, TestData
from snapshot.storage import files

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    fetched_at: Annotated[AwareDatetime, Field(description="UTC, whole seconds; not a part of the hash")]


class ProductDocument(_Envelope):
    """One product."""

    kind: Literal["product"]
    id: PositiveInt
    data: Product


class FeaturesDocument(_Envelope):
    """The features of one product; `id` is the product's."""

    kind: Literal["features"]
    id: PositiveInt
    data: FeaturesData


class TestDocument(_Envelope):
    """One exploratory test with its bugs."""

    kind: Literal["test"]
    id: PositiveInt
    data: TestData


class RejectReasonsDocument(_Envelope):
    """The customer's reject reasons."""

    kind: Literal["reject_reasons"]
    id: NonNegativeInt
    data: RejectReasonsData


MODELS: dict[str, type[BaseModel]] = {
    "product": ProductDocument,
    "features": FeaturesDocument,
    "test": TestDocument,
    "reject_reasons": RejectReasonsDocument,
    "manifest": Manifest,
}
"""What is published, by the name of the schema's file."""


def schemas() -> dict[str, bytes]:
    """Every schema's bytes, by the name of its file."""
    found = {name: model.model_json_schema(mode="serialization") for name, model in MODELS.items()}
    _with_rows(found["manifest"])
    return {f"{name}.json": canonical({"$schema": _DIALECT, **schema}) for name, schema in found.items()}


def _with_rows(manifest: dict[str, Any]) -> None:
    """Describe entries as they are stored: lists of values, whose names stand in `columns`."""
    values = manifest["$defs"].pop("Entry")["properties"]
    required = [name for name, field in Entry.model_fields.items() if field.is_required()]
    manifest["properties"]["columns"] = {"const": list(COLUMNS), "description": "What an entry's values are"}
    manifest["required"] = ["columns", *manifest["required"]]
    manifest["properties"]["entries"]["items"] = {
        "type": "array",
        "prefixItems": [values[name] for name in COLUMNS],
        "items": False,
        "minItems": 1 + max(COLUMNS.index(name) for name in required),
    }


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, content in schemas().items():
        files.write_atomically(folder / name, content)

"""JSON Schemas of everything that a snapshot folder holds, for those who read it with other tools."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from snapshot import files
from snapshot.documents import canonical
from snapshot.manifest import Manifest
from snapshot.shapes import FeaturesData, Product, RejectReasonsData, TestData

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
    return {
        f"{name}.json": canonical({"$schema": _DIALECT, **model.model_json_schema(mode="serialization")})
        for name, model in MODELS.items()
    }


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, content in schemas().items():
        files.write_atomically(folder / name, content)

"""JSON Schemas of everything that a snapshot folder holds, for those who read it with other tools."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, create_model

from snapshot.format.documents import canonical
from snapshot.format.kinds import KINDS, Kind
from snapshot.format.manifest import COLUMNS, Entry, Manifest
from snapshot.storage import files

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    fetched_at: Annotated[AwareDatetime, Field(description="UTC, whole seconds; not a part of the hash")]


def _model(kind: Kind) -> type[BaseModel]:
    """Describe the documents of a kind: the envelope with their data."""
    row = KINDS[kind]
    fields: dict[str, Any] = {
        "kind": (Literal[kind], ...),
        "id": (PositiveInt if row.id_of else NonNegativeInt, ...),
        "data": (row.data, ...),
    }
    name = "".join(word.title() for word in kind.split("_"))
    return create_model(f"{name}Document", __base__=_Envelope, __doc__=row.help, **fields)


def schemas() -> dict[str, bytes]:
    """Return every schema's bytes, by the name of its file."""
    models: dict[str, type[BaseModel]] = {**{kind: _model(kind) for kind in KINDS}, "manifest": Manifest}
    found = {name: model.model_json_schema(mode="serialization") for name, model in models.items()}
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

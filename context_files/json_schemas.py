"""The published JSON Schemas of the context files, with which editors complete and check them."""

from typing import Any

import orjson

from context_files.shapes import SHAPES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def context_schemas() -> dict[str, bytes]:
    """Return every schema's bytes, by the name of its file: `release.json`."""
    return {f"{name}.json": _written(shape.model_json_schema()) for name, shape in SHAPES.items()}


def _written(schema: dict[str, Any]) -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps({"$schema": _DIALECT, **schema}, option=options)

"""The description of the JSON files as an OpenAPI document, for clients that are generated."""

from typing import Any

from quality.metrics.catalogue import METRICS
from quality.periods.periods import REPORT_PERIODS
from quality.verdicts import LEVEL_WORDS

Json = dict[str, Any]


def openapi_document(base_url: str | None) -> Json:
    """Return the description; its addresses are relative to the site where its own is not known."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quality reports",
            "version": "1",
            "description": "Static files over one snapshot; every number is the same as on the pages.",
        },
        "servers": [{"url": f"{base_url.rstrip('/')}/api/v1" if base_url else "."}],
        "paths": {
            "/products.json": _get("All products over the default period", "products"),
            "/portfolio/{period}.json": _get("All products over a period", "products", _PERIOD),
            "/products/{product_id}/{period}.json": _get(
                "The report of a product over a period", "report", _PRODUCT, _PERIOD
            ),
            "/products/{product_id}/releases/{release}.json": _get(
                "The report of a release of a product", "report", _PRODUCT, _RELEASE
            ),
            "/products/{product_id}/bugs.json": _get("All bugs of a product", "list", _PRODUCT),
            "/products/{product_id}/tests.json": _get("All tests of a product", "list", _PRODUCT),
            "/products/{product_id}/features.json": _get("All features of a product", "list", _PRODUCT),
            "/tests/{test_id}.json": _get("One test", "test", _TEST),
        },
        "components": {"schemas": _schemas()},
    }


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_PRODUCT = _parameter("product_id", {"type": "integer"})
_PERIOD = _parameter("period", {"type": "string", "enum": list(REPORT_PERIODS)})
_RELEASE = _parameter("release", {"type": "string"})
_TEST = _parameter("test_id", {"type": "integer"})


def _get(summary: str, schema: str, *parameters: Json) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    operation: Json = {"summary": summary, "responses": {"200": {"description": summary, "content": content}}}
    return {"get": {**operation, **({"parameters": list(parameters)} if parameters else {})}}


_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer"}
_FLAG: Json = {"type": "boolean"}
_MOMENT: Json = {"type": ["string", "null"], "format": "date-time"}


def _schemas() -> Json:
    tables = {"type": "object", "additionalProperties": _ROWS}
    return {
        "verdict": _object({"level": {"type": "string", "enum": list(LEVEL_WORDS)}, "reason": _TEXT}),
        "rate": _object(_RATE, required=()),
        "metrics": {"type": "object", "properties": {key: _metric(key) for key in METRICS}},
        "finding": _object(_FINDING),
        "products": _object(
            {**_SOURCE, "period": _TEXT, "products": _list(_object(_PRODUCT_ROW)), "deadlines": _ROWS}
        ),
        "report": _object(
            {
                "data_of": _MOMENT,
                "product": _object({"id": _NUMBER, "name": _TEXT}),
                "period": _object(_SPAN),
                "headline": _list(_TEXT),
                **_JUDGED,
                "previous": _PREVIOUS,
                "findings": _list(_ref("finding")),
                "deadlines": _list(_object(_DEADLINE)),
                "notes": _list(_TEXT),
                "gaps": _list(_TEXT),
                "tables": tables,
            }
        ),
        "test": _object(
            {"test": _object(_ONE_TEST), **_JUDGED, "findings": _list(_ref("finding")), "tables": tables}
        ),
        "list": _object(
            {"product_id": _NUMBER, "bugs": _ROWS, "tests": _ROWS, "features": _ROWS},
            required=("product_id",),
        ),
    }


def _metric(key: str) -> Json:
    shape: Json = _ref("rate") if METRICS[key].unit == "rate" else {"type": ["number", "null"]}
    return {**shape, "description": METRICS[key].help}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, required: tuple[str, ...] | None = None) -> Json:
    names = list(properties) if required is None else list(required)
    return {"type": "object", "properties": properties, **({"required": names} if names else {})}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_ROWS = _list({"type": "object"})
_IDS = _list(_NUMBER)
_SOURCE: Json = {"snapshot": _TEXT, "as_of": _MOMENT}
_JUDGED: Json = {
    "product_verdict": _ref("verdict"),
    "review_verdict": _ref("verdict"),
    "metrics": _ref("metrics"),
}
_PREVIOUS: Json = {"anyOf": [_ref("metrics"), {"type": "null"}]}
_PRODUCT_ROW: Json = {
    "id": _NUMBER,
    "name": _TEXT,
    **_JUDGED,
    "previous": _PREVIOUS,
    "due_at": _MOMENT,
    "overdue": _NUMBER,
}
_SPAN: Json = {"key": _TEXT, "title": _TEXT, "start": _MOMENT, "end": _MOMENT, "running": _FLAG}
_DEADLINE: Json = {"day": _TEXT, "overdue": _FLAG, "first_at": _MOMENT, "bug_ids": _IDS}
_FINDING: Json = {
    **dict.fromkeys(("key", "level", "title", "text", "action"), _TEXT),
    "bug_ids": _IDS,
    "test_ids": _IDS,
}
_RATE: Json = {
    **dict.fromkeys(("numerator", "denominator"), _NUMBER),
    **{key: {"type": "number"} for key in ("value", "low", "high")},
}
_ONE_TEST: Json = {
    "id": _NUMBER,
    "title": _TEXT,
    "product_id": _NUMBER,
    "status": {"type": ["string", "null"]},
    "start_at": _MOMENT,
    "end_at": _MOMENT,
}

"""What documents of the reconciliation service look like: JSON schemas written from the text of the specification.

Version 0.2 (Final Community Group Report of 10 April 2023) and, with `DRAFT` in its name, the draft of 1.0.
"""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NAMED: Schema = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string", "minLength": 1}, "name": {"type": "string", "minLength": 1}},
}


def closed(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


SETTING: Schema = {"type": "object", "required": ["type", "label", "name"]}
PLACE = closed([], service_url=TEXT, service_path=TEXT)
SUGGEST = closed(
    [],
    service_url=TEXT,
    service_path=TEXT,
    flyout_service_url=TEXT,
    flyout_service_path={"type": "string", "pattern": r"\$\{id\}"},
)
MANIFEST: Schema = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace"],
    "properties": {
        "versions": {"type": "array", "items": TEXT, "contains": {"const": "0.2"}},
        "name": TEXT,
        "identifierSpace": TEXT,
        "schemaSpace": TEXT,
        "documentation": TEXT,
        "serviceVersion": TEXT,
        "logo": TEXT,
        "batchSize": {"type": "integer", "minimum": 1},
        "defaultTypes": {"type": "array", "items": NAMED, "uniqueItems": True},
        "view": closed(["url"], url={"type": "string", "pattern": r"\{\{id\}\}"}),
        "preview": closed(
            ["url", "width", "height"],
            url={"type": "string", "pattern": r"\{\{id\}\}"},
            width={"type": "integer"},
            height={"type": "integer"},
        ),
        "suggest": closed([], entity=SUGGEST, type=SUGGEST, property=SUGGEST),
        "extend": closed([], propose_properties=PLACE, property_settings=listed(SETTING)),
    },
    "additionalProperties": False,
}
MANIFEST_DRAFT: Schema = {
    "type": "object",
    "required": ["versions", "name", "view"],
    "properties": {
        "versions": {"type": "array", "items": TEXT, "contains": {"const": "1.0-draft"}},
        "name": TEXT,
        "documentation": TEXT,
        "view": closed(["url"], url={"type": "string", "pattern": r"\{.*id.*\}"}),
        "preview": closed(["width", "height"], width={"type": "integer"}, height={"type": "integer"}),
        "suggest": closed(
            ["entity", "property", "type"],
            entity={"type": "boolean"},
            property={"type": "boolean"},
            type={"type": "boolean"},
        ),
        "extend": closed([], proposeProperties={"type": "boolean"}, propertySettings=listed(SETTING)),
        "standardizedScore": {"type": "boolean"},
        "lang": TEXT,
        "batchSize": {"type": "integer"},
        "defaultTypes": {"type": "array", "items": NAMED, "uniqueItems": True},
    },
}
FEATURE = closed(["id", "value"], id=TEXT, value={"type": ["number", "boolean"]})
FEATURE_DRAFT = closed(["id", "name", "value"], id=TEXT, name=TEXT, value={"type": ["number", "boolean"]})


def candidate(feature: Schema) -> Schema:
    return closed(
        ["id", "name", "score", "match", "type"],
        id=TEXT,
        name=TEXT,
        description=TEXT,
        score={"type": "number", "minimum": 0, "maximum": 100},
        match={"type": "boolean"},
        type=listed(NAMED),
        features=listed(feature),
    )


RESULTS: Schema = {
    "type": "object",
    "additionalProperties": closed(["result"], result=listed(candidate(FEATURE))),
}
RESULTS_DRAFT = closed(["results"], results=listed(closed(["candidates"], candidates=listed(candidate(FEATURE_DRAFT)))))
SUGGESTIONS = closed(["result"], result=listed({**NAMED, "properties": {**NAMED["properties"], "description": TEXT,
                                                                        "notable": listed(NAMED)}}))  # fmt: skip
MOMENT = r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d"
CELL: Schema = {
    "oneOf": [
        closed([]) | {"maxProperties": 0},
        closed(["id", "name"], id=TEXT, name=TEXT, description=TEXT),
        closed(["str"], str=TEXT),
        closed(["float"], float={"type": "number"}),
        closed(["int"], int={"type": "integer"}),
        closed(["date"], date={"type": "string", "pattern": MOMENT}),
    ]
}
EXTENSION = closed(
    ["meta", "rows"],
    meta=listed(NAMED),
    rows={"type": "object", "additionalProperties": {"type": "object", "additionalProperties": listed(CELL)}},
)
EXTENSION_DRAFT = closed(
    ["meta", "rows"],
    meta=listed(NAMED),
    rows=listed(
        closed(["id", "properties"], id=TEXT, properties=listed(closed(["id", "values"], id=TEXT, values=listed(CELL))))
    ),
)
PROPOSAL = closed(["properties"], properties=listed(NAMED), type=TEXT, limit={"type": "integer"})
FLYOUT = closed(["id", "html"], id=TEXT, html=TEXT)

"""The JSON Schema of settings and mappings, by which editors complete, explain and check what is typed."""

from typing import Any

from connector.config.mappings import PARTS
from connector.config.settings import SETTINGS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def mappings_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file."""
    properties: dict[str, Any] = {
        "$schema": {"description": "Where editors find this schema.", "type": "string"},
    }
    for name, record in PARTS.items():
        rules = {"type": ["array", "null"], "items": {"$ref": f"#/$defs/{name}"}}
        properties[name] = {"description": record.meaning} | rules
    return {
        "$schema": _DIALECT,
        "$id": "urn:csp-ledger-connector:mappings:1",
        "title": "Mapping of the connector",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": {name: record.schema() for name, record in PARTS.items()},
    }


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the settings file."""
    head = {"$schema": _DIALECT, "$id": "urn:csp-ledger-connector:settings:1", "title": "Settings of the connector"}
    return head | SETTINGS.schema()

"""The reference of mapping files and settings for readers: every key with its meaning, default and example."""

import json
from collections.abc import Iterator
from typing import Any

from connector.config.by_kind import ByKind
from connector.config.mappings import PARTS
from connector.config.records import Field, ListOf, Record, Table
from connector.config.settings import SETTINGS
from connector.config.shapes import Shape

_MADE = "<!-- Made from the definitions in connector/config; change them there. -->"


def mapping_reference() -> str:
    """The reference of the mapping files, in Markdown."""
    lines = ["# Mapping files", "", _MADE, "", _MAPPING_HEAD]
    for name, record in PARTS.items():
        lines += ["", f"## {name}", "", record.meaning, "", *_table(record)]
    return "\n".join(lines) + "\n"


def settings_reference() -> str:
    """The reference of the settings file, in Markdown."""
    lines = ["# Settings", "", _MADE, "", _SETTINGS_HEAD, "", *_table(SETTINGS)]
    for entry in SETTINGS.fields:
        for title, record in _groups(entry.name, entry.shape):
            lines += ["", f"## {title}", "", *_table(record)]
    return "\n".join(lines) + "\n"


_MAPPING_HEAD = (
    "All `.yaml` files of the mapping folder count; lists of the same name are joined. Errors name file, line and "
    "column; entries are counted from 1. Bold keys must be written."
)
_SETTINGS_HEAD = (
    "Every group but `company` may be left out. Bold keys must be written. Values may be `${NAME}`, `${NAME:-default}` "
    "or `{credential env|file|systemd|container NAME}`; secrets must be. `CONNECTOR_GROUP__KEY` in the environment "
    "overrides a key."
)


def _table(record: Record) -> Iterator[str]:
    yield "| key | meaning | expected | default | example |"
    yield "|---|---|---|---|---|"
    for entry in record.fields:
        name = f"**`{entry.name}`**" if entry.required else f"`{entry.name}`"
        expected = "see below" if _is_group(entry.shape) else entry.shape.expected
        cells = (name, entry.meaning, expected, entry.default or "", _example(entry))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _is_group(shape: Shape) -> bool:
    return isinstance(shape, Record) or (isinstance(shape, Table) and isinstance(shape.values, ByKind))


def _groups(name: str, shape: Shape) -> Iterator[tuple[str, Record]]:
    """The groups of keys at and below a setting, each with its full name."""
    if isinstance(shape, Record):
        yield name, shape
        for entry in shape.fields:
            yield from _groups(f"{name}.{entry.name}", entry.shape)
    elif isinstance(shape, ListOf) and isinstance(shape.shape, Record):
        yield f"{name} (each entry)", shape.shape
    elif isinstance(shape, Table) and isinstance(shape.values, ByKind):
        for kind, record, _ in shape.values.kinds:
            yield from _groups(f"{name}.NAME ({kind})", record)


def _example(entry: Field) -> str:
    return "" if entry.example is None else f"`{_written(entry.example)}`"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    needs_quotes = isinstance(value, str) and (value.isdigit() or value in (".", ",") or value[:1] in "%{")
    return json.dumps(value, ensure_ascii=False) if needs_quotes else str(value)

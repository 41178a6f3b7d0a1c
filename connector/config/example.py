"""Writes the example of the settings file out of the settings' own meanings and examples, so that it is never stale.

Lines that begin with `#` and no space are settings that may be left out: deleting the `#` switches them on. All other
`#` lines explain.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from connector.config.by_kind import ByKind
from connector.config.records import Field, Record, Table
from connector.config.settings import SETTINGS

_HEAD = """\
# Settings of the connector. Only `company` is needed; delete the # at the beginning of a line to switch it on.
# A secret is never written here, only a reference to it: ${NAME} for a variable of the environment, or
# {credential env NAME}, {credential file PATH}, {credential systemd NAME}, {credential container NAME}.
# ${NAME:-default} is taken too, except for secrets. Each setting can also be given as a variable of the
# environment: CONNECTOR_POSTING__MODE is posting.mode. `connector check` says what is wrong, with line and column.
"""
_LEDGER_NAMES = {"quickbooks": "books-us", "business_central": "books-eu"}


def settings_example() -> str:
    """The example of the settings file."""
    lines = [_HEAD]
    for entry in SETTINGS.fields:
        lines += ["", *_setting(entry, 0, switched_on=entry.required)]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _setting(entry: Field, depth: int, *, switched_on: bool) -> Iterator[str]:
    indent = "  " * depth
    mark = "" if switched_on else "#"
    default = f" Default: {entry.default}." if entry.default else ""
    yield f"{indent}# {entry.meaning}{default}"
    if isinstance(entry.shape, Record):
        yield f"{mark}{indent}{entry.name}:"
        yield from _group(entry.shape, depth + 1, switched_on)
    elif isinstance(entry.shape, Table) and isinstance(entry.shape.values, ByKind):
        yield f"{mark}{indent}{entry.name}:"
        for record, (_, name) in zip(entry.shape.values.records, _LEDGER_NAMES.items(), strict=True):
            yield f"{mark}{indent}  {name}:"
            yield from _group(record, depth + 2, switched_on)
    elif isinstance(entry.example, dict):
        yield f"{mark}{indent}{entry.name}:"
        for key, value in entry.example.items():
            yield f"{mark}{indent}  {key}: {_value(value)}"
    else:
        yield f"{mark}{indent}{entry.name}: {_value(entry.example)}"


def _group(record: Record, depth: int, switched_on: bool) -> Iterator[str]:
    for entry in record.fields:
        if entry.alternative:
            yield f"{'  ' * depth}# {entry.meaning} Write: {entry.name}: {_flow(entry)}"
        else:
            yield from _setting(entry, depth, switched_on=switched_on)


def _flow(entry: Field) -> str:
    if not isinstance(entry.shape, Record):
        return _value(entry.example)
    needed = (inner for inner in entry.shape.fields if inner.required or inner.name == "client_secret")
    return "{" + ", ".join(f"{inner.name}: {_flow(inner)}" for inner in needed) + "}"


_PLAIN = re.compile(
    r"[A-Za-z/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*|[a-z]+://[A-Za-z0-9_./@:-]+|\$\{[A-Z_]+\}"
    r"|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[0-9]+[smhdG]B?|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9.]+:[0-9]+"
)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)

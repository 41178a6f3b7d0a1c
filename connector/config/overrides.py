"""Lays variables of the environment over the settings file: CONNECTOR_POSTING__MODE stands for posting.mode.

Variables without `__` that are no setting are left alone: container platforms make such names of their own,
for example CONNECTOR_SERVICE_HOST for a service called connector.
"""

from collections.abc import Mapping
from typing import Any

from connector.config.nearest import did_you_mean
from connector.config.nodes import Fields, Node, Resolved, Scalar, Sequence
from connector.config.records import ListOf, Record, Table
from connector.config.shapes import Reading, Shape

PREFIX = "CONNECTOR_"
_NOT_SETTINGS = frozenset({"CONNECTOR_CONFIG"})


def override(root: Node, shape: Record, reading: Reading, environment: Mapping[str, str]) -> Node:
    """Give the settings with the environment's values put in; a variable that fits no setting is a problem."""
    if not isinstance(root, Fields):
        return root
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS:
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        if len(parts) == 1 and parts[0] not in shape.by_name:
            continue
        wrong = _put(root, shape, parts, Resolved(environment[variable], 0, 0, origin=f"the value of {variable}"))
        if wrong:
            reading.refuse(root, (), f"the environment variable {variable} {wrong}")
    return root


def _put(into: Fields, shape: Shape, parts: list[str], value: Resolved) -> str | None:
    """Put a value below a group; gives what is wrong, or None."""
    known = _inner(shape)
    if isinstance(shape, Table):
        # Names of one's own may hold hyphens, which variables cannot.
        key = next((k.text for k, _ in into.entries if k.text.replace("-", "_") == parts[0]), parts[0])
        below: Shape | None = shape.values
    else:
        key = parts[0]
        below = known.get(key)
        if below is None:
            return f"names no setting{did_you_mean(key, known) or '; expected ' + ', '.join(known)}"
    if len(parts) > 1:
        if not _inner(below) and not isinstance(below, Table):
            return f"goes too deep: {key} has no keys of its own"
        entry = into.find(key)
        group = entry[1] if entry and isinstance(entry[1], Fields) else Fields([], 0, 0)
        _replace(into, key, group)
        return _put(group, below, parts[1:], value) if below is not None else None
    if isinstance(below, ListOf):
        texts = [text.strip() for text in value.text.split(",") if text.strip()]
        _replace(into, key, Sequence([Resolved(text, 0, 0, origin=value.origin) for text in texts], 0, 0))
        return None
    if below is None or _inner(below) or isinstance(below, Table):
        return f"names a group; write __ and one of its keys after it: {', '.join(_inner(below)) or 'a name'}"
    _replace(into, key, value)
    return None


def _inner(shape: Any) -> dict[str, Shape]:
    """The keys of a group and their shapes; for one of several kinds the keys of all of them."""
    if isinstance(shape, Record):
        return {name: entry.shape for name, entry in shape.by_name.items()}
    keys: dict[str, Shape] = {}
    for record in getattr(shape, "records", ()):
        keys.update(_inner(record))
    return keys


def _replace(into: Fields, key: str, value: Node) -> None:
    into.entries[:] = [entry for entry in into.entries if entry[0].text != key]
    into.entries.append((Scalar(key, value.line, value.column), value))

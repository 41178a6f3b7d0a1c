"""Groups of keys, lists and tables of names in YAML: what may stand in them, what must, and what each key means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from connector.config.nearest import did_you_mean
from connector.config.nodes import Fields, Node, Scalar, Sequence, described, is_nothing, shown
from connector.config.shapes import FAILED, Failed, Path, Reading, Shape, repeated
from connector.domain.errors import Place


@dataclass(frozen=True, slots=True)
class Field:
    """A key: its shape, its meaning for people, an example, and what holds when it is left out.

    An `alternative` is written in the place of another key, never beside it.
    """

    name: str
    shape: Shape
    meaning: str
    example: Any = None
    required: bool = False
    default: str | None = None
    alternative: bool = False


@lru_cache(maxsize=1024)
def hint_among(name: str, known: tuple[str, ...]) -> str:
    """The hint of `did_you_mean`, remembered: the same slip often stands in thousands of rules."""
    return did_you_mean(name, known)


@dataclass(slots=True)
class Filled:
    """A group of keys that was read: its values by key, all keys written (readable or not), and where it stands."""

    values: dict[str, Any]
    written: set[str]
    node: Fields
    path: Path
    reading: Reading
    faulty: bool = False

    @property
    def place(self) -> Place:
        """Where the group begins."""
        return Place(self.reading.file, self.node.line, self.node.column)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, or the default where it is not written."""
        return self.values.get(name, default)

    def refuse(self, text: str, key: str | None = None) -> Failed:
        """Note a problem at a key, or at the whole group."""
        self.faulty = True
        return self.reading.refuse(self._node(key), (*self.path, key) if key else self.path, text)

    def warn(self, text: str, key: str) -> None:
        """Note at a key something that is probably not meant."""
        self.reading.warn(self._node(key), (*self.path, key), text)

    def _node(self, key: str | None) -> Node:
        entry = self.node.find(key) if key else None
        return entry[0] if entry else self.node


def as_is(filled: Filled) -> dict[str, Any]:
    """The values by key, for groups that need no type of their own."""
    return filled.values


@dataclass(frozen=True, slots=True)
class Record:
    """A group of keys. `build` makes the domain value of it and checks what concerns several keys."""

    name: str
    fields: tuple[Field, ...]
    build: Callable[[Filled], Any] = as_is
    meaning: str = ""
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    needed: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {entry.name: entry for entry in self.fields})
        object.__setattr__(self, "needed", tuple(entry.name for entry in self.fields if entry.required))

    @property
    def expected(self) -> str:
        """The keys, for messages."""
        return f"{self.name} with the keys {', '.join(self.by_name)}"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Return what `build` makes of the keys; every key that is unknown, doubled or missing is a problem."""
        if not isinstance(node, Fields):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        failed = False
        values: dict[str, Any] = {}
        written: set[str] = set()
        hints = ""
        for key, value_node in node.entries:
            name = key.text
            known = self.by_name.get(name)
            if known is None:
                failed = True
                hint = hint_among(name, tuple(self.by_name))
                hints += hint
                reading.refuse(key, path, self._unknown(name, hint))
                continue
            if name in written:
                failed = True
                reading.refuse(key, (*path, name), "the key is written twice; keep one of them")
                continue
            written.add(name)
            value = known.shape.read(value_node, (*path, name), reading)
            if value is FAILED:
                failed = True
            else:
                values[name] = value
        for name in self.needed:
            if name not in written and f"'{name}'" not in hints:
                failed = True
                missing = self.by_name[name]
                reading.refuse(node, path, f"'{name}' is missing; expected {missing.shape.expected}")
        if any(name not in values for name in self.needed):
            return FAILED
        # With a key that could not be read the rule is lost, yet what is wrong between its other keys is still told.
        filled = Filled(values, written, node, path, reading, failed)
        built = self.build(filled)
        return FAILED if filled.faulty else built

    def _unknown(self, name: str, hint: str) -> str:
        if name == "<<":
            return "merge keys (<<) are not read; write the keys out"
        if name.isdigit():
            return f"unknown key {shown(name)}: a comma inside {{ }} begins a new key; write decimals with a point"
        return f"unknown key {shown(name)}{hint or '; expected ' + ', '.join(self.by_name)}"

    def schema(self) -> dict[str, Any]:
        """An object with these properties and no others."""
        properties = {entry.name: described_field(entry) for entry in self.fields}
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.needed:
            schema["required"] = list(self.needed)
        return schema


def described_field(entry: Field) -> dict[str, Any]:
    """The JSON Schema of a key, with its meaning, default and example, which editors show."""
    meaning = entry.meaning if entry.default is None else f"{entry.meaning} Default: {entry.default}."
    described_shape = {"description": meaning} | entry.shape.schema()
    return described_shape if entry.example is None else described_shape | {"examples": [entry.example]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one shape, none of them twice when `distinct`."""

    shape: Shape
    distinct: bool = True
    least: int = 0
    most: int = 1000

    @property
    def expected(self) -> str:
        """What the entries are, for messages."""
        return f"a list, each entry {self.shape.expected}"

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[Any, ...] | Failed:
        """Return the values as a tuple."""
        if not isinstance(node, Sequence):
            return reading.refuse(node, path, f"{described(node)} is written here; expected a list: [ … ]")
        values = [self.shape.read(item, (*path, at), reading) for at, item in enumerate(node.items, 1)]
        if any(value is FAILED for value in values):
            return FAILED
        if not self.least <= len(values) <= self.most:
            limits = f"at least {self.least}" if len(values) < self.least else f"at most {self.most}"
            return reading.refuse(node, path, f"the list has {len(values)} entries; expected {limits}")
        if self.distinct and (twice := repeated(values)):
            first = next(at for at, value in enumerate(values) if value in twice and value in values[:at])
            return reading.refuse(node.items[first], (*path, first + 1), "stands in the list twice; keep one of them")
        return tuple(values)

    def schema(self) -> dict[str, Any]:
        """An array."""
        schema: dict[str, Any] = {"type": "array", "items": self.shape.schema()}
        return (
            schema | ({"minItems": self.least} if self.least else {}) | ({"uniqueItems": True} if self.distinct else {})
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Names of the administrator's own choosing, each with a value; `keys` reads the names."""

    keys: Shape
    values: Shape
    what: str

    @property
    def expected(self) -> str:
        """What it is, for messages."""
        return self.what

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[tuple[str, Any], ...] | Failed:
        """Return the names and values, in the order in which they are written."""
        if not isinstance(node, Fields):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.what}")
        read: list[tuple[str, Any]] = []
        failed = False
        for key, value_node in node.entries:
            name = self.keys.read(key, path, reading)
            value = self.values.read(value_node, (*path, key.text), reading)
            if name is FAILED or value is FAILED:
                failed = True
            elif any(name == other for other, _ in read):
                reading.refuse(key, (*path, key.text), "the key is written twice; keep one of them")
                failed = True
            else:
                read.append((name, value))
        return FAILED if failed else tuple(read)

    def schema(self) -> dict[str, Any]:
        """An object with any keys."""
        return {"type": "object", "additionalProperties": self.values.schema()}


@dataclass(frozen=True, slots=True)
class Either:
    """A single value, or a list or group in its place."""

    single: Shape
    several: ListOf | Table | Record

    @property
    def expected(self) -> str:
        """Both, for messages."""
        return f"{self.single.expected}, or {self.several.expected}"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Return what the shape that fits the node makes of it."""
        shape = self.single if isinstance(node, Scalar) else self.several
        if is_nothing(node):
            return reading.refuse(node, path, f"nothing is written here; expected {self.expected}")
        return shape.read(node, path, reading)

    def schema(self) -> dict[str, Any]:
        """One of the two."""
        return {"anyOf": [self.single.schema(), self.several.schema()]}

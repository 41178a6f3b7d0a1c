"""What a YAML file says, each word with the line and column it stands at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connector.domain.errors import Place


@dataclass(slots=True)
class Scalar:
    """A single value as its text; `plain` means that it stands without quotes."""

    text: str
    line: int
    column: int
    plain: bool = False


@dataclass(slots=True)
class Resolved(Scalar):
    """A value that came from elsewhere: `origin` says from where, `whole` that nothing was written around it.

    `missing` means that it could not be found, which has been told.
    """

    origin: str = ""
    whole: bool = True
    missing: bool = False


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: "list[Node]"
    line: int
    column: int


@dataclass(slots=True)
class Fields:
    """Keys and their values, in the order in which they are written."""

    entries: "list[tuple[Scalar, Node]]"
    line: int
    column: int

    def find(self, key: str) -> "tuple[Scalar, Node] | None":
        """The entry of a key, or None."""
        return next((entry for entry in self.entries if entry[0].text == key), None)


Node = Scalar | Sequence | Fields

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_FLAG = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def is_nothing(node: Node) -> bool:
    """Whether nothing is written where a value could stand (YAML 1.2 core schema: null)."""
    return isinstance(node, Scalar) and node.plain and node.text in _NULL


def is_flag(node: Scalar) -> bool:
    """Whether an unquoted value is true or false; yes, no, on and off are texts (YAML 1.2 core schema)."""
    return node.plain and node.text in _FLAG


def is_number(node: Scalar) -> bool:
    """Whether an unquoted value is a number (YAML 1.2 core schema)."""
    return node.plain and node.text[:1] in "+-.0123456789" and _NUMBER.fullmatch(node.text) is not None


def flag(node: Scalar) -> bool:
    """The truth value of a scalar for which `is_flag` holds."""
    return _FLAG[node.text]


def place(file: str, node: Node) -> Place:
    """Where a node stands, for messages."""
    return Place(file, node.line, node.column)


def described(node: Node) -> str:
    """What a node is, in a word or two for messages."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Fields):
        return "a group of keys"
    return "nothing" if is_nothing(node) else shown(node.text)


def shown(text: str) -> str:
    """A value quoted for a message, cut where it is long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar value below a node, keys left out."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    else:
        for _, value in node.entries:
            yield from scalars(value)

"""What a single value in the administrator's YAML may look like, and the sentence said when it does not.

A shape reads a node into a value of the domain and describes itself for the JSON Schema: one definition for both.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Protocol

from connector.config.nearest import did_you_mean
from connector.config.nodes import Node, Scalar, described, flag, is_flag, is_nothing, is_number, place, shown
from connector.domain.errors import Problem

Path = tuple[str | int, ...]


class Failed(Enum):
    """The answer of a shape that could not read a value; the reason is among the problems."""

    FAILED = "failed"


FAILED: Final = Failed.FAILED


@dataclass(slots=True)
class Reading:
    """One file being read: its name, the problems and warnings so far, and the ledger names that exist (none = any)."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    ledgers: tuple[str, ...] = ()
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, node: Node, path: Path, text: str) -> Failed:
        """Note a problem at a node and return FAILED."""
        self.problems.append(Problem(place(self.file, node), f"{spelled(path)}{text}"))
        return FAILED

    def warn(self, node: Node, path: Path, text: str) -> None:
        """Note something that is no error but probably not meant."""
        self.warnings.append(Problem(place(self.file, node), f"{spelled(path)}{text}"))


def spelled(path: Path) -> str:
    """Write a path for a message: customers[2].tenant_id; entries are counted from 1."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return f"{text}: " if text else ""


class Shape(Protocol):
    """How a value is read and described."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages: "an amount like 12.50"."""

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Return the value, or FAILED after noting why."""

    def schema(self) -> dict[str, Any]:
        """Describe the value in JSON Schema."""


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DAMAGED = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+|#+|#[A-Z/]+[!?]?")


def plain_text(node: Node, path: Path, reading: Reading, expected: str) -> str | Failed:
    """Return the text of a scalar; refuse lists, numbers, true and false without quotes, and empty text."""
    if not isinstance(node, Scalar) or is_nothing(node):
        return reading.refuse(node, path, f"{described(node)} is written here; expected {expected}")
    text = node.text
    if is_number(node) or is_flag(node):
        if _DAMAGED.fullmatch(text):
            return reading.refuse(node, path, damaged(text, expected))
        what = "a number" if is_number(node) else "true or false"
        return reading.refuse(node, path, f"{text} is read as {what}; quote it: \"{text}\"")
    if not text.strip():
        return reading.refuse(node, path, f"the text is empty; expected {expected}")
    if text != text.strip():
        return reading.refuse(node, path, f"{shown(text)} begins or ends with a space; expected {expected}")
    if _CONTROL.search(text):
        return reading.refuse(node, path, f"{shown(text)} holds a line break or control character; expected {expected}")
    return text


def damaged(text: str, expected: str) -> str:
    """The sentence for an id that a spreadsheet turned into a number."""
    return f"{shown(text)} looks like an id damaged by a spreadsheet; copy it again from its source; expected {expected}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text, perhaps of a certain form; `normalise` makes its one spelling."""

    expected: str = "a text"
    pattern: str | None = None
    normalise: Callable[[str], str] | None = None
    is_id: bool = False

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the text in its one spelling."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        if self.is_id and _DAMAGED.fullmatch(text):
            return reading.refuse(node, path, damaged(text, self.expected))
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            return reading.refuse(node, path, f"{shown(text)} does not fit; expected {self.expected}")
        return self.normalise(text) if self.normalise else text

    def schema(self) -> dict[str, Any]:
        """A string, with its pattern."""
        return {"type": "string", "minLength": 1} | ({"pattern": f"^({self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    make: Callable[[str], Any] = str

    @property
    def expected(self) -> str:
        """The words, for messages."""
        return "one of " + ", ".join(self.words) if len(self.words) > 1 else self.words[0]

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Return the word, or what `make` makes of it."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        if text in self.words:
            return self.make(text)
        hint = did_you_mean(text, self.words)
        return reading.refuse(node, path, f"{shown(text)} is not known; expected {self.expected}{hint}")

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,27})(\.[0-9]{1,28})?")


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact decimal number, made from its text. `least` belongs to the range, `below` and `above` do not."""

    expected: str = "a number like 12.50"
    least: Decimal | None = None
    most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None

    def read(self, node: Node, path: Path, reading: Reading) -> Decimal | Failed:
        """Return the number exactly as written."""
        if not isinstance(node, Scalar) or is_nothing(node):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        if _AMOUNT.fullmatch(node.text) is None:
            return reading.refuse(node, path, f"{_not_a_number(node.text)}; expected {self.expected}")
        amount = Decimal(node.text)
        if (
            (self.least is not None and amount < self.least)
            or (self.most is not None and amount > self.most)
            or (self.above is not None and amount <= self.above)
            or (self.below is not None and amount >= self.below)
        ):
            return reading.refuse(node, path, f"{node.text} is out of range; expected {self.expected}")
        return amount

    def schema(self) -> dict[str, Any]:
        """A number with its range, or the same as a quoted text."""
        limits = {"minimum": self.least, "maximum": self.most, "exclusiveMinimum": self.above, "exclusiveMaximum": self.below}
        number = {"type": "number"} | {name: int(limit) for name, limit in limits.items() if limit is not None}
        return {"anyOf": [number, {"type": "string", "pattern": f"^({_AMOUNT.pattern})$"}]}


def _not_a_number(text: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})*,[0-9]+", text):
        return f"{shown(text)} has a decimal comma; write a decimal point and no thousands separators"
    if re.fullmatch(r"-?[0-9]{1,3}([, '][0-9]{3})+(\.[0-9]+)?", text):
        return f"{shown(text)} has thousands separators; leave them out"
    if text.endswith("%"):
        return f"{shown(text)} has a percent sign; leave it out"
    return f"{shown(text)} is not a plain number"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within limits."""

    least: int
    most: int

    @property
    def expected(self) -> str:
        """The limits, for messages."""
        return f"a whole number from {self.least} to {self.most}"

    def read(self, node: Node, path: Path, reading: Reading) -> int | Failed:
        """Return the number."""
        if not isinstance(node, Scalar) or is_nothing(node) or not (node.plain or node.resolved):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", node.text) is None:
            return reading.refuse(node, path, f"{shown(node.text)} is not a whole number; expected {self.expected}")
        number = int(node.text)
        if not self.least <= number <= self.most:
            return reading.refuse(node, path, f"{number} is out of range; expected {self.expected}")
        return number

    def schema(self) -> dict[str, Any]:
        """An integer with limits."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day written year-month-day."""

    expected: str = "a day like 2026-01-31"

    def read(self, node: Node, path: Path, reading: Reading) -> date | Failed:
        """Return the day."""
        if not isinstance(node, Scalar) or is_nothing(node):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        text = node.text
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
            return reading.refuse(node, path, f"{shown(text)} is not a day; expected {self.expected}")
        try:
            return date.fromisoformat(text)
        except ValueError:
            return reading.refuse(node, path, f"{shown(text)} is not in the calendar; expected {self.expected}")

    def schema(self) -> dict[str, Any]:
        """A string of the form date."""
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; `only` says that just this one may be written."""

    only: bool | None = None

    @property
    def expected(self) -> str:
        """The words, for messages."""
        return "true or false" if self.only is None else str(self.only).lower()

    def read(self, node: Node, path: Path, reading: Reading) -> bool | Failed:
        """Return the truth value."""
        if isinstance(node, Scalar) and node.resolved and node.text in ("true", "false"):
            value = node.text == "true"
        elif isinstance(node, Scalar) and is_flag(node):
            value = flag(node)
        else:
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        if self.only is not None and value is not self.only:
            return reading.refuse(node, path, f"{str(value).lower()} has no meaning here; leave the line out")
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean, or the one that may be written."""
        return {"type": "boolean"} if self.only is None else {"const": self.only}


def repeated(values: Iterable[Any]) -> set[Any]:
    """The values that occur more than once."""
    seen: set[Any] = set()
    return {value for value in values if value in seen or seen.add(value)}

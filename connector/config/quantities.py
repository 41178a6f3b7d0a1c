"""Numbers, days and truth values in the administrator's YAML: exact, and never guessed from something similar."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.config.nodes import Node, Resolved, Scalar, described, flag, is_flag, is_nothing, shown
from connector.config.shapes import Failed, Path, Reading

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
        limits = {
            "minimum": self.least,
            "maximum": self.most,
            "exclusiveMinimum": self.above,
            "exclusiveMaximum": self.below,
        }
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
        if not isinstance(node, Scalar) or is_nothing(node) or not (node.plain or isinstance(node, Resolved)):
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
        if isinstance(node, Resolved) and node.text in ("true", "false"):
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

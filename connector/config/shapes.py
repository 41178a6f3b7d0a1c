"""What a single value in the administrator's YAML may look like, and the sentence said when it does not.

A shape reads a node into a value of the domain and describes itself for the JSON Schema: one definition for both.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from connector.config.nearest import did_you_mean
from connector.config.nodes import Node, Resolved, Scalar, described, is_flag, is_nothing, is_number, place, shown
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
        """Note a problem at a node and return FAILED. A value that came from elsewhere is named, never shown."""
        if isinstance(node, Resolved) and node.missing:
            return FAILED
        if isinstance(node, Resolved) and not node.text:
            _, wanted, expected = text.partition("; expected ")
            text = f"{node.origin} is empty{wanted}{expected}"
        elif isinstance(node, Resolved):
            text = text.replace(shown(node.text), node.origin)
            if text.startswith(node.text):
                text = node.origin + text.removeprefix(node.text)
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


_MANY = 12
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_DAMAGED = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+|#+|#[A-Z/]+[!?]?")


def plain_text(node: Node, path: Path, reading: Reading, expected: str) -> str | Failed:
    """Return the text of a scalar; refuse lists, numbers, true and false without quotes, and empty text."""
    if not isinstance(node, Scalar) or is_nothing(node):
        return reading.refuse(node, path, f"{described(node)} is written here; expected {expected}")
    text = node.text
    if is_number(node) or is_flag(node):
        what = "a number" if is_number(node) else "true or false"
        quote = f'{text} is read as {what}; quote it: "{text}"'
        return reading.refuse(node, path, damaged(text, expected) if _DAMAGED.fullmatch(text) else quote)
    if not text.strip():
        return reading.refuse(node, path, f"the text is empty; expected {expected}")
    if unseen := next((letter for letter in (text[0], text[-1]) if letter in _INVISIBLE), None):
        wrong = f"begins or ends with an invisible character (U+{ord(unseen):04X})"
        return reading.refuse(node, path, f"{shown(text)} {wrong}; expected {expected}")
    if text != text.strip() or _CONTROL.search(text):
        wrong = "holds a line break or control character" if _CONTROL.search(text) else "begins or ends with a space"
        return reading.refuse(node, path, f"{shown(text)} {wrong}; expected {expected}")
    return text


def damaged(text: str, expected: str) -> str:
    """The sentence for an id that a spreadsheet turned into a number."""
    return (
        f"{shown(text)} looks like an id damaged by a spreadsheet; copy it again from its source; expected {expected}"
    )


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
        # Of many words only the nearest is worth reading.
        expected = "" if hint and len(self.words) > _MANY else f"; expected {self.expected}"
        return reading.refuse(node, path, f"{shown(text)} is not known{expected}{hint}")

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


def repeated(values: Iterable[Any]) -> set[Any]:
    """The values that occur more than once."""
    seen: set[Any] = set()
    twice: set[Any] = set()
    for value in values:
        (twice if value in seen else seen).add(value)
    return twice

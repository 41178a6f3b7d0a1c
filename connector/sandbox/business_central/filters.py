"""Reads `$filter` as far as Business Central does: comparisons joined by `and`, and by `or` on one field only.

Words about related rows (`lines/any(...)`) are passed over in silence, as the service does: they filter nothing.
Source: Microsoft, "Using filter expressions in OData URIs" and "Known OData limitations".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.company import Thing
from connector.sandbox.business_central.fields import Field, decoded, is_guid
from connector.sandbox.business_central.pages import Page
from connector.sandbox.business_central.refusals import Refused, bad_query

Test = Callable[[Thing], bool]
Value = Callable[[Thing], Any]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_@$][\w.]*(?:/[A-Za-z_][\w.]*)*)"
    r"|(?P<sign>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}
_MATCH: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
}
_CHANGE: dict[str, Callable[[str], str]] = {"tolower": str.lower, "toupper": str.upper}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as read: `test` decides on a row; `equal` are fields that must have exactly these values."""

    test: Test
    equal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Piece:
    test: Test
    fields: frozenset[str]
    equal: Mapping[str, Any] = field(default_factory=dict)


def read_filter(page: Page, text: str, *, newer: bool = False) -> Filter:
    """Read a filter on a page; `newer` is `$schemaversion=2.1`, which knows `in` and functions within functions."""
    reader = _Reader(page, _tokens(text), newer)
    piece = reader.either()
    if reader.left():
        raise _syntax(text)
    return Filter(piece.test, piece.equal)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise _syntax(text, place)
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


class _Reader:
    def __init__(self, page: Page, tokens: list[tuple[str, str]], newer: bool) -> None:
        self.page, self.tokens, self.newer, self.place = page, tokens, newer, 0

    def left(self) -> bool:
        return self.place < len(self.tokens)

    def either(self) -> _Piece:
        pieces = [self.both()]
        while self._take_word("or"):
            pieces.append(self.both())
        if len(pieces) == 1:
            return pieces[0]
        fields = frozenset().union(*(piece.fields for piece in pieces))
        if len(fields) > 1:
            raise bad_query("The OR operator is only supported for conditions on the same field.")
        tests = [piece.test for piece in pieces]
        return _Piece(lambda row: any(test(row) for test in tests), fields)

    def both(self) -> _Piece:
        pieces = [self._one()]
        while self._take_word("and"):
            pieces.append(self._one())
        if len(pieces) == 1:
            return pieces[0]
        tests = [piece.test for piece in pieces]
        equal = {name: value for piece in pieces for name, value in piece.equal.items()}
        return _Piece(
            lambda row: all(test(row) for test in tests), frozenset().union(*(piece.fields for piece in pieces)), equal
        )

    def _one(self) -> _Piece:
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        kind, text = self._next()
        if kind != "name":
            raise self._no(text)
        if text in ("not", "any", "all"):
            raise bad_query(f"The operator '{text}' is not supported.")
        if "/" in text and text.rpartition("/")[2] in ("any", "all"):
            return self._pass_over()
        if text in _MATCH:
            return self._matching(text)
        value, known = self._operand(text, 0)
        operator = self._next()[1]
        if operator == "in":
            return self._among(value, known)
        if operator not in _COMPARE:
            raise bad_query(f"The operator '{operator}' is not supported.")
        wanted = self._literal(known)
        compare = _COMPARE[operator]
        equal = {known.name: wanted} if operator == "eq" and text in self.page.fields else {}
        return _Piece(lambda row: compare(value(row), wanted), frozenset({known.name}), equal)

    def _operand(self, text: str, depth: int) -> tuple[Value, Field]:
        """A field, or a function of one."""
        if text in _CHANGE or text == "substring":
            if depth and not self.newer:
                raise bad_query("Functions within functions need $schemaversion=2.1.")
            self._expect("(")
            inner, known = self._operand(self._next()[1], depth + 1)
            if text == "substring":
                self._expect(",")
                first = int(self._next()[1])
                self._expect(")")
                return lambda row: inner(row)[first:], known
            self._expect(")")
            change = _CHANGE[text]
            return lambda row: change(inner(row)), known
        known = self.field(text)
        return lambda row: row[text], known

    def field(self, name: str) -> Field:
        found = self.page.fields.get(name)
        if found is None:
            raise bad_query(f"Could not find a property named '{name}' on type 'Microsoft.NAV.{self.page.kind}'.")
        if found.is_variable or found.kind == "stream":
            raise bad_query(f"The property '{name}' cannot be used in the $filter query option.")
        return found

    def _matching(self, name: str) -> _Piece:
        self._expect("(")
        value, known = self._operand(self._next()[1], 1)
        self._expect(",")
        if known.kind not in ("text", "code"):
            raise bad_query(
                f"No function signature for the function with name '{name}' matches the specified arguments."
            )
        part = self._literal(known)
        self._expect(")")
        wanted = True
        if self._peek() == "eq":
            self._next()
            wanted = self._next()[1] == "true"
        match = _MATCH[name]
        return _Piece(lambda row: match(value(row), part) is wanted, frozenset({known.name}))

    def _among(self, value: Value, known: Field) -> _Piece:
        if not self.newer:
            raise bad_query("The operator 'in' needs $schemaversion=2.1.")
        self._expect("(")
        choices = [self._literal(known)]
        while self._take(","):
            choices.append(self._literal(known))
        self._expect(")")
        return _Piece(lambda row: value(row) in choices, frozenset({known.name}))

    def _pass_over(self) -> _Piece:
        """A lambda is not understood, and nobody says so."""
        self._expect("(")
        depth = 1
        while depth:
            sign = self._next()[1]
            depth += (sign == "(") - (sign == ")")
        return _Piece(lambda row: True, frozenset())

    def _literal(self, known: Field) -> Any:
        kind, text = self._next()
        value = _literal_of(known, kind, text)
        if value is None:
            shown = "Edm.String" if kind == "text" else f"Edm.{kind.title()}"
            no = "A binary operator with incompatible types was detected."
            raise bad_query(f"{no} '{known.name}' cannot be compared with {shown} '{text}'.")
        return value

    def _next(self) -> tuple[str, str]:
        if not self.left():
            raise self._no("the end")
        self.place += 1
        return self.tokens[self.place - 1]

    def _peek(self) -> str:
        return self.tokens[self.place][1] if self.left() else ""

    def _take(self, sign: str) -> bool:
        if self.left() and self.tokens[self.place] == ("sign", sign):
            self.place += 1
            return True
        return False

    def _take_word(self, word: str) -> bool:
        if self.left() and self.tokens[self.place] == ("name", word):
            self.place += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._no(self._peek() or "the end")

    def _no(self, text: str) -> Refused:
        return Refused(404, "BadRequest_NotFound", f"Bad Request - Error in query syntax. Unexpected {text}.")


def _literal_of(known: Field, kind: str, text: str) -> Any:
    """A literal as the field's own kind of value; None where it is of another kind."""
    plain = text[1:-1].replace("''", "'") if kind == "text" else text
    match (known.kind, kind):
        case ("code", "text"):
            _check_filter_length(known, plain)
            return plain.strip().upper()
        case ("text" | "formula", "text"):
            return plain
        case ("enum", "text"):
            if plain not in known.options:
                options = ",".join(decoded(option) for option in known.options)
                raise bad_query(f"'{decoded(plain)}' is not an option. The existing options are: {options}")
            return plain
        case ("guid", "guid"):
            return plain.lower()
        case ("dec" | "int", "number"):
            return Decimal(plain)
        case ("date", "day"):
            return date.fromisoformat(plain)
        case ("dt", "moment"):
            return datetime.fromisoformat(plain).astimezone(UTC) if not plain.startswith("0001") else _least()
        case ("bool", "name") if plain in ("true", "false"):
            return plain == "true"
    return None


def _check_filter_length(known: Field, text: str) -> None:
    if known.length and len(text) > known.length and not is_guid(text):
        no = f"The length of the string is {len(text)}, but it must be less than or equal to {known.length} characters."
        raise Refused(
            400,
            "Application_FilterErrorException",
            f"The filter \"='{text}'\" is not valid for the {known.name} field. {no}",
        )


def _least() -> datetime:
    return datetime.min.replace(tzinfo=UTC)


def _syntax(text: str, place: int = 0) -> Refused:
    no = f"Bad Request - Error in query syntax. Syntax error at position {place} in '{text}'."
    return Refused(404, "BadRequest_NotFound", no)

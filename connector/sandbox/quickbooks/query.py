"""Intuit's query language, read as strictly as Intuit reads it.

SELECT * | fields | COUNT(*) FROM Entity [WHERE a = 'x' AND b IN ('y', 'z') …] [ORDERBY f ASC, …] [STARTPOSITION n]
[MAXRESULTS m]. There is no OR, no JOIN, no parenthesis around a condition; every value stands in quotes, but true
and false; a quote within a value is written \\' and a backslash \\\\. Words are the same in any casing.
"""

import re
from dataclasses import dataclass

from connector.sandbox.quickbooks.refusals import Refused, query_invalid, query_unreadable

LARGEST_PAGE = 1000
PAGE = 100
OPERATORS = ("=", "<", ">", "<=", ">=", "IN", "LIKE")

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:\\.|[^'\\])*')
    | (?P<number>\d+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|!=|[=<>(),*])
    )""",
    re.VERBOSE | re.DOTALL,
)
_KINDS = {"text": "<STRING>", "number": "<INTEGER>", "name": "<IDENTIFIER>", "sign": "<SIGN>"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the WHERE clause: field, operator, and the values behind it."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood. `fields` is empty for * and for COUNT(*)."""

    entity: str
    fields: tuple[str, ...] = ()
    all_fields: bool = True
    counts: bool = False
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    start: int = 1
    size: int = PAGE


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse(text: str) -> Query:
    """Read a query; raises Refused 4000 for what is not in the language and 4001 for a page beyond its limits."""
    return _Reader(_tokens(text)).query()


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at:].lstrip()
            column = at + len(text[at:]) - len(rest) + 1
            raise query_unreadable(f'Lexical error at line 1, column {column}.  Encountered: "{rest[:1]}"')
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._word("SELECT")
        fields, everything, counts = self._selection()
        self._word("FROM")
        entity = self._name()
        conditions: list[Condition] = []
        order: list[tuple[str, bool]] = []
        start, size = 1, PAGE
        if self._take("WHERE"):
            conditions.append(self._condition())
            while self._take("AND"):
                conditions.append(self._condition())
        if self._take("ORDERBY") or self._order_by():
            order.append(self._sorted())
            while self._sign(","):
                order.append(self._sorted())
        while not self._ended():
            if self._take("STARTPOSITION"):
                start = self._number()
            elif self._take("MAXRESULTS"):
                size = self._number()
            else:
                raise self._unexpected("<EOF>")
        if start < 1:
            raise query_invalid(f"value {start} is too small. Min allowed value is 1.")
        if size > LARGEST_PAGE:
            raise query_invalid(f"value {size} is too large. Max allowed value is {LARGEST_PAGE}.")
        if size < 1:
            raise query_invalid(f"value {size} is too small. Min allowed value is 1.")
        return Query(entity, tuple(fields), everything, counts, tuple(conditions), tuple(order), start, size)

    def _selection(self) -> tuple[list[str], bool, bool]:
        if self._take("COUNT"):
            for sign in "(*)":
                if not self._sign(sign):
                    raise self._unexpected(f'"{sign}"')
            return [], False, True
        fields, everything = [], False
        while True:
            if self._sign("*"):
                everything = True
            else:
                fields.append(self._name())
                if self._sign("."):
                    raise self._unexpected("<IDENTIFIER>")
            if not self._sign(","):
                return fields, everything, False

    def _condition(self) -> Condition:
        field = self._name()
        if self._take("IN"):
            if not self._sign("("):
                raise self._unexpected('"("')
            values = [self._value()]
            while self._sign(","):
                values.append(self._value())
            if not self._sign(")"):
                raise self._unexpected('")"')
            return Condition(field, "IN", tuple(values))
        if self._take("LIKE"):
            return Condition(field, "LIKE", (self._value(),))
        token = self._peek()
        if token is None or token.kind != "sign" or token.text not in OPERATORS:
            raise self._unexpected('"="')
        self._at += 1
        return Condition(field, token.text, (self._value(),))

    def _sorted(self) -> tuple[str, bool]:
        field = self._name()
        falling = self._take("DESC")
        if not falling:
            self._take("ASC")
        return field, falling

    def _order_by(self) -> bool:
        if not self._take("ORDER"):
            return False
        self._word("BY")
        return True

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _ended(self) -> bool:
        return self._at >= len(self._tokens)

    def _take(self, word: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "name" or token.text.upper() != word:
            return False
        self._at += 1
        return True

    def _sign(self, sign: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "sign" or token.text != sign:
            return False
        self._at += 1
        return True

    def _word(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected(f'"{word.lower()}"')

    def _name(self) -> str:
        token = self._peek()
        if token is None or token.kind != "name":
            raise self._unexpected("<IDENTIFIER>")
        self._at += 1
        return token.text

    def _number(self) -> int:
        token = self._peek()
        if token is None or token.kind != "number":
            raise self._unexpected("<INTEGER>")
        self._at += 1
        return int(token.text)

    def _value(self) -> str:
        token = self._peek()
        if token is not None and token.kind == "text":
            self._at += 1
            return re.sub(r"\\(['\\])", r"\1", token.text[1:-1])
        if token is not None and token.kind == "name" and token.text.lower() in ("true", "false"):
            self._at += 1
            return token.text.lower()
        raise self._unexpected("<STRING>")

    def _unexpected(self, wanted: str) -> Refused:
        token = self._peek()
        if token is None:
            column = self._tokens[-1].column + len(self._tokens[-1].text) if self._tokens else 1
            seen = '"<EOF>"'
        else:
            column, seen = token.column, f'" {_KINDS[token.kind]} "{token.text} ""'
        return query_unreadable(
            f"Encountered {seen} at line 1, column {column}.\nWas expecting:\n    {wanted} ...\n    "
        )

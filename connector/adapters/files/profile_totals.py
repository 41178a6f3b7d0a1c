"""Holds the totals an export shows against its lines, heading by heading, so that no line is missing or misplaced."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from connector.adapters.files.grids import Row, Sheet
from connector.domain.errors import Place, UnreadableInput
from connector.domain.money import trimmed

# QuickBooks Online ends the total of a customer with customers below it so.
_WITH_OTHERS = re.compile(r" with (sub-)?(customers|projects|jobs|items)$", re.IGNORECASE)
ALL = "all lines"


@dataclass(slots=True)
class Heading:
    """A heading whose lines follow: what these sum to, and how many they are; `certain` while every amount was read."""

    text: str
    line: int
    amount: Decimal = Decimal(0)
    lines: int = 0
    certain: bool = True


@dataclass(slots=True)
class Totals:
    """The headings that are open, and what the totals so far have proved.

    With `named`, the file has totals of single headings: then every heading must get its own, one inside another or
    one after another. Without, each heading takes the place of the one before. `stray` are headings without lines.
    """

    sheet: Sheet
    named: bool
    open: list[Heading] = field(default_factory=list)
    stray: list[Heading] = field(default_factory=list)
    whole: Heading = field(default_factory=lambda: Heading(ALL, 0))
    ended: bool = False
    _proved: bool = False
    _in_groups: Decimal = Decimal(0)
    _groups: int = 0

    @property
    def is_proved(self) -> bool:
        """Whether totals that the file shows cover every line."""
        return self._proved or (self._groups > 0 and self._in_groups == self.whole.amount)

    @property
    def heading(self) -> str:
        """What the open headings name, the outer before the inner, as QuickBooks writes customers below customers."""
        return ":".join(heading.text for heading in self.open)

    def begin(self, row: Row) -> None:
        """Open a heading."""
        if not self.named:
            self.finish()
        self.open.append(Heading(row.first, row.line))

    def count(self, amount: Decimal | None, written: str) -> None:
        """Count a line into all that is open; an amount that cannot be read makes the sums uncertain."""
        # A line below the last total is in none.
        self._proved = self._proved and not self.ended
        for heading in (self.whole, *self.open):
            heading.amount += amount or Decimal(0)
            heading.lines += 1
            heading.certain &= amount is not None or not written

    def close(self, row: Row, name: str, total: Decimal | None, *, comparable: bool) -> str:
        """End the heading of this name, or everything with an empty one; returns why the row is to be set aside.

        Raises UnreadableInput where the total is not reached, or a heading inside has had no total of its own.
        """
        if not name:
            self.finish(row)
            self.ended = True
            self._proved = self._check(row, total, self.whole, comparable)
            return ""
        if not any(heading.text == name for heading in self.open):
            return f"sums up {name!r}, and no heading of that name is open"
        if self.open[-1].text != name:
            self._refuse(self.open[-1], f"before the one of {name!r} (row {row.line})")
        heading = self.open.pop()
        if self._check(row, total, heading, comparable) and not self.open:
            self._groups += 1
            self._in_groups += heading.amount
        return ""

    def finish(self, row: Row | None = None) -> None:
        """See that no heading is left over: at the last total, or where the file ends. Raises UnreadableInput."""
        left, self.open = self.open, []
        for heading in left:
            if not heading.lines:
                self.stray.append(heading)
            elif self.named:
                self._refuse(heading, f"before the last one (row {row.line})" if row else "before the file ends")

    def _check(self, row: Row, total: Decimal | None, heading: Heading, comparable: bool) -> bool:
        """Compare; one that a workbook never computed, or of several currencies, proves nothing."""
        uncomputed = self.sheet.typed and total == 0 and heading.amount != 0
        if total is None or uncomputed or not heading.certain or not comparable:
            return False
        if total != heading.amount:
            raise UnreadableInput(
                f"{Place(self.sheet.name, row.line)}: the total of {heading.text} is {trimmed(total)}, but the lines "
                f"above sum to {trimmed(heading.amount)}; lines are missing or were changed, so export the file again."
            )
        return True

    def _refuse(self, heading: Heading, where: str) -> None:
        raise UnreadableInput(
            f"{Place(self.sheet.name, heading.line)}: {heading.text!r} looks like a heading, but no total of its own "
            f"follows {where}; the file is cut off or was changed, or such rows belong under `skip:`."
        )


def total_name(text: str, words: Iterable[str]) -> str | None:
    """The name of what a cell says it sums up ("Total for Alpine"), "" for everything, None where it is no total."""
    for word in sorted(words, key=len, reverse=True):
        if text.casefold() == word.casefold():
            return ""
        if text.casefold().startswith(f"{word.casefold()} "):
            return _WITH_OTHERS.sub("", text[len(word) :].strip())
    return None


def has_named_totals(rows: Iterable[Row], words: Iterable[str]) -> bool:
    """Whether some row sums up what a row with nothing else in it has named."""
    known, found = set(), tuple(rows)
    named = tuple(words)
    for row in found:
        if len(row.filled) == 1:
            known.add(row.first)
    return any(total_name(row.first, named) in known for row in found)

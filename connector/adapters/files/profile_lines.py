"""Reads the rows of an export by its profile: tells lines from titles, headings and totals, and loses none of them.

The totals an export shows are held against its lines. A row that is neither a line nor explained by the profile is
set aside.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from connector.adapters.files.columns import Columns
from connector.adapters.files.formats import Occasion
from connector.adapters.files.grids import Row
from connector.adapters.files.layouts import Fit
from connector.adapters.files.profile_totals import Totals, has_named_totals, total_name
from connector.adapters.files.spellings import is_foreign, read_amount, spell_day, spell_number
from connector.domain.errors import Place, UnreadableInput
from connector.domain.money import trimmed

_NUMBERS = frozenset(("quantity", "unit_price", "amount", "tax", "subtotal", "total", "effective_unit_price"))
_DAYS = frozenset(
    (
        "document_date", "service_start", "service_end", "charge_start", "charge_end", "subscription_start",
        "subscription_end", "order_date",
    )
)  # fmt: skip
_BLANK = "(blank)"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OFFER = re.compile(r"([0-9A-Za-z]{12})[:/_-]([0-9A-Za-z]{4})(?![0-9A-Za-z]).*")


@dataclass(slots=True)
class ProfileLines:
    """The lines of one sheet, read by its profile; `notes` tell what a person should know once they were read."""

    fit: Fit
    occasion: Occasion
    notes: list[str] = field(default_factory=list)
    _left_out: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    _undeclared: Counter[str] = field(default_factory=Counter)
    _currencies: set[str] = field(default_factory=set)
    _foreign: tuple[Row, str] | None = None
    _totals: Totals = field(init=False)
    _at: dict[str, int] = field(init=False)
    _words: dict[str, dict[str, str]] = field(init=False)
    _customers: dict[str, str] = field(init=False)
    _items: dict[str, str] = field(init=False)
    _fixed: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        profile = self.fit.profile
        below = [row for row in self.fit.sheet.rows if row.line > self.fit.header.line]
        self._totals = Totals(self.fit.sheet, has_named_totals(below, profile.totals))
        self._at = dict(self.fit.positions)
        self._words = {ours: dict(words) for ours, words in profile.words}
        self._customers, self._items = dict(profile.customers), dict(profile.items)
        stem = Path(self.fit.sheet.export.name).stem
        self._fixed = {ours: text.replace("{file}", stem) for ours, text in profile.fixed}

    def read(self) -> Columns:
        """Return the lines as columns, amounts and dates spelled as the readers of our own layout take them.

        Raises UnreadableInput where the lines do not sum to a total the export shows, where no currency is known,
        and where the numbers are written with the other decimal sign.
        """
        records: list[dict[str, str]] = []
        lines: list[int] = []
        broken: list[tuple[int, str, str]] = []
        for row in self.fit.sheet.rows:
            if row.line <= self.fit.header.line or row.cells == self.fit.header.cells:
                continue
            if self._is_skipped(row):
                if amount := read_amount(self._cell(row, self._amount_column), self.fit.profile.decimal or "."):
                    self._leave_out(f"skip {row.first}", amount)
                continue
            if (reason := self._set_apart(row)) is not None:
                if reason:
                    broken.append((row.line, reason, ", ".join(cell for cell in row.cells if cell)))
                continue
            record = self._record(row)
            if record is not None:
                records.append(record)
                lines.append(row.line)
        self._refuse_foreign()
        self._totals.finish()
        broken += [(one.line, "is a heading without lines and without a total", one.text) for one in self._totals.stray]
        self._tell(len(records))
        names = {name for record in records for name in record}
        columns = {name: pa.array([record.get(name, "") for record in records], pa.string()) for name in sorted(names)}
        theirs = {ours: self.fit.header.cells[at] for ours, at in self.fit.positions}
        positions = {ours: at + 1 for ours, at in self.fit.positions}
        return Columns(
            self.fit.sheet.name, pa.array(lines, pa.int64()), columns, positions, theirs, broken=tuple(sorted(broken))
        )

    @property
    def _amount_column(self) -> str:
        return "subtotal" if self.fit.profile.reads == "vendor" else "amount"

    def _cell(self, row: Row, ours: str) -> str:
        at = self._at.get(ours)
        return row.cells[at] if at is not None and at < len(row.cells) else ""

    def _is_skipped(self, row: Row) -> bool:
        first = row.first
        return any(
            re.fullmatch(".*".join(re.escape(part) for part in text.split("*")), first, re.DOTALL)
            for text in self.fit.profile.skip
        )

    def _set_apart(self, row: Row) -> str | None:
        """Deal with a row that is no line: None for a line, "" where it is explained, else why it is set aside."""
        profile = self.fit.profile
        single = len(row.filled) == 1
        total = self._total_of(row)
        if total is not None:
            written = self._cell(row, self._amount_column)
            amount = read_amount(written, profile.decimal or ".") if written else None
            return self._totals.close(row, total, amount, comparable=len(self._currencies) < 2)
        if not single:
            return None
        if self._totals.ended:
            return ""  # what stands below the last total: when and how the report was made
        below_names = row.filled[0] and row.filled[0] in self._at.values()
        if (profile.grouped_by or profile.totals) and not below_names:
            self._totals.begin(row)
            return ""
        return "is neither a line of a document nor a title, heading or total"

    def _total_of(self, row: Row) -> str | None:
        """The name of what a row sums up, "" for everything; None where it is no total."""
        if any(
            self._cell(row, name) not in ("", row.first) for name in ("document_number", "document_type", "item_id")
        ):
            return None
        name = total_name(row.first, self.fit.profile.totals)
        if not name:
            return name
        is_open = any(heading.text == name for heading in self._totals.open)
        return name if is_open or self._cell(row, self._amount_column) else None

    def _record(self, row: Row) -> dict[str, str] | None:
        """The line a row holds, or None where the profile leaves it out."""
        profile = self.fit.profile
        decimal = profile.decimal or "."
        written = self._cell(row, self._amount_column)
        amount = read_amount(written, decimal)
        self._totals.count(amount, written)
        for ours, words in profile.leave_out:
            if ours in self._at and (self._cell(row, ours) or _BLANK) in words:
                word = f"{ours} {self._cell(row, ours) or _BLANK}"
                self._leave_out(word, amount or Decimal(0))
                return None
        record = dict(self._fixed)
        for ours, at in self.fit.positions:
            text = row.cells[at] if at < len(row.cells) else ""
            if ours in _NUMBERS:
                if self._foreign is None and is_foreign(text, decimal):
                    self._foreign = (row, ours)
                record[ours] = spell_number(text, decimal)
            elif ours in _DAYS:
                record[ours] = spell_day(text, profile.dates)
            elif text or ours not in record:
                record[ours] = str(text)
        for ours, meant in self._words.items():
            if ours in record:
                record[ours] = meant.get(record[ours], record[ours])
        self._name(record)
        if not record.get("currency"):
            record["currency"] = self.occasion.currency or self._no_currency(row)
        self._currencies.add(record["currency"])
        return record

    def _leave_out(self, word: str, amount: Decimal) -> None:
        count, so_far = self._left_out.get(word, (0, Decimal(0)))
        self._left_out[word] = (count + 1, so_far + amount)

    def _name(self, record: dict[str, str]) -> None:
        """Put the ids in the place of the names that were declared to stand for them."""
        profile = self.fit.profile
        if profile.grouped_by and not record.get(profile.grouped_by):
            record[profile.grouped_by] = self._totals.heading
        named = record.get("customer_id", "")
        if profile.customers_by == "name" and not record.get("customer_name"):
            record["customer_name"] = named
        record["customer_id"] = self._customers.get(named, named)
        if profile.reads != "vendor":
            item = record.get("item_id", "")
            record["item_id"] = self._items.get(item, item)
            return
        if named and not _GUID.fullmatch(record["customer_id"]):
            self._undeclared[named] += 1
            record["customer_name"] = record.get("customer_name") or named
            record["customer_id"] = ""
        product = record.get("product_id", "")
        product = self._items.get(product, product)
        if (offer := _OFFER.fullmatch(product)) and not record.get("sku_id"):
            product, record["sku_id"] = offer[1], offer[2]
        record["product_id"] = product
        record.setdefault("effective_unit_price", record.get("unit_price", ""))
        if record.get("quantity", "").startswith("-"):
            # Microsoft's way, which everything later rests on: quantities are positive, the sign is in the price.
            record["quantity"] = record["quantity"].removeprefix("-")
            price = record["effective_unit_price"]
            record["effective_unit_price"] = f"-{price}" if price and not price.startswith("-") else price

    def _no_currency(self, row: Row) -> str:
        raise UnreadableInput(
            f"{Place(self.fit.sheet.name, row.line)}: the export names no currency, and the mapping's customers name "
            f"none or several; write under `exports:` a profile that is `like: {self.fit.profile.name}` "
            "with `fixed: {currency: USD}`."
        )

    def _refuse_foreign(self) -> None:
        if self._foreign is None:
            return
        row, ours = self._foreign
        sign = self.fit.profile.decimal or "."
        raise UnreadableInput(
            f"{Place(self.fit.sheet.name, row.line, self._at[ours] + 1)}: {self._cell(row, ours)!r} is "
            f'not written with the decimal sign "{sign}" of the profile {self.fit.profile.name}; write '
            f'`decimal: "{"," if sign == "." else "."}"` in a profile that is like it.'
        )

    def _tell(self, count: int) -> None:
        name = self.fit.sheet.name
        for word, (rows, amount) in sorted(self._left_out.items()):
            self.notes.append(
                f"{name}: {rows} {'row' if rows == 1 else 'rows'} left out as no lines of invoices ({word}), "
                f"amounts {trimmed(amount):f}."
            )
        if self._undeclared:
            some = ", ".join(sorted(self._undeclared)[:3])
            self.notes.append(
                f"{name}: {len(self._undeclared)} customers without a tenant id ({some}"
                f"{', …' if len(self._undeclared) > 3 else ''}); name theirs under `customers:` of the profile."
            )
        if count and not self._totals.is_proved:
            self.notes.append(f"{name}: shows no total to hold its {count} lines against; check that it is complete.")

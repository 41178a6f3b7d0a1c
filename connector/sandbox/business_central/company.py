"""One Business Central company: its rows, numbers, set-up and clock, and everything that happened to it.

Rows are kept as the pages name them, with exact Decimals, dates and moments; a name that begins with `_` is on no page.
Rows are never changed in place: each change puts a new one, and a request that fails takes all its changes back.
"""

import threading
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from connector.sandbox.business_central.fields import NO_MOMENT
from connector.sandbox.business_central.refusals import no_record
from connector.sandbox.business_central.setting_up import Behaviour, Series, Setup
from connector.sandbox.clock import SandboxClock

Thing = dict[str, Any]
INDEXED = {
    "customers": ("number",),
    "vendors": ("number",),
    "items": ("number",),
    "accounts": ("number",),
    "salesInvoices": ("externalDocumentNumber", "number", "customerId", "customerNumber", "status"),
    "salesCreditMemos": ("externalDocumentNumber", "number", "customerId", "customerNumber", "invoiceNumber", "status"),
    "purchaseInvoices": ("vendorInvoiceNumber", "number", "vendorId", "vendorNumber", "status"),
    "purchaseCreditMemos": ("vendorCreditMemoNumber", "number", "vendorId", "vendorNumber", "status"),
    "salesInvoiceLines": ("documentId",),
    "salesCreditMemoLines": ("documentId",),
    "purchaseInvoiceLines": ("documentId",),
    "purchaseCreditMemoLines": ("documentId",),
    "dimensionSetLines": ("parentId",),
    "defaultDimensions": ("parentId",),
    "dimensionValues": ("dimensionId",),
    "documentAttachments": ("parentId",),
    "attachments": ("parentId",),
    "journalLines": ("journalId",),
    "generalLedgerEntries": ("documentNumber",),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A document that was sent by e-mail."""

    page: str
    id: str
    number: str
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """A row that somebody deleted through the API or at the screen; `was` is the whole row."""

    page: str
    id: str
    at: datetime
    by: str
    was: Thing

    @property
    def was_posted(self) -> bool:
        """Whether this was a posted document, which nobody should ever delete."""
        return bool(self.was.get("_posted"))


@dataclass(frozen=True, slots=True)
class Past:
    """What a row was before a moment; None: it was not there."""

    at: datetime
    page: str
    key: str
    was: Thing | None


@dataclass(slots=True)
class Company:
    """A company. `country` US taxes by area and group (sales tax), every other one by VAT posting groups."""

    id: str
    clock: SandboxClock
    name: str
    display_name: str = ""
    country: str = "DE"
    currency: str = "EUR"
    setup: Setup = field(default_factory=Setup)
    behaviour: Behaviour = field(default_factory=Behaviour)
    tables: dict[str, dict[str, Thing]] = field(default_factory=lambda: defaultdict(dict))
    indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    series: dict[str, Series] = field(default_factory=dict)
    rates: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """Tax in percent by area (business group) and group (product group)."""
    prices: list["Price"] = field(default_factory=list)
    remaining: dict[str, Decimal] = field(default_factory=dict)
    """What is still open of a posted document, by its id; it changes without the document's being touched."""
    opened: datetime = NO_MOMENT
    mails: list[Mail] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)
    """What rows were before each change, kept only while a replica lags behind."""
    actor: str = "finance"
    version: int = 1000
    lock: threading.RLock = field(default_factory=threading.RLock)
    _undo: list[Callable[[], None]] | None = None

    @property
    def has_sales_tax(self) -> bool:
        """Whether tax goes by area and group, as in the United States."""
        return self.country == "US"

    def today(self) -> date:
        """The work date."""
        return self.clock.now().date()

    def now(self) -> datetime:
        """The moment, in milliseconds as Business Central keeps it."""
        moment = self.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def new_id(self) -> str:
        """A new id; those of one company follow from its own id, so that equal runs make equal ids."""
        self.version += 1
        return str(uuid5(UUID(self.id), str(self.version)))

    def row(self, page: str, key: str, caption: str = "record") -> Thing:
        """A row by its id; raises Refused (404) where there is none."""
        found = self.tables[page].get(key)
        if found is None:
            raise no_record(caption, key)
        return found

    def rows(self, page: str) -> list[Thing]:
        """All rows of a table, in the order they came."""
        with self.lock:
            return list(self.tables[page].values())

    def find(self, page: str, **values: Any) -> list[Thing]:
        """The rows that have all these values."""
        with self.lock:
            name = next((name for name in values if name in INDEXED.get(page, ())), None)
            rows = self.those(page, name, values[name]) if name else self.rows(page)
            return [row for row in rows if all(row.get(field) == value for field, value in values.items())]

    def those(self, page: str, name: str, value: Any) -> list[Thing]:
        """The rows with this value in a field that is indexed."""
        table = self.tables[page]
        return [table[key] for key in self.indexes[page, name].get(value, ())]

    def one(self, page: str, **values: Any) -> Thing | None:
        """The first row that has all these values."""
        found = self.find(page, **values)
        return found[0] if found else None

    def put(self, page: str, row: Thing, old: Thing | None = None, *, at: datetime | None = None) -> Thing:
        """Keep a row, new or in place of `old`; it gets its id, version and time.

        `at` is when it happened, for what is older than the clock; NO_MOMENT is a row nobody touched since it came.
        """
        kept = dict(row)
        kept["id"] = old["id"] if old is not None else kept.get("id") or self.new_id()
        self.version += 1
        kept["_version"] = self.version
        kept["lastModifiedDateTime"] = at or self.now()
        if old is not None:
            self._unindex(page, old)
        table, key = self.tables[page], kept["id"]
        table[key] = kept
        self._remember(page, key, old)
        self._index(page, kept)

        def undo() -> None:
            self._unindex(page, kept)
            if old is None:
                del table[key]
            else:
                table[key] = old
                self._index(page, old)

        self._change(undo)
        return kept

    def untouch(self, page: str, row: Thing) -> Thing:
        """Make a row one that nobody has touched since it came into the table: its time is blank."""
        return self.put(page, row, row, at=NO_MOMENT)

    def remove(self, page: str, old: Thing) -> None:
        """Delete a row."""
        table = self.tables[page]
        self._unindex(page, old)
        del table[old["id"]]
        self._remember(page, old["id"], old)

        def undo() -> None:
            table[old["id"]] = old
            self._index(page, old)

        self._change(undo)

    def set_remaining(self, key: str, amount: Decimal) -> None:
        """Change what is open of a posted document."""
        before = self.remaining.get(key)
        self.remaining[key] = amount
        self._change(lambda: self._restore(self.remaining, key, before))

    def keep_file(self, key: str, content: bytes) -> None:
        """Keep the content of an attachment."""
        before = self.files.get(key)
        self.files[key] = content
        self._change(lambda: self._restore(self.files, key, before))

    def next_number(self, name: str) -> str:
        """The next number of a series."""
        series = self.series[name]
        before = series.last
        number = series.next()
        self._change(lambda: setattr(series, "last", before))
        return number

    def mail(self, page: str, row: Thing, to: str) -> None:
        """Send a document; a mail that is out cannot be taken back."""
        self.mails.append(Mail(page, row["id"], row["number"], to, self.now()))

    def deleted(self, page: str, row: Thing) -> None:
        """Put a deletion on record."""
        gone = Deletion(page, row["id"], self.now(), self.actor, row)
        self.deletions.append(gone)
        self._change(lambda: self.deletions.remove(gone))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take every change back when the block fails, down to the last `commit`."""
        if self._undo is not None:
            yield
            return
        self._undo = []
        try:
            yield
        except BaseException:
            for undo in reversed(self._undo):
                undo()
            raise
        finally:
            self._undo = None

    def commit(self) -> None:
        """What happened so far stays, whatever fails later."""
        if self._undo is not None:
            self._undo.clear()

    def etag(self, row: Thing) -> str:
        """The concurrency token of a row."""
        plain = f"'20;{row['_version']:020d}1;00;'"
        return f'W/"{b64encode(plain.encode()).decode()}"'

    def index_all(self) -> None:
        """Fill the indexes anew from the tables."""
        for page in INDEXED:
            for row in self.tables[page].values():
                self._index(page, row)

    def _remember(self, page: str, key: str, was: Thing | None) -> None:
        if self.behaviour.replica_lag:
            self.past.append(Past(self.clock.now(), page, key, was))

    def _change(self, undo: Callable[[], None]) -> None:
        if self._undo is not None:
            self._undo.append(undo)

    def _restore(self, table: dict[str, Any], key: str, before: Any) -> None:
        if before is None:
            table.pop(key, None)
        else:
            table[key] = before

    def _index(self, page: str, row: Thing) -> None:
        for name in INDEXED.get(page, ()):
            self.indexes[page, name][row.get(name)][row["id"]] = None

    def _unindex(self, page: str, row: Thing) -> None:
        for name in INDEXED.get(page, ()):
            del self.indexes[page, name][row.get(name)][row["id"]]


@dataclass(frozen=True, slots=True)
class Price:
    """A line of a price list: an item's price for a customer (empty: all) from a quantity and a day on."""

    item: str
    unit_price: Decimal
    customer: str = ""
    currency: str = ""
    at_least: Decimal = Decimal(0)
    since: date = date.min
    until: date = date.max


def days_later(day: date, days: int) -> date:
    """A day so many days later."""
    return day + timedelta(days=days)

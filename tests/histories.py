"""Turns a made-up year into the tables' rows, and looks at them as of any day, with and without the query engine."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from connector.adapters.files import read_any
from connector.domain import rules
from connector.domain.contract import BilledLine, TemplateLine
from connector.domain.errors import Place
from connector.domain.finding import Finding
from connector.domain.rules import CustomerRule, PriceRule, ProductRule, Selector
from connector.domain.tables import TABLES
from connector.domain.watched import Debt, Edition, Lead, Prepaid
from connector.engine.mapping import Book
from connector.engine.watching import View, look_ahead
from connector.engine.watching.audit_reading import seat_changes
from connector.engine.watching.ledger_reading import (
    billed_lines,
    item_moves,
    line_moves,
    prepaid,
    template_lines,
    template_moves,
)
from connector.engine.watching.positions import places, positions
from connector.engine.watching.prices import Prices
from connector.engine.watching.reading import charged_last, sheet_rows, sightings_of
from connector.engine.watching.selling import Selling
from connector.sandbox.history import Year, days_of
from connector.sandbox.history.contracts import THINGS, tenant
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf

Row = dict[str, Any]
BOOKS = "books"
LEAD = Lead(usual_applications=("order desk",))
HERE = Place("mappings.yaml", 1)
_EDITION = ("edition_market", "edition_view", "edition_month", "edition_seen_at")


class Seen:
    """The rows of a year by table, each with the day it came to be known (`known_on`)."""

    def __init__(self, year: Year, folder: Path) -> None:
        self.year, self.folder = year, folder
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.days = days_of(year)
        with Warehouse(folder / "reading") as reading:
            self._warehouse = reading
            self._read_subscriptions()
            for day in self.days:
                self._read_sheets(day.on, day.sheets)
                for name, text in day.invoices:
                    self._read(f"{name}.csv", text, "charges", day.on)
                if day.audit:
                    self._read(f"audit-{day.on}.jsonl", _lines(day.audit), "audit_records", day.on)
                self._add_ledger(day)
        self.mapping = mapping_of(year)

    def _read(self, name: str, text: str, table: str, on: date | None, extra: Mapping[str, str] | None = None) -> None:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        for kind, batch in read_any([path]):
            assert kind == table, f"{name}: {kind} {batch.to_pylist()}"
            for row in batch.to_pylist():
                known = on or date.fromisoformat(row["observed_at"][:10])
                self.rows[table].append({**row, **(extra or {}), "known_on": known})

    def _read_subscriptions(self) -> None:
        records = [record for day in self.days for record in day.subscriptions]
        self._read("subscriptions.jsonl", _lines(records), "subscriptions", None)

    def _read_sheets(self, on: date, sheets: Iterable[tuple[str, str]]) -> None:
        for month, text in sheets:
            edition = dict(zip(_EDITION, ("US", "updatedlicensebased", month, f"{on}T04:00:00Z"), strict=True))
            self._read(f"sheet-{month}-{on}.csv", text, "prices", on, edition)

    def _add_ledger(self, day: Any) -> None:
        usual = {"ledger": BOOKS, "observed_at": f"{day.on}T05:00:00Z", "source": BOOKS, "line": 1, "known_on": day.on}
        for line in day.lines:
            self._add("ledger_lines", usual, line.number, {
                "document_number": line.number, "document_id": line.number, "document_date": line.issued,
                "document_type": "invoice", "status": "open", "customer_id": line.customer.ledger_id,
                "item_id": line.contract.thing_on(line.first).item, "line_number": "1",
                "quantity": Decimal(line.quantity), "unit_price": line.price, "amount": line.price * line.quantity,
                "currency": "USD", "service_start": line.first, "service_end": line.last,
                "reference": line.contract.id,
            })  # fmt: skip
        for version in day.templates:
            name, status = f"T{version.contract.number}", "open" if version.is_open else "deleted"
            self._add("ledger_documents", usual, f"{name}{version.since}", {
                "document_id": name, "kind": "template", "status": status, "currency": "USD",
                "party_id": version.customer.ledger_id, "next_day": date(2027, 1, 1) if version.is_open else None,
            })  # fmt: skip
            if version.is_open:
                self._add("ledger_templates", usual, f"{name}{version.since}", {
                    "template_id": name, "customer_id": version.customer.ledger_id, "line_number": "1",
                    "item_id": version.contract.thing.item, "quantity": Decimal(version.quantity),
                    "unit_price": version.price, "amount": version.price * version.quantity, "currency": "USD",
                    "next_day": date(2027, 1, 1),
                })  # fmt: skip
        for item, price in day.items:
            facts = json.dumps({"unit_price": str(price)})
            own = {"kind": "item", "record_id": item, "name": item, "active": True, "gone": False, "facts": facts}
            self._add("ledger_records", usual, f"{item}{price}", own)
        for bill in day.bills:
            self._add("ledger_documents", usual, f"{bill.number}{bill.since}", {
                "document_id": bill.number, "kind": "invoice", "number": bill.number, "currency": "USD",
                "status": "open" if bill.balance else "paid", "party_id": bill.customer.ledger_id, "due": bill.due,
                "day": bill.due - timedelta(days=30), "balance": bill.balance,
            })  # fmt: skip

    def _add(self, table: str, usual: Row, row_hash: str, own: Row) -> None:
        row = dict.fromkeys(TABLES[table]) | {name: usual[name] for name in usual if name in TABLES[table]}
        self.rows[table].append({**row, **own, "row_hash": row_hash, "known_on": usual["known_on"]})

    def known(self, table: str, on: date) -> list[Row]:
        """The rows of a table that were known at the end of a day."""
        return [row for row in self.rows[table] if row["known_on"] <= on]

    def take_in(self, warehouse: Warehouse) -> None:
        """Write the year into a warehouse, one snapshot for each day and sheet."""
        for on in sorted({row["known_on"] for rows in self.rows.values() for row in rows}):
            fresh = {table: [row for row in rows if row["known_on"] == on] for table, rows in self.rows.items()}
            sheets = fresh.pop("prices")
            vendor = {name: rows for name, rows in fresh.items() if rows and not name.startswith("ledger")}
            if vendor:
                warehouse.take_in(_batches(vendor), observed_at=f"{on}T04:00:00+00:00")
            for month in sorted({row["edition_month"] for row in sheets}):
                origin = {"market": "US", "view": "updatedlicensebased", "month": month, "content_hash": f"{on}{month}"}
                own = {"prices": [row for row in sheets if row["edition_month"] == month]}
                moment = f"{on}T04:00:00Z"
                warehouse.take_in(_batches(own), observed_at=moment, sources=lambda given=origin: [given])  # type: ignore[misc]
            ledger = {name: rows for name, rows in fresh.items() if rows and name.startswith("ledger")}
            if ledger:
                Shelf(warehouse).keep(BOOKS, f"{on}T05:00:00Z", ledger, frozenset())


def _batches(tables: Mapping[str, list[Row]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    kinds = {
        "text": pa.string(),
        "day": pa.date32(),
        "number": pa.decimal128(38, 22),
        "count": pa.int64(),
        "flag": pa.bool_(),
    }
    for name, rows in tables.items():
        schema = pa.schema([(column, kinds[kind]) for column, kind in TABLES[name].items()])
        yield name, pa.RecordBatch.from_pylist([{c: row.get(c) for c in TABLES[name]} for row in rows], schema=schema)


def _lines(records: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def mapping_of(year: Year) -> rules.Mapping:
    """The rules of a year: everybody at cost and a fifth, those with templates at their fixed price."""
    fixed = tuple(
        PriceRule(Selector(tenant_id=tenant(one.number)), HERE, unit_price=one.fixed)
        for one in year.customers
        if one.by_template
    )
    return rules.Mapping(
        customers=tuple(
            CustomerRule(f"Customer {one.number}", tenant(one.number), BOOKS, one.ledger_id, HERE, currency="USD")
            for one in year.customers
        ),
        products=tuple(
            ProductRule(one.name, Selector(product_id=one.product_id), (("", one.item),), HERE) for one in THINGS
        ),
        prices=(PriceRule(Selector(), HERE, markup_percent=Decimal(20)), *fixed),
    )


def view_on(seen: Seen, on: date) -> View:
    """What was known at the end of a day, put together without the query engine."""
    sightings = sightings_of(seen.known("subscriptions", on), (), on)
    held = tuple(states[-1] for states in sightings.values())
    sheets = seen.known("prices", on)
    editions = {tuple(row[name] for name in _EDITION) for row in sheets}
    prices = Prices(sheet_rows(sheets), (Edition(*one) for one in sorted(editions)))
    selling = Selling(Book(seen.mapping), lambda _: "USD", lambda *_: None, "USD")
    charged = charged_last(row for row in seen.known("charges", on) if row["charge_start"] <= on)
    lines = [row for row in seen.known("ledger_lines", on) if row["document_date"] > on - timedelta(days=430)]
    templates = seen.known("ledger_templates", on)
    by_subscription: dict[str, list[Prepaid]] = {}
    for one in prepaid(lines):
        by_subscription.setdefault(one.subscription_id, []).append(one)
    in_force: dict[tuple[str, str, str], list[TemplateLine]] = {}
    for line in template_lines(_in_force(seen, on)):
        in_force.setdefault((line.ledger, line.customer, line.item), []).append(line)
    billed: Mapping[tuple[str, str, str], tuple[BilledLine, ...]] = billed_lines(lines)
    issued = [row["document_date"] for row in lines]
    items = [row for row in seen.known("ledger_records", on) if row["kind"] == "item"]
    return View(
        on, LEAD, held, sightings, prices, selling, charged,
        positions=positions(held, charged, selling, lambda name: name or BOOKS, on),
        price_moves=(
            *item_moves(items, on, LEAD.recent),
            *template_moves(templates, on, LEAD.recent),
            *line_moves(lines, frozenset()),
        ),
        prepaid={name: tuple(some) for name, some in by_subscription.items()},
        places=places(held, selling, lambda name: name or BOOKS, on),
        templates={place: tuple(some) for place, some in in_force.items()}, billed=billed,
        last_invoice={BOOKS: max(issued)} if issued else {},
        seat_changes=tuple(one for one in seat_changes(seen.known("audit_records", on)) if one.on <= on),
        debts=tuple(_debts(seen, on)), seen=frozenset({"subscriptions", "prices", "ledger", "audit", "debts"}),
    )  # fmt: skip


def _newest(seen: Seen, on: date, kind: str) -> list[Row]:
    found: dict[str, Row] = {}
    for row in seen.known("ledger_documents", on):
        if row["kind"] == kind:
            found[row["document_id"]] = row
    return list(found.values())


def _in_force(seen: Seen, on: date) -> list[Row]:
    versions = {
        (row["document_id"], row["observed_at"]) for row in _newest(seen, on, "template") if row["status"] == "open"
    }
    return [row for row in seen.known("ledger_templates", on) if (row["template_id"], row["observed_at"]) in versions]


def _debts(seen: Seen, on: date) -> Iterator[Debt]:
    for row in _newest(seen, on, "invoice"):
        if row["status"] == "open":
            yield Debt(BOOKS, row["party_id"], None, row["number"], "invoice", row["due"], row["balance"], "USD")


def told_of(found: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    """Findings as the truth names them."""
    return frozenset((one.kind, _subject(one)) for one in found)


def _subject(one: Finding) -> str:
    about = one.subject
    if one.kind in ("price_change_ahead", "price_sheet_republished"):
        return about.product_id or ""
    if one.kind == "ledger_price_changed":
        return f"{about.ledger_customer or ''}/{about.item}"
    if one.kind == "unpaid_while_charged":
        return about.ledger_customer or ""
    return about.subscription_id or ""


def told_on(seen: Seen, on: date) -> frozenset[tuple[str, str]]:
    """What is told on a day, without the query engine."""
    return told_of(look_ahead(view_on(seen, on)))

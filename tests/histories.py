"""Turns a made-up year into the tables' rows, and looks at them as of any day, with and without the query engine."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from connector.adapters.files import read_any
from connector.domain import rules
from connector.domain.contract import BilledLine, TemplateLine
from connector.domain.errors import Place
from connector.domain.finding import Finding
from connector.domain.money import trimmed
from connector.domain.rules import Category, CustomerRule, PriceRule, ProductRule, Selector, Validity
from connector.domain.tables import TABLES
from connector.domain.watched import Access, Debt, Edition, Lead, LostCredit, Prepaid, Spend
from connector.engine.mapping import Book
from connector.engine.reconciliation.standing import known_records, survivors
from connector.engine.watching import View, look_ahead
from connector.engine.watching.audit_reading import seat_changes
from connector.engine.watching.ledger_reading import (
    billed_lines,
    item_moves,
    line_moves,
    of_one,
    prepaid,
    template_lines,
    template_moves,
)
from connector.engine.watching.positions import places, positions
from connector.engine.watching.prices import Prices
from connector.engine.watching.reading import charged_last, sheet_rows, sightings_of
from connector.engine.watching.selling import Selling
from connector.sandbox.history import START, Year, days_of
from connector.sandbox.history.contracts import THINGS, later, tenant
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf

Row = dict[str, Any]
Thing = TypeVar("Thing")
BOOKS = "books"
HERE = Place("mappings.yaml", 1)
_EDITION = ("edition_market", "edition_view", "edition_month", "edition_seen_at")


class Seen:
    """The rows of a year by table, each with the day it came to be known (`known_on`)."""

    def __init__(self, year: Year, folder: Path) -> None:
        self.year, self.folder = year, folder
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.days = days_of(year)
        self._kept: dict[Hashable, Any] = {}
        with Warehouse(folder / "reading") as reading:
            self._warehouse = reading
            self._read_subscriptions()
            for day in self.days:
                self._read_sheets(day.on, day.sheets)
                for name, text in day.invoices:
                    self._read(f"{name}.csv", text, "charges", day.on)
                for nth, text in enumerate(day.usage):
                    self._read(f"usage-{day.on}-{nth}.csv", text, "usage", day.on)
                if day.audit:
                    self._read(f"audit-{day.on}.jsonl", _lines(day.audit), "audit_records", day.on)
                self._add_ledger(day)
        self.mapping = mapping_of(year)
        self.book = Book(self.mapping)

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
                "document_type": "credit_memo" if line.is_credit else "invoice", "status": "open",
                "customer_id": line.customer.ledger_id_on(line.issued),
                "item_id": line.contract.thing_on(line.first).item, "line_number": "1",
                "quantity": Decimal(line.quantity), "unit_price": line.price, "currency": "USD",
                "amount": line.price * line.quantity * (-1 if line.is_credit else 1),
                "service_start": line.first, "service_end": line.last,
                "reference": line.contract.id,
            })  # fmt: skip
        for customer, month, amount in day.azure:
            number = f"AZ-{customer.number}-{month:%Y%m}"
            self._add("ledger_lines", usual, number, {
                "document_number": number, "document_id": number, "document_date": day.on, "status": "open",
                "document_type": "invoice", "customer_id": customer.ledger_id, "item_id": "40", "line_number": "1",
                "quantity": Decimal(1), "unit_price": amount, "currency": "USD", "amount": amount,
                "service_start": month, "service_end": later(month, 1) - timedelta(days=1),
            })  # fmt: skip
        for version in day.templates:
            name, status = f"T{version.contract.number}", "open" if version.is_open else "deleted"
            self._add("ledger_documents", usual, f"{name}{version.since}", {
                "document_id": name, "kind": "template", "status": status, "currency": "USD",
                "party_id": version.customer.ledger_id_on(day.on),
                "next_day": date(2027, 1, 1) if version.is_open else None,
            })  # fmt: skip
            if version.is_open:
                self._add("ledger_templates", usual, f"{name}{version.since}", {
                    "template_id": name, "customer_id": version.customer.ledger_id_on(day.on), "line_number": "1",
                    "item_id": version.contract.thing.item, "quantity": Decimal(version.quantity),
                    "unit_price": version.price, "amount": version.price * version.quantity, "currency": "USD",
                    "next_day": date(2027, 1, 1),
                })  # fmt: skip
        for item, price in day.items:
            facts = json.dumps({"unit_price": str(price)})
            own = {"kind": "item", "record_id": item, "name": item, "active": True, "gone": False, "facts": facts}
            self._add("ledger_records", usual, f"{item}{price}", own)
        for customer in day.merged:
            own = {"kind": "customer", "record_id": customer.ledger_id, "name": f"Customer {customer.number}"}
            into = {"active": False, "gone": False, "merged_into": customer.ledger_id_on(day.on)}
            self._add("ledger_records", usual, f"{customer.ledger_id}merged", {**own, **into})
        for tenant_id, name in day.names:
            self._add("customers", {**usual, "observed_at": f"{day.on}T03:00:00Z"}, f"{tenant_id}{name}", {
                "customer_id": tenant_id, "name": name, "status": "active", "relationship": "reseller",
            })  # fmt: skip
        for bill in day.bills:
            self._add("ledger_documents", usual, f"{bill.number}{bill.since}", {
                "document_id": bill.number, "kind": "invoice", "number": bill.number, "currency": "USD",
                "status": "open" if bill.balance else "paid", "party_id": bill.customer.ledger_id_on(day.on),
                "due": bill.due,
                "day": bill.due - timedelta(days=30), "balance": bill.balance,
            })  # fmt: skip

    def _add(self, table: str, usual: Row, row_hash: str, own: Row) -> None:
        row = dict.fromkeys(TABLES[table]) | {name: usual[name] for name in usual if name in TABLES[table]}
        self.rows[table].append({**row, **own, "row_hash": row_hash, "known_on": usual["known_on"]})

    def last_change(self, on: date, *tables: str) -> date:
        """The day up to the given one on which something of these tables came to be known."""
        days = [self._changes(table) for table in tables]
        return max((some[at - 1] for some in days if (at := bisect_right(some, on))), default=START)

    def _changes(self, table: str) -> list[date]:
        return self.kept(("changes", table), lambda: sorted({row["known_on"] for row in self.rows[table]}))

    def kept(self, name: Hashable, make: Callable[[], Thing]) -> Thing:
        """What is made once, as long as nothing new is known."""
        if name not in self._kept:
            self._kept[name] = make()
        found: Thing = self._kept[name]
        return found

    def known(self, table: str, on: date) -> list[Row]:
        """The rows of a table that were known at the end of a day."""
        return self.kept((table, self.last_change(on, table)), lambda: self._known(table, on))

    def _known(self, table: str, on: date) -> list[Row]:
        rows = [row for row in self.rows[table] if row["known_on"] <= on]
        if table == "usage":
            # What has no invoice yet is what the last file said of it.
            last = max((row["known_on"] for row in rows if row["invoice"] is None), default=on)
            rows = [row for row in rows if row["invoice"] is not None or row["known_on"] == last]
        return rows

    def take_in(self, warehouse: Warehouse) -> None:
        """Write the year into a warehouse, one snapshot for each day and sheet."""
        for on in sorted({row["known_on"] for rows in self.rows.values() for row in rows}):
            fresh = {table: [row for row in rows if row["known_on"] == on] for table, rows in self.rows.items()}
            sheets = fresh.pop("prices")
            vendor = {name: rows for name, rows in fresh.items() if rows and not name.startswith("ledger")}
            if vendor:
                warehouse.take_in(_batches(vendor), observed_at=f"{on}T04:00:00+00:00", unbilled="unbilled")
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


def lead_of(year: Year) -> Lead:
    """How far ahead things are told, and which application orders seats."""
    limits = tuple((one.tenant_id, one.limit) for one in year.azure if one.limit is not None)
    return Lead(usual_applications=("order desk",), spend_limits=limits)


def accesses_of(year: Year, on: date) -> tuple[Access, ...]:
    """The accesses whose end was known on a day."""
    known = {what: [ends for since, ends in some if since <= on] for what, some in year.endings.items()}
    return tuple(Access("", what, ends[-1]) for what, ends in known.items() if ends)


def mapping_of(year: Year) -> rules.Mapping:
    """The rules of a year: everybody at cost and a fifth, those with templates at their fixed price."""
    fixed = tuple(
        PriceRule(Selector(tenant_id=tenant(one.number)), HERE, unit_price=one.fixed)
        for one in year.customers
        if one.by_template
    )
    return rules.Mapping(
        customers=tuple(
            CustomerRule(
                f"Customer {one.number}",
                tenant(one.number),
                BOOKS,
                one.ledger_id,
                HERE,
                currency="USD",
                validity=Validity(None, one.left + timedelta(days=1) if one.left else None),
            )
            for one in year.customers
        ),
        products=(
            *(ProductRule(one.name, Selector(product_id=one.product_id), (("", one.item),), HERE) for one in THINGS),
            ProductRule("Azure", Selector(category=Category.AZURE), (("", "40"),), HERE),
        ),
        prices=(PriceRule(Selector(), HERE, markup_percent=Decimal(20)), *fixed),
    )


def _prices(sheets: list[Row]) -> Prices:
    editions = {tuple(row[name] for name in _EDITION) for row in sheets}
    return Prices(sheet_rows(sheets), (Edition(*one) for one in sorted(editions)))


def view_on(seen: Seen, on: date) -> View:
    """What was known at the end of a day, put together without the query engine."""
    sightings = seen.kept(
        ("sightings", seen.last_change(on, "subscriptions", "customers")),
        lambda: sightings_of(seen.known("subscriptions", on), seen.known("customers", on), on),
    )
    held = tuple(states[-1] for states in sightings.values())
    prices = seen.kept(("prices", seen.last_change(on, "prices")), lambda: _prices(seen.known("prices", on)))
    selling = Selling(seen.book, lambda _: "USD", lambda *_: None, "USD")
    lead = lead_of(seen.year)
    # Whatever is invoiced has begun.
    charged = seen.kept(("charged", seen.last_change(on, "charges")), lambda: charged_last(seen.known("charges", on)))
    records = seen.known("ledger_records", on)
    one_for = survivors(known_records(records))

    def customer_of(ledger: str, customer: str) -> str:
        return one_for.get((ledger, customer), customer)

    recent = [row for row in seen.known("ledger_lines", on) if row["document_date"] > on - timedelta(days=430)]
    lines = list(of_one(recent, one_for))
    templates = list(of_one(seen.known("ledger_templates", on), one_for))
    by_subscription: dict[str, list[Prepaid]] = {}
    for one in prepaid(lines):
        by_subscription.setdefault(one.subscription_id, []).append(one)
    in_force: dict[tuple[str, str, str], list[TemplateLine]] = {}
    for line in template_lines(of_one(_in_force(seen, on), one_for)):
        in_force.setdefault((line.ledger, line.customer, line.item), []).append(line)
    billed: Mapping[tuple[str, str, str], tuple[BilledLine, ...]] = billed_lines(lines)
    issued = [row["document_date"] for row in lines if row["document_type"] == "invoice"]
    items = [row for row in records if row["kind"] == "item"]
    usage = seen.known("usage", on)
    return View(
        on, lead, held, sightings, prices, selling, charged,
        positions=positions(held, charged, selling, lambda name: name or BOOKS, on, customer_of),
        price_moves=(
            *item_moves(items, on, lead.recent),
            *template_moves(templates, on, lead.recent),
            *line_moves(lines, frozenset()),
        ),
        prepaid={name: tuple(some) for name, some in by_subscription.items()},
        places=places(held, selling, lambda name: name or BOOKS, on, customer_of),
        templates={place: tuple(some) for place, some in in_force.items()}, billed=billed,
        last_invoice={BOOKS: max(issued)} if issued else {},
        seat_changes=tuple(one for one in seat_changes(seen.known("audit_records", on)) if one.on <= on),
        debts=tuple(_debts(seen, on, customer_of)),
        spend=seen.kept(("spend", seen.last_change(on, "usage")), lambda: tuple(_spend(usage))),
        lost_credit=tuple(_lost_credit(usage, on)), accesses=accesses_of(seen.year, on),
        seen=frozenset({"subscriptions", "prices", "ledger", "audit", "debts", "azure", "accesses"}),
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


def _once(usage: Iterable[Row]) -> Iterator[tuple[date, Row]]:
    """Usage with its month; what has no invoice only where the customer's month has none."""
    rows = [(row["usage_date"].replace(day=1), row) for row in usage]
    invoiced = {(row["customer_id"], month) for month, row in rows if row["invoice"] is not None}
    for month, row in rows:
        if row["invoice"] is not None or (row["customer_id"], month) not in invoiced:
            yield month, row


def _spend(usage: Iterable[Row]) -> Iterator[Spend]:
    sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for month, row in _once(usage):
        sums[row["customer_id"], month] += row["amount"]
    for (customer, month), amount in sorted(sums.items()):
        yield Spend(customer, None, month, trimmed(amount), "USD")


def _lost_credit(usage: Iterable[Row], on: date) -> Iterator[LostCredit]:
    """Resources that earned credit in the month before and none in the last one that was seen."""
    since = later(on.replace(day=1), -2)
    months: dict[tuple[str, str], dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for month, row in _once(row for row in usage if row["usage_date"] >= since):
        months[row["customer_id"], row["resource_uri"]][month].append(row)
    for (customer, resource), some in sorted(months.items()):
        last, before = some[max(some)], some.get(later(max(some), -1), [])
        if before and max(row["earned_credit_percent"] for row in last) == 0 < before[0]["earned_credit_percent"]:
            amount = sum((row["amount"] for row in last), Decimal(0))
            lost, what = trimmed(amount * before[0]["earned_credit_percent"] / 100), resource.rsplit("/", 1)[-1]
            plan = last[0]["subscription_id"]
            yield LostCredit(
                customer, None, plan, last[0]["entitlement_id"], "Production", what, max(some), lost, "USD"
            )


def _debts(seen: Seen, on: date, customer_of: Callable[[str, str], str]) -> Iterator[Debt]:
    for row in _newest(seen, on, "invoice"):
        if row["status"] == "open":
            party = customer_of(BOOKS, row["party_id"])
            yield Debt(BOOKS, party, None, row["number"], "invoice", row["due"], row["balance"], "USD")


def told_of(found: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    """Findings as the truth names them."""
    return frozenset((one.kind, _subject(one)) for one in found)


def _subject(one: Finding) -> str:
    about = one.subject
    if one.kind in ("price_change_ahead", "price_sheet_republished"):
        return about.product_id or ""
    if one.kind == "ledger_price_changed":
        return f"{about.ledger_customer or ''}/{about.item}"
    if one.kind in ("azure_spend_high", "partner_earned_credit_lost"):
        return about.tenant_id or ""
    if one.kind == "access_expiring":
        return one.key[1]
    if one.kind == "unpaid_while_charged":
        return about.ledger_customer or ""
    return about.subscription_id or ""


def told_on(seen: Seen, on: date) -> frozenset[tuple[str, str]]:
    """What is told on a day, without the query engine."""
    return told_of(look_ahead(view_on(seen, on)))

"""Writes what a ledger holds as rows: its documents and records one each, its invoices and credit memos line by line.

An amount of a line is net: a discount on the whole document lowers its lines in proportion, and the document's tax is
shared out over the lines that are taxed. Both sum to what the document says, to the cent.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.document import DocumentLine
from connector.domain.ledger import DISCOUNT, SALE, LedgerEntry, LedgerRecord, RemoteDocument, RemoteLine
from connector.domain.money import ZERO, allocate, from_minor, to_minor

BILLED = frozenset({"invoice", "credit_memo"})
"""Kinds of document whose lines are compared with what the vendor charges."""
TEMPLATE = "template"
DELETED = "deleted"
_GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_UNTAXED = frozenset({"NON"})
_NOT_OF_THE_STATE = frozenset({"observed_at", "source", "line", "row_hash"})

Row = dict[str, Any]


def document_row(ledger: str, document: RemoteDocument, observed_at: str) -> Row:
    """One version of a document."""
    updated = document.updated_at.isoformat(timespec="seconds") if document.updated_at else None
    return _sealed(
        {
            "ledger": ledger, "document_id": document.remote_id, "kind": document.kind, "observed_at": observed_at,
            "version": document.version, "number": document.number or None, "status": document.status,
            "party_id": document.party or None, "party_name": document.party_name or None, "day": document.day,
            "due": document.due, "currency": document.currency, "net": document.net, "tax": document.tax,
            "total": document.total, "balance": document.balance, "exchange_rate": document.exchange_rate,
            "marker": document.marker or None, "note": document.note or None, "made_by": document.made_by or None,
            "next_day": document.next_day, "emailed": document.emailed, "linked": json.dumps(document.linked),
            "updated_at": updated,
        },
        place_of(ledger, document.kind, document.remote_id),
    )  # fmt: skip


def gone_row(known: Mapping[str, Any], observed_at: str) -> Row:
    """The version that says that a document, last known as this row, was deleted."""
    return _sealed({**known, "status": DELETED, "balance": ZERO, "next_day": None, "observed_at": observed_at})


def record_row(ledger: str, record: LedgerRecord, observed_at: str) -> Row:
    """One state of a record."""
    return _sealed(
        {
            "ledger": ledger, "kind": record.kind, "record_id": record.record_id, "observed_at": observed_at,
            "name": record.name or None, "active": record.active, "gone": False, "currency": record.currency,
            "parent": record.parent, "email": record.email, "number": record.number,
            "merged_into": record.merged_into, "facts": json.dumps(dict(record.facts), sort_keys=True),
        },
        place_of(ledger, record.kind, record.record_id),
    )  # fmt: skip


def lost_row(known: Mapping[str, Any], observed_at: str) -> Row:
    """The state that says that a record, last known as this row, is not there any more."""
    return _sealed({**known, "active": False, "gone": True, "observed_at": observed_at})


def line_rows(ledger: str, document: RemoteDocument, own: Sequence[DocumentLine] = ()) -> Iterator[Row]:
    """The lines of an invoice or credit memo; `own` are those it was made of where it is ours."""
    sales = [line for line in document.lines if line.kind == SALE]
    discount = sum((line.amount for line in document.lines if line.kind == DISCOUNT), ZERO)
    currency = document.currency
    shares = _shared(discount, [line.amount for line in sales], currency)
    taxes = _taxes(document, sales)
    meant = _matched(sales, own)
    for nth, line in enumerate(sales, 1):
        planned = meant[nth - 1]
        first, last = (planned.first, planned.last) if planned else (line.first, line.last)
        quantity, price = line.quantity, line.unit_price
        if planned and quantity is None:
            quantity, price = planned.quantity, planned.unit_price
        yield _sealed(
            {
                "ledger": ledger, "document_number": document.number or f"#{document.remote_id}",
                "document_date": document.day, "document_type": document.kind, "customer_id": document.party,
                "customer_name": document.party_name or None, "line_number": line.number, "item_id": line.item,
                "description": line.description or None, "quantity": quantity, "unit_price": price,
                "amount": line.amount + shares[nth - 1], "tax": taxes[nth - 1], "currency": currency,
                "service_start": first, "service_end": last,
                "reference": (planned.reference if planned else "") or _guid_in(line.description),
                "status": document.status, "document_id": document.remote_id,
            },
            place_of(ledger, document.kind, document.remote_id),
            nth,
        )  # fmt: skip


def template_rows(ledger: str, template: RemoteDocument, observed_at: str) -> Iterator[Row]:
    """What a recurring template bills each time."""
    kind, _, name = template.note.partition(" ")
    for nth, line in enumerate((line for line in template.lines if line.kind == SALE), 1):
        yield _sealed(
            {
                "ledger": ledger, "template_id": template.remote_id, "observed_at": observed_at, "name": name or None,
                "document_type": kind or None, "customer_id": template.party,
                "customer_name": template.party_name or None, "line_number": line.number, "item_id": line.item,
                "description": line.description or None, "quantity": line.quantity, "unit_price": line.unit_price,
                "amount": line.amount, "currency": template.currency, "next_day": template.next_day,
                "made_by": template.made_by or None,
            },
            place_of(ledger, TEMPLATE, template.remote_id),
            nth,
        )  # fmt: skip


def entry_row(ledger: str, entry: LedgerEntry, observed_at: str, nth: int) -> Row:
    """One entry on an account, the nth of its document there."""
    return _sealed(
        {
            "ledger": ledger, "account_id": entry.account, "document_id": entry.document_id or None,
            "observed_at": observed_at, "day": entry.day, "kind": entry.kind or None, "number": entry.number or None,
            "party": entry.party or None, "description": entry.text or None, "amount": entry.amount,
            "currency": entry.currency or None,
        },
        f"{place_of(ledger, 'account', entry.account)}/{entry.document_id}".rstrip("/"),
        nth,
    )  # fmt: skip


def no_entry_row(known: Mapping[str, Any], observed_at: str) -> Row:
    """The version that says that a document, of which this was an entry on an account, has none there any more."""
    return _sealed({**known, "amount": ZERO, "observed_at": observed_at})


def place_of(ledger: str, kind: str, remote_id: str) -> str:
    """Where a row comes from, as evidence names it: the ledger, what it is, and its id there."""
    return f"{ledger}/{kind}/{remote_id}"


def state_of(row: Mapping[str, Any]) -> str:
    """What makes two rows the same state of a thing: everything but when and where it was seen."""
    return str(row["row_hash"])


def _sealed(row: Mapping[str, Any], source: str | None = None, line: int = 1) -> Row:
    state = "\x1f".join(f"{name}={_text(row[name])}" for name in sorted(row) if name not in _NOT_OF_THE_STATE)
    digest = hashlib.sha256(state.encode()).hexdigest()[:16]
    return {**row, "source": source or row["source"], "line": line, "row_hash": digest}


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) and value else str(value or "")


def _taxes(document: RemoteDocument, sales: Sequence[RemoteLine]) -> list[Decimal]:
    """The tax of each line: as the ledger says it, where that comes to the document's; else shared out."""
    said = [line.tax for line in sales if line.tax is not None]
    if len(said) == len(sales) and sum(said, ZERO) == document.tax:
        return said
    taxed = _taxed(sales)
    weights = [line.amount if taxed[nth] else ZERO for nth, line in enumerate(sales)]
    return _shared(document.tax, weights, document.currency)


def _taxed(lines: Sequence[RemoteLine]) -> list[bool]:
    """Which lines bear tax: those whose code does not say otherwise; all where none has a code."""
    coded = any(line.tax_code for line in lines)
    return [line.tax_code not in _UNTAXED and bool(line.tax_code or not coded) for line in lines]


def _shared(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Share an amount out in proportion; the shares sum to it."""
    if not total or not weights:
        return [ZERO] * len(weights)
    whole = [to_minor(weight, currency) for weight in weights]
    return [from_minor(share, currency) for share in allocate(to_minor(total, currency), whole)]


def _matched(lines: Sequence[RemoteLine], own: Sequence[DocumentLine]) -> list[DocumentLine | None]:
    """For each line in the ledger the one of ours that it was made of: in its place, else another of its item."""
    left = [line for line in own if line.item is not None]
    found: list[DocumentLine | None] = []
    for nth, line in enumerate(lines):
        there = left[nth] if nth < len(left) else None
        fits = there if there is not None and there.item == line.item else None
        if fits is None:
            same = (one for one in left if one.item == line.item and abs(one.amount) == abs(line.amount))
            fits = next(same, None)
        found.append(fits)
    return found


def _guid_in(text: str) -> str | None:
    found = _GUID.findall(text)
    return found[0].lower() if len(set(map(str.lower, found))) == 1 else None


def count_by_kind(documents: Iterable[RemoteDocument]) -> dict[str, int]:
    """How many documents of each kind there are."""
    counts: dict[str, int] = {}
    for document in documents:
        counts[document.kind] = counts.get(document.kind, 0) + 1
    return counts

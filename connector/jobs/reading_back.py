"""Reads back what became of the documents we posted: from what was last read of the ledgers, without asking anybody."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from connector.domain import rules
from connector.domain.errors import UnreadableInput
from connector.domain.finding import Finding
from connector.domain.ledger import RemoteDocument, RemoteLine
from connector.domain.money import ZERO
from connector.domain.period import Period
from connector.domain.posted import Posted, PostedBook
from connector.domain.posting import State
from connector.engine.billing_spans import month_of
from connector.engine.checks import posted_checks
from connector.engine.last_known import last_known, lines_of_documents
from connector.engine.posted_view import Drift, Place, PostedView, VendorInvoice
from connector.engine.reconciliation.proof import owed_by, plain_invoice
from connector.engine.reconciliation.shapes import Scope
from connector.engine.upcoming import upcoming
from connector.jobs.merging import survivors_of
from connector.jobs.plan import Planning, PlanRequest
from connector.jobs.request import Request
from connector.ports import LineTables

_REACHED = (State.POSTED, State.VERIFIED, State.CONFLICT)
_TEMPLATE = "template"


def read_back(tables: LineTables, mapping: rules.Mapping, request: Request, scope: Scope) -> Iterator[Finding]:
    """What became of the documents that bill the months in scope, and of the bills for the vendor invoices in scope."""
    book = request.posted
    last = max(period.last for period in scope.audited)
    posted = tuple(
        one for one in reached(book) if one.document.period.last >= scope.start and one.document.period.start <= last
    )
    if not posted and not book.vendors:
        return
    drifts = tuple(drift for month in _months(posted, scope) for drift in _drifts(tables, mapping, request, month))
    yield from look_at(tables, book, posted, scope.invoices, drifts, reconciled=True)


def reached(book: PostedBook) -> Iterator[Posted]:
    """Documents of ours that a ledger held at some time."""
    return (one for one in book.documents if one.state in _REACHED and one.remote_id is not None)


def look_at(
    tables: LineTables,
    book: PostedBook,
    posted: tuple[Posted, ...],
    invoices: Iterable[str] = (),
    drifts: tuple[Drift, ...] = (),
    *,
    reconciled: bool = False,
) -> Iterator[Finding]:
    """Let every check look at posted documents as the ledgers hold them, and at the bills for vendor `invoices`."""
    view = PostedView(
        posted=posted,
        remote=_remote(tables),
        read_at=book.read_at,
        closed_until=book.closed_until,
        vendors=book.vendors,
        invoices=tuple(_headers(tables, invoices)) if book.vendors else (),
        drifts=drifts,
        survivors=survivors_of(tables),
        reconciled=reconciled,
    )
    for check in posted_checks():
        yield from check.compare(view)


def _months(posted: Iterable[Posted], scope: Scope) -> list[Period]:
    """The calendar months among the documents' periods, and those in scope of a quarter or year billed in advance."""
    audited = set(map(month_of, scope.audited))
    found = set()
    for period in {one.document.period for one in posted}:
        if period == month_of(period):
            found.add(period)
        else:
            found |= {month for month in audited if month.overlap(period)}
    return sorted(found)


def _drifts(tables: LineTables, mapping: rules.Mapping, request: Request, month: Period) -> tuple[Drift, ...]:
    """What would be billed otherwise today; months without charges of their own say nothing."""
    asked = PlanRequest(replace(request, month=month), posted=request.posted.documents, with_ledger=False)
    try:
        return Planning(tables, mapping, asked).drifts()
    except UnreadableInput:
        return ()


def _headers(tables: LineTables, wanted: Iterable[str]) -> Iterator[VendorInvoice]:
    """Vendor invoices by their headers, with the notes that amend them, which may have no line of their own."""
    numbers = set(map(plain_invoice, wanted))
    for row in tables.rows(tables.table("headers")):
        is_meant = numbers & {plain_invoice(row["invoice"] or ""), plain_invoice(row["amends"] or "")}
        if is_meant and row["total"] is not None and row["currency"]:
            day = row["invoice_date"] or row["period_end"]
            first, last = row["period_start"] or day, row["period_end"] or day
            if first is not None and last is not None:
                total = owed_by(row, row["total"])
                yield VendorInvoice(row["invoice"], row["currency"], total, Period.inclusive(first, last))


def _remote(tables: LineTables) -> Mapping[Place, RemoteDocument]:
    documents = tables.table("ledger_documents")
    known = last_known(documents)
    lines: dict[tuple[str, str], list[RemoteLine]] = defaultdict(list)
    for row in tables.rows(lines_of_documents(tables.table("ledger_lines"), known)):
        lines[row["ledger"], row["document_id"]].append(_line(row))
    for row in tables.rows(upcoming(documents, tables.table("ledger_templates"))):
        lines[row["ledger"], f"{_TEMPLATE} {row['template_id']}"].append(_line(row))
    return {
        (row["ledger"], row["kind"], row["document_id"]): _document(row, lines[_lines_under(row)])
        for row in tables.rows(known)
    }


def _lines_under(row: Mapping[str, Any]) -> tuple[str, str]:
    name = row["document_id"]
    return row["ledger"], f"{_TEMPLATE} {name}" if row["kind"] == _TEMPLATE else name


def _line(row: Mapping[str, Any]) -> RemoteLine:
    return RemoteLine(
        str(row["line_number"] or ""), row["item_id"], row["description"] or "", row["amount"], row["quantity"],
        row["unit_price"],
    )  # fmt: skip


def _document(row: Mapping[str, Any], lines: Iterable[RemoteLine]) -> RemoteDocument:
    linked = tuple((str(kind), str(key)) for kind, key in json.loads(row["linked"] or "[]"))
    return RemoteDocument(
        remote_id=row["document_id"], version=row["version"] or "", kind=row["kind"], number=row["number"] or "",
        party=row["party_id"] or "", day=row["day"], currency=row["currency"] or "", net=row["net"] or ZERO,
        tax=row["tax"] or ZERO, total=row["total"] or ZERO, status=row["status"] or "", lines=tuple(lines),
        party_name=row["party_name"] or "", balance=row["balance"], marker=row["marker"] or "",
        note=row["note"] or "", next_day=row["next_day"], linked=linked,
    )  # fmt: skip

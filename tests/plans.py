"""Plans of small months and made-up worlds, and what becomes of them: postings, and lines in a ledger."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.bootstrap import FilesRequest
from connector.bootstrap.planning import plan_files
from connector.domain.document import CREDIT_MEMO, INVOICE, Document, Plan
from connector.domain.money import round_half_up
from connector.domain.posted import Posted
from tests.builders import LEDGER_LINE, MadeUp, Month

START = date(2026, 1, 1)


def request_of(month: Month, **changes: Any) -> FilesRequest:
    """What plans a small month from its files."""
    given: dict[str, Any] = {
        "vendor": (month.vendor_file,),
        "ledgers": (("", month.ledger_file),) if month.ledger else (),
        "mappings": month.folder / "mappings",
        "needs_ledger": False,
    }
    return FilesRequest(**{**given, **changes})


def plan_month(
    month: Month,
    *,
    posted: Sequence[Posted] = (),
    start: date = START,
    catch_up: tuple[str, ...] = (),
    rebill: bool = False,
    **changes: Any,
) -> Plan:
    """Plan a small month."""
    if not month.ledger:
        month.ledger = [{**LEDGER_LINE, "status": "void"}]
    month.write()
    asked = request_of(month, **changes)
    return plan_files(asked, start=start, posted=posted, catch_up=catch_up, rebill=rebill).plan


def plan_world(world: MadeUp, *, posted: Sequence[Posted] = (), start: date = START, **changes: Any) -> Plan:
    """Plan a made-up world without what its bookkeepers wrote, unless `ledgers` says otherwise."""
    asked = world.request(**{"ledgers": (), "needs_ledger": False, **changes})
    return plan_files(asked, start=start, posted=posted).plan


def post(plan: Plan | Iterable[Document], first: int = 1) -> list[Posted]:
    """Every document of a plan as if it had been posted and verified."""
    documents = plan.documents if isinstance(plan, Plan) else plan
    return [Posted(document, number=f"CSP-{number:05d}") for number, document in enumerate(documents, first)]


def ledger_rows_of(posted: Iterable[Posted]) -> list[dict[str, str]]:
    """The lines of posted documents as a ledger's export has them.

    What a credit memo bills beside what it gives back is written as an invoice's: every line of a memo is a credit.
    """
    rows = []
    for one in posted:
        document = one.document
        sign = -1 if document.kind == CREDIT_MEMO else 1
        for line in document.lines:
            percent = line.tax_percent
            tax = None if percent is None else round_half_up(line.amount * sign * percent / 100, 2)
            rows.append(
                {
                    "document_number": one.number,
                    "document_date": str(document.day),
                    "document_type": INVOICE if line.amount * sign > 0 else document.kind,
                    "customer_id": document.customer,
                    "customer_name": document.customer_name,
                    "line_number": str(line.number),
                    "item_id": line.item or "",
                    "description": line.description,
                    "quantity": "" if line.quantity is None else f"{line.quantity * sign:f}",
                    "unit_price": "" if line.unit_price is None else f"{line.unit_price:f}",
                    "amount": f"{line.amount * sign:f}",
                    "tax": "" if tax is None else f"{tax:f}",
                    "currency": document.currency,
                    "service_start": str(line.first or ""),
                    "service_end": str(line.last or ""),
                    "reference": line.reference,
                    "status": "",
                }
            )
    return rows


def write_ledger(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write ledger lines as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(LEDGER_LINE), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    return path


def write_ledgers(folder: Path, posted: Iterable[Posted]) -> tuple[tuple[str, Path], ...]:
    """Write the lines of posted documents, a file for each ledger, as `FilesRequest.ledgers`."""
    by_ledger: dict[str, list[Posted]] = {}
    for one in posted:
        by_ledger.setdefault(one.document.ledger, []).append(one)
    return tuple(
        (name, write_ledger(folder / f"{name or 'ledger'}.csv", ledger_rows_of(own)))
        for name, own in sorted(by_ledger.items())
    )


def totals(plans: Iterable[Document]) -> dict[tuple[str, str, str], Decimal]:
    """What each customer owes by some documents, by currency."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for document in plans:
        account = document.ledger, document.customer, document.currency
        sums[account] = sums.get(account, Decimal(0)) + document.net
    return {account: total for account, total in sums.items() if total}


def discounted(document: Document, percent: int) -> Document:
    """A document as finance changed it in the ledger: every line so many percent less."""
    lines = tuple(
        replace(line, amount=round_half_up(line.amount * (100 - percent) / 100, 2)) for line in document.lines
    )
    return replace(document, lines=lines)

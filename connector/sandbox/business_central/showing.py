"""How rows are shown: the page's fields in their order, what the page works out itself, and the pages within it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import PARENTS
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.kinds import KINDS
from connector.sandbox.business_central.pages import PAGES, Page
from connector.sandbox.business_central.pricing import code_of
from connector.sandbox.business_central.sums import ZERO


@dataclass(frozen=True, slots=True)
class View:
    """What of a page is wanted: chosen fields (empty: all) and parts, each with a view of its own."""

    select: tuple[str, ...] = ()
    expand: Mapping[str, "View"] = field(default_factory=dict)


def _remaining(company: Company, row: Thing) -> Decimal:
    return company.remaining.get(row["id"], ZERO) if row["_posted"] else Decimal(row["totalAmountIncludingTax"])


def _owed(company: Company, row: Thing) -> Decimal:
    total = ZERO
    for page, name, sign in (("salesInvoices", "customerId", 1), ("salesCreditMemos", "customerId", -1)):
        for document in company.those(page, name, row["id"]):
            total += sign * company.remaining.get(document["id"], ZERO)
    return total + Decimal(row.get("_on_account", ZERO))


def _owing(company: Company, row: Thing) -> Decimal:
    total = ZERO
    for page, sign in (("purchaseInvoices", 1), ("purchaseCreditMemos", -1)):
        for document in company.those(page, "vendorId", row["id"]):
            total += sign * company.remaining.get(document["id"], ZERO)
    return total


def _applied_invoice(company: Company, row: Thing) -> str:
    if not row["invoiceNumber"]:
        return NO_ID
    page = "purchaseInvoices" if "vendorId" in row else "salesInvoices"
    found = company.one(page, number=row["invoiceNumber"], _posted=True)
    return found["id"] if found else NO_ID


def _area_name(company: Company, row: Thing) -> str:
    area = company.tables["taxAreas"].get(row["taxAreaId"])
    return area["displayName"] if area else ""


def _net_change(company: Company, row: Thing) -> Decimal:
    total = ZERO
    for entry in company.tables["generalLedgerEntries"].values():
        if entry["accountId"] == row["id"]:
            total += Decimal(entry["debitAmount"]) - Decimal(entry["creditAmount"])
    return total


WORKED_OUT: dict[tuple[str, str], Callable[[Company, Thing], Any]] = {
    ("salesInvoices", "remainingAmount"): _remaining,
    ("customers", "balanceDue"): _owed,
    ("customerFinancialDetails", "balance"): _owed,
    ("customers", "taxAreaDisplayName"): _area_name,
    ("customers", "currencyCode"): code_of,
    ("vendors", "currencyCode"): code_of,
    ("vendors", "balance"): _owing,
    ("salesCreditMemos", "invoiceId"): _applied_invoice,
    ("purchaseCreditMemos", "invoiceId"): _applied_invoice,
    ("dimensionSetLines", "id"): lambda company, row: row["_dimension"],
    ("accounts", "netChange"): _net_change,
    ("documentAttachments", "byteSize"): lambda company, row: len(company.files.get(row["id"], b"")),
    ("attachments", "byteSize"): lambda company, row: len(company.files.get(row["id"], b"")),
    **{(page, "currencyCode"): code_of for page in KINDS},
}


def shown(company: Company, page: Page, row: Thing, view: View, address: str) -> dict[str, Any]:
    """A row as JSON. `address` is the row's own address, for links to streams and for the parts below."""
    made: dict[str, Any] = {"@odata.etag": company.etag(row)}
    for name, known in page.fields.items():
        if view.select and name not in view.select:
            continue
        if known.kind == "stream":
            made[f"{name}@odata.mediaEditLink"] = made[f"{name}@odata.mediaReadLink"] = f"{address}/{name}"
            continue
        work_out = WORKED_OUT.get((page.name, name))
        value = work_out(company, row) if work_out else row.get(name, known.blank)
        made[name] = known.show(value)
    for name, inner in view.expand.items():
        part = page.parts[name]
        below = PAGES[part.page]
        rows = part_rows(company, page, row, name)
        if part.is_one:
            made[name] = shown(company, below, rows[0], inner, f"{address}/{name}") if rows else None
        else:
            made[name] = [shown(company, below, one, inner, f"{address}/{name}({key_of(below, one)})") for one in rows]
    return made


def key_of(page: Page, row: Thing) -> str:
    """The key a row is addressed by."""
    return str(row["_dimension"] if page.name == "dimensionSetLines" else row["id"])


def part_rows(company: Company, page: Page, row: Thing, name: str) -> list[Thing]:
    """The rows of a part of a page, in their order; one or none where the part is a single row."""
    part = page.parts[name]
    below = PAGES[part.page]
    if part.page == "pdfDocument":
        return [_paper(page, row)]
    if part.page == "pictures":
        return [{"id": row["id"], "parentType": page.caption, "_version": row["_version"]}]
    if part.is_one:
        found = company.tables[below.table].get(row[part.via])
        return [found] if found is not None else []
    rows = company.find(below.table, **{below.parent: row["id"]})
    return sorted(rows, key=lambda one: _sortable(one.get(below.order)))


def _paper(page: Page, row: Thing) -> Thing:
    """The printed document, which is made when it is asked for."""
    return {"id": row["id"], "parentId": row["id"], "parentType": PARENTS[page.name], "_version": row["_version"]}


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | Decimal) else (1, str(value))

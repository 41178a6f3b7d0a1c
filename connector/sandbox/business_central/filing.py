"""Files attached to documents and cards: first what they are called, then, by a request of its own, their content."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.documents import blank
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.refusals import stopped

PAGES_OF_FILES = ("documentAttachments", "attachments")
_PARENTS = {
    "salesInvoices": "Sales_x0020_Invoice",
    "salesCreditMemos": "Sales_x0020_Credit_x0020_Memo",
    "purchaseInvoices": "Purchase_x0020_Invoice",
    "purchaseCreditMemos": "Purchase_x0020_Credit_x0020_Memo",
    "customers": "Customer",
    "vendors": "Vendor",
    "items": "Item",
    "journalLines": "Journal",
}
LARGEST = 350 * 1024 * 1024


def create_file(company: Company, page: str, above: str, parent: Thing | None, values: Mapping[str, Any]) -> Thing:
    """A new attachment, empty until its content comes; raises Refused."""
    kind = values.get("parentType", _PARENTS.get(above, ""))
    table = next((name for name, word in _PARENTS.items() if word == kind), "")
    key = parent["id"] if parent else values.get("parentId", NO_ID)
    if not table or key == NO_ID:
        raise stopped("You must specify a parentId and a parentType in the request body.")
    if key not in company.tables[table]:
        raise stopped("The parent of the attachment cannot be found.")
    if not values.get("fileName"):
        raise stopped('The "fileName" must be provided.')
    row = blank(page) | {"lineNumber": 0} if page == "documentAttachments" else blank(page)
    return company.put(page, {**row, **values, "parentId": key, "parentType": kind})


def change_file(company: Company, page: str, old: Thing, values: Mapping[str, Any]) -> Thing:
    """Another name for an attachment; raises Refused when it should move to another document."""
    if any(name in values and values[name] != old[name] for name in ("parentId", "parentType")):
        raise stopped("The parent of an attachment cannot be changed.")
    return company.put(page, {**old, **values}, old)


def put_content(company: Company, page: str, old: Thing, content: bytes) -> None:
    """Give an attachment its content."""
    company.keep_file(old["id"], content)
    company.put(page, old, old)


def printed(page: str, document: Thing) -> bytes:
    """A document as PDF; it says which one it is and no more."""
    total = document["totalAmountIncludingTax"]
    return f"%PDF-1.4\n% {page} {document['number']} {total}\n%%EOF\n".encode()

"""The pages of Business Central's API v2.0 that the sandbox has: their fields, parts, actions, and what may be done.

Source: the names, types, lengths and read-only marks are those of Microsoft's API v2.0 pages (Business Central 28/29).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.sandbox.business_central.document_pages import DOCUMENT_FIELDS
from connector.sandbox.business_central.fields import Field, read_fields
from connector.sandbox.business_central.list_pages import LIST_FIELDS


@dataclass(frozen=True, slots=True)
class Part:
    """Another page within a page. `via` is the field that names the one row of it, empty for rows of its own."""

    name: str
    page: str
    is_one: bool = False
    via: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One entity set: `kind` is its type, `table` where its rows are kept, `caption` what messages call them."""

    name: str
    kind: str
    caption: str
    fields: Mapping[str, Field]
    table: str
    order: str = "number"
    may: str = "CRUD"
    parent: str = ""
    """The field that ties a row to the page it is a part of."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    actions: tuple[str, ...] = ()


_DIMENSIONS = "dimensionSetLines"
_FILES = "documentAttachments"
_PARTS = {
    "customers": (
        "=customerFinancialDetail:customerFinancialDetails:id", "=picture:pictures:id", "defaultDimensions", _FILES,
    ),
    "vendors": ("=picture:pictures:id", "defaultDimensions", _FILES),
    "items": (
        "=picture:pictures:id", "defaultDimensions", _FILES, "=itemCategory:itemCategories:itemCategoryId",
        "=baseUnitOfMeasure:unitsOfMeasure:baseUnitOfMeasureId",
    ),
    "salesInvoices": (_DIMENSIONS, "salesInvoiceLines", "=pdfDocument:pdfDocument:id", "attachments", _FILES),
    "salesCreditMemos": (_DIMENSIONS, "salesCreditMemoLines", "=pdfDocument:pdfDocument:id", "attachments", _FILES),
    "purchaseInvoices": (_DIMENSIONS, "purchaseInvoiceLines", "=pdfDocument:pdfDocument:id", "attachments", _FILES),
    "purchaseCreditMemos": (_DIMENSIONS, "purchaseCreditMemoLines", "attachments", _FILES),
    "salesInvoiceLines": (_DIMENSIONS,),
    "salesCreditMemoLines": (_DIMENSIONS,),
    "purchaseInvoiceLines": (_DIMENSIONS,),
    "purchaseCreditMemoLines": (_DIMENSIONS,),
    "customerPaymentJournals": ("customerPayments",),
    "customerPayments": (_DIMENSIONS,),
    "journals": ("journalLines",),
    "journalLines": ("attachments", _DIMENSIONS),
    "dimensions": ("dimensionValues",),
    "generalLedgerEntries": ("attachments", _DIMENSIONS),
}  # fmt: skip
_DERIVED = {
    "currencyId": ("currency", "currencies"),
    "paymentTermsId": ("paymentTerm", "paymentTerms"),
    "customerId": ("customer", "customers"),
    "vendorId": ("vendor", "vendors"),
    "itemId": ("item", "items"),
    "accountId": ("account", "accounts"),
}
_ACTIONS = {
    "salesInvoices": ("post", "postAndSend", "send", "cancel", "cancelAndSend", "makeCorrectiveCreditMemo"),
    "salesCreditMemos": ("post", "postAndSend", "send", "cancel", "cancelAndSend"),
    "purchaseInvoices": ("post",),
    "purchaseCreditMemos": ("post", "cancel"),
    "journals": ("post",),
}
# set: type, what messages call a row, order, what may be done, the field that names the parent
_NAMES = {
    "customers": ("customer", "Customer", "number", "CRUD", ""),
    "vendors": ("vendor", "Vendor", "number", "CRUD", ""),
    "items": ("item", "Item", "number", "CRUD", ""),
    "itemCategories": ("itemCategory", "Item Category", "code", "CRUD", ""),
    "currencies": ("currency", "Currency", "code", "CRUD", ""),
    "currencyExchangeRates": ("currencyExchangeRate", "Currency Exchange Rate", "currencyCode", "R", ""),
    "paymentTerms": ("paymentTerm", "Payment Terms", "code", "CRUD", ""),
    "paymentMethods": ("paymentMethod", "Payment Method", "code", "CRUD", ""),
    "taxGroups": ("taxGroup", "Tax Group", "code", "CRUD", ""),
    "taxAreas": ("taxArea", "Tax Area", "code", "CRUD", ""),
    "unitsOfMeasure": ("unitOfMeasure", "Unit of Measure", "code", "CRUD", ""),
    "accounts": ("account", "G/L Account", "number", "R", ""),
    "dimensions": ("dimension", "Dimension", "code", "R", ""),
    "dimensionValues": ("dimensionValue", "Dimension Value", "code", "R", "dimensionId"),
    "dimensionSetLines": ("dimensionSetLine", "Dimension Set Entry", "code", "CRUD", "parentId"),
    "defaultDimensions": ("defaultDimension", "Default Dimension", "dimensionCode", "CRUD", "parentId"),
    "companyInformation": ("companyInformation", "Company Information", "id", "RU", ""),
    "generalLedgerSetup": ("generalLedgerSetup", "General Ledger Setup", "id", "R", ""),
    "generalLedgerEntries": ("generalLedgerEntry", "G/L Entry", "entryNumber", "R", ""),
    "customerFinancialDetails": ("customerFinancialDetail", "Customer", "number", "R", ""),
    "documentAttachments": ("documentAttachment", "Attachment", "fileName", "CRUD", "parentId"),
    "attachments": ("attachment", "Attachment", "fileName", "CRUD", "parentId"),
    "pictures": ("picture", "Picture", "id", "R", ""),
    "pdfDocument": ("pdfDocument", "Attachment", "id", "R", ""),
    "customerPaymentJournals": ("customerPaymentJournal", "Gen. Journal Batch", "code", "CRUD", ""),
    "customerPayments": ("customerPayment", "Gen. Journal Line", "lineNumber", "CRUD", "journalId"),
    "journals": ("journal", "Gen. Journal Batch", "code", "CRUD", ""),
    "journalLines": ("journalLine", "Gen. Journal Line", "lineNumber", "CRUD", "journalId"),
    "salesInvoices": ("salesInvoice", "Sales Invoice", "number", "CRUD", ""),
    "salesInvoiceLines": ("salesInvoiceLine", "Sales Invoice Line", "sequence", "CRUD", "documentId"),
    "salesCreditMemos": ("salesCreditMemo", "Sales Credit Memo", "number", "CRUD", ""),
    "salesCreditMemoLines": ("salesCreditMemoLine", "Sales Credit Memo Line", "sequence", "CRUD", "documentId"),
    "purchaseInvoices": ("purchaseInvoice", "Purchase Invoice", "number", "CRUD", ""),
    "purchaseInvoiceLines": ("purchaseInvoiceLine", "Purchase Invoice Line", "sequence", "CRUD", "documentId"),
    "purchaseCreditMemos": ("purchaseCreditMemo", "Purchase Credit Memo", "number", "CRUD", ""),
    "purchaseCreditMemoLines": ("purchaseCreditMemoLine", "Purch. Cr. Memo Line", "sequence", "CRUD", "documentId"),
}
_TABLES = {
    "customerPaymentJournals": "journals",
    "customerPayments": "journalLines",
    "customerFinancialDetails": "customers",
}


def _parts(name: str, fields: Mapping[str, Field]) -> dict[str, Part]:
    parts = {}
    for written in _PARTS.get(name, ()):
        if written.startswith("="):
            own, page, via = written[1:].split(":")
            parts[own] = Part(own, page, is_one=True, via=via)
        else:
            parts[written] = Part(written, written)
    for via, (own, page) in _DERIVED.items():
        if via in fields and own not in parts:
            parts[own] = Part(own, page, is_one=True, via=via)
    return parts


def _page(name: str, written: str) -> Page:
    kind, caption, order, may, parent = _NAMES[name]
    fields = read_fields(written)
    return Page(
        name=name,
        kind=kind,
        caption=caption,
        fields=fields,
        table=_TABLES.get(name, name),
        order=order,
        may=may,
        parent=parent,
        parts=_parts(name, fields),
        actions=_ACTIONS.get(name, ()),
    )


PAGES = {name: _page(name, written) for name, written in {**LIST_FIELDS, **DOCUMENT_FIELDS}.items()}

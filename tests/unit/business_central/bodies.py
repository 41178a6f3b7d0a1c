"""Documents as Business Central shows them, made up by us; every field is one of the page."""

from decimal import Decimal
from typing import Any

NO_ID = "00000000-0000-0000-0000-000000000000"
INVOICE_ID = "b6a3a6d0-7a5e-4c0b-9b52-4a6f0d7f1a01"
ORDER_ID = "b6a3a6d0-7a5e-4c0b-9b52-4a6f0d7f1a09"


def line(**more: Any) -> dict[str, Any]:
    """A line of an invoice: ten seats."""
    return {
        "id": "b6a3a6d0-7a5e-4c0b-9b52-4a6f0d7f1a02", "documentId": INVOICE_ID, "sequence": 10000, "itemId": ORDER_ID,
        "accountId": NO_ID, "lineType": "Item", "lineObjectNumber": "M365-BP", "description": "Business Premium",
        "description2": "", "unitOfMeasureId": NO_ID, "unitOfMeasureCode": "PCS", "quantity": 10,
        "unitPrice": Decimal("23.6"), "discountAmount": 0, "discountPercent": 0, "discountAppliedBeforeTax": True,
        "amountExcludingTax": Decimal("236"), "taxCode": "VAT19", "taxPercent": 19, "totalTaxAmount": Decimal("44.84"),
        "amountIncludingTax": Decimal("280.84"), "invoiceDiscountAllocation": 0, "netAmount": Decimal("236"),
        "netTaxAmount": Decimal("44.84"), "netAmountIncludingTax": Decimal("280.84"), "shipmentDate": "2026-11-01",
        "itemVariantId": NO_ID, "locationId": NO_ID, **more,
    }  # fmt: skip


def invoice(**more: Any) -> dict[str, Any]:
    """A posted invoice that is partly paid."""
    return {
        "@odata.etag": 'W/"JzIwOzEyMzQ1NjE7MDA7Jw=="', "id": INVOICE_ID.upper(), "number": "PS-INV103007",
        "externalDocumentNumber": "CONNECTOR-0123456789ABCDEF01234567", "invoiceDate": "2026-11-01",
        "postingDate": "2026-11-02", "dueDate": "2026-12-01", "promisedPayDate": "0001-01-01",
        "customerPurchaseOrderReference": "PO-1123", "customerId": ORDER_ID, "customerNumber": "C10",
        "customerName": "Alpine Ski House", "currencyId": NO_ID, "currencyCode": "EUR", "orderId": NO_ID,
        "orderNumber": "", "pricesIncludeTax": False, "remainingAmount": Decimal("80.84"), "discountAmount": 0,
        "discountAppliedBeforeTax": True, "totalAmountExcludingTax": Decimal("236"),
        "totalTaxAmount": Decimal("44.84"), "totalAmountIncludingTax": Decimal("280.84"), "status": "Open",
        "lastModifiedDateTime": "2026-11-02T10:20:30.123Z", "salesInvoiceLines": [line()], **more,
    }  # fmt: skip

"""Small vendor files in every shape Microsoft gives the same lines in."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.adapters.files.reading import Reading

Line = dict[str, Any]

_BEGINNING: Line = {
    "PartnerId": "0e195b37-4574-4539-bc42-0e539b9684c0",
    "CustomerId": "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11",
    "CustomerName": "Alpine Ski House",
    "CustomerDomainName": "alpineskihouse.example",
    "CustomerCountry": "US",
    "InvoiceNumber": "G012345678",
    "MpnId": "1234567",
    "Tier2MpnId": "0",
    "OrderId": "cf94f0bd-bf7a",
    "OrderDate": "10/1/2026",
    "ProductId": "CFQ7TTC0LCHC",
    "SkuId": "0002",
    "AvailabilityId": "CFQ7TTC0K5J2",
    "SkuName": "Microsoft 365 Business Premium",
    "ProductName": "Microsoft 365 Business Premium",
    "ChargeType": "cycleCharge",
    "UnitPrice": Decimal("31.00"),
    "Quantity": Decimal(10),
    "Subtotal": Decimal("310.00"),
    "TaxTotal": Decimal("62.00"),
    "Total": Decimal("372.00"),
    "Currency": "USD",
    "PriceAdjustmentDescription": None,
    "PublisherName": "Microsoft Corporation",
    "PublisherId": None,
    "SubscriptionDescription": "Microsoft 365 Business Premium",
    "SubscriptionId": "9d7d1f3d-c8de-461c-db6d-91debd5129f0",
    "ChargeStartDate": "10/1/2026",
    "ChargeEndDate": "10/31/2026",
    "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing",
    "EffectiveUnitPrice": Decimal("31"),
    "UnitType": None,
    "AlternateId": None,
    "BillableQuantity": Decimal(10),
    "BillingFrequency": "Monthly",
    "PricingCurrency": "USD",
    "PCToBCExchangeRate": Decimal(1),
    "PCToBCExchangeRateDate": "10/1/2026",
    "MeterDescription": None,
    "ReservationOrderId": None,
    "CreditReasonCode": None,
    "SubscriptionStartDate": "3/1/2026",
    "SubscriptionEndDate": "2/28/2027",
    "ReferenceId": None,
    "ProductQualifiers": None,
    "PromotionId": None,
    "ProductCategory": None,
}

LEDGER_HEADER = (
    "document_number,document_date,document_type,customer_id,customer_name,line_number,item_id,description,quantity,"
    "unit_price,amount,tax,currency,service_start,service_end,reference,status"
)


def line(**changes: Any) -> Line:
    """Return a reconciliation line, changed where a test needs it."""
    assert changes.keys() <= _BEGINNING.keys()
    return _BEGINNING | changes


def lines(count: int, **changes: Any) -> list[Line]:
    """Return lines that differ from each other in their order."""
    return [line(OrderId=f"order-{number}", **changes) for number in range(count)]


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """Write the lines as the portal does."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(records[0])
    writer.writerows([["" if cell is None else _cell(cell) for cell in record.values()] for record in records])
    return out.getvalue()


def as_json_lines(records: Iterable[Mapping[str, Any]], *, quoted: bool = False) -> str:
    """Write the lines as the Graph export does; `quoted` writes numbers as strings."""
    return "".join(_object(record, quoted=quoted) + "\n" for record in records)


def as_line_items(records: Iterable[Mapping[str, Any]]) -> str:
    """Write the lines as the older API does: camel case, numbers as strings, other names for two fields."""
    names = {"Total": "totalForCustomer", "Tier2MpnId": "resellerMpnId"}
    renamed = [
        {names.get(name, name[0].lower() + name[1:] if name[:2] != "PC" else "pc" + name[2:]): value
         for name, value in record.items()}
        for record in records
    ]  # fmt: skip
    items = ",\n".join(_object(record, quoted=True) for record in renamed)
    return f'{{"totalCount": 1, "items": [{items}], "attributes": {{"objectType": "Collection"}}}}'


def write(path: Path, content: str | bytes, *, packed: bool = False) -> Path:
    """Write a file and return its path."""
    text = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(text, mtime=0) if packed else text)
    return path


def rows_of(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Go through a reading and return its rows by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, batch in reading:
        found.setdefault(table, []).extend(batch.to_pylist())
    return found


def _cell(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _object(record: Mapping[str, Any], *, quoted: bool) -> str:
    cells = (
        f"{json.dumps(name)}: {f'{value:f}' if isinstance(value, Decimal) and not quoted else json.dumps(_text(value))}"
        for name, value in record.items()
    )
    return "{" + ", ".join(cells) + "}"


def _text(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value

"""The files of the world: Microsoft's exports in four formats, price sheets, subscriptions and ledgers."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from connector.sandbox.scenario.books import LEDGER_COLUMNS, LedgerLine
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.lines import COLUMNS, Cell, VendorLine, cell_text
from connector.sandbox.scenario.money import CENT, text

_V1_NAMES = {
    "Tier2MpnId": "resellerMpnId",
    "Total": "totalForCustomer",
    "PCToBCExchangeRate": "pcToBCExchangeRate",
    "PCToBCExchangeRateDate": "pcToBCExchangeRateDate",
}
_NOT_IN_V1 = ("ProductCategory",)
_V1_KEYS = tuple("" if name in _NOT_IN_V1 else _V1_NAMES.get(name, name[0].lower() + name[1:]) for name in COLUMNS)


def _token(cell: Cell) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, date):
        return f'"{cell}T00:00:00Z"'
    return json.dumps(cell, ensure_ascii=False)


def json_line(line: VendorLine) -> str:
    """A charge as one line of the Graph export."""
    return "{" + ",".join(f'"{name}":{_token(cell)}' for name, cell in zip(COLUMNS, line.cells(), strict=True)) + "}"


def write_compressed(path: Path, lines: Iterable[str]) -> None:
    """Write JSON Lines, gzip without a time stamp so that equal worlds give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=1) as packed:
        packed.write("".join(f"{line}\n" for line in lines).encode())
    path.write_bytes(raw.getvalue())


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write JSON Lines as plain text."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_portal_csv(path: Path, lines: Sequence[VendorLine]) -> None:
    """The portal's reconciliation CSV: byte order mark, dates as M/D/YYYY."""
    rows = ([_portal_cell(cell) for cell in line.cells()] for line in lines)
    write_csv(path, COLUMNS, rows, "utf-8-sig")


def _portal_cell(cell: Cell) -> str:
    return f"{cell.month}/{cell.day}/{cell.year}" if isinstance(cell, date) else cell_text(cell)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], encoding: str = "utf-8") -> None:
    """A CSV with CRLF line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as target:
        writer = csv.writer(target)
        writer.writerow(header)
        writer.writerows(rows)


def write_v1(path: Path, lines: Sequence[VendorLine]) -> None:
    """Line items as the first version of the API gave them: camelCase, numbers as text."""
    items = [json.dumps(v1_item(line), ensure_ascii=False) for line in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(items)
    end = '"attributes": {"objectType": "Collection"}}'
    path.write_text(f'{{"totalCount": {len(items)}, "items": [\n{body}\n], {end}\n', encoding="utf-8")


def v1_item(line: VendorLine) -> dict[str, object]:
    """A charge as a line item of the API's first version."""
    item: dict[str, object] = {}
    for name, cell in zip(_V1_KEYS, line.cells(), strict=True):
        if name:
            item[name] = f"{cell}T00:00:00Z" if isinstance(cell, date) else cell_text(cell)
    item["productQualifiers"] = json.loads(line.qualifiers or "[]")
    return item | {
        "discountDetails": "",
        "invoiceLineItemType": "billing_line_items",
        "billingProvider": "one_time",
        "attributes": {"objectType": "OneTimeInvoiceLineItem"},
    }


def write_json(path: Path, content: object, raw: dict[str, str] | None = None) -> None:
    """Pretty JSON; `raw` gives the exact digits that stand for placeholder texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = json.dumps(content, ensure_ascii=False, indent=1)
    for placeholder, digits in (raw or {}).items():
        written = written.replace(json.dumps(placeholder), digits)
    path.write_text(written + "\n", encoding="utf-8")


def write_invoice(
    path: Path, invoice: str, currency: str, gross: Decimal, first: date, last: date, issued: date
) -> None:
    """The invoice as `GET /v1/invoices/{id}` returns it."""
    write_json(path, invoice_document(invoice, currency, "@gross", first, last, issued), {"@gross": text(gross)})


def invoice_document(
    invoice: str, currency: str, gross: object, first: date, last: date, issued: date
) -> dict[str, object]:
    """An invoice as the API shows it; `gross` is its `totalCharges`, which include tax."""
    return {
        "id": invoice,
        "invoiceDate": f"{issued}T09:30:00Z",
        "billingPeriodStartDate": f"{first}T00:00:00Z",
        "billingPeriodEndDate": f"{last}T00:00:00Z",
        "totalCharges": gross,
        "paidAmount": 0,
        "currencyCode": currency,
        "currencySymbol": "$" if currency == "USD" else "€",
        "pdfDownloadLink": f"/invoices/{invoice}/documents/statement",
        "invoiceDetails": [
            {
                "invoiceLineItemType": "billing_line_items",
                "billingProvider": "one_time",
                "links": {
                    "self": {
                        "uri": f"/invoices/OneTime-{invoice}/lineitems/OneTime/BillingLineItems",
                        "method": "GET",
                        "headers": [],
                    }
                },
                "attributes": {"objectType": "InvoiceDetail"},
            }
        ],
        "documentType": "invoice",
        "invoiceType": "OneTime",
        "state": "",
        "links": {"self": {"uri": f"/invoices/OneTime-{invoice}", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Invoice"},
    }


def write_manifest(
    folder: Path, invoice: str, partner: str, lines: Sequence[str], parts: int, created: date, chance: Chance
) -> None:
    """A finished Graph export: a manifest and its blobs."""
    names = []
    for part in range(parts):
        name = f"part-{part:05d}-{chance.guid()}.c000.json.gz"
        write_compressed(folder / name, lines[part::parts])
        names.append({"name": name, "partitionValue": "default"})
    root = f"https://adlsreconbuprodeastus201.blob.core.windows.net/billedrecon/v1/PartnerTenantId={partner}"
    write_json(
        folder / "manifest.json",
        {
            "id": chance.guid(),
            "schemaVersion": "1",
            "dataFormat": "compressedJSON",
            "createdDateTime": f"{created}T06:34:34.87Z",
            "eTag": chance.token(17),
            "partnerTenantId": partner,
            "rootDirectory": f"{root}/BillingMonth={created:%Y%m}/InvoiceId={invoice}/Fragment=full",
            "sasToken": "sv=2021-12-02&sr=d&sp=rl&sdd=7&sig=made-up",
            "partitionType": "Default",
            "blobCount": parts,
            "blobs": names,
        },
    )


def write_ledger(path: Path, lines: Sequence[LedgerLine]) -> None:
    """A ledger export with the connector's canonical columns; numbers documents and lines in their order."""
    write_csv(path, LEDGER_COLUMNS, ledger_rows(lines))


def ledger_rows(lines: Sequence[LedgerLine]) -> list[list[str]]:
    """Ledger lines as the export writes them, in the order of LEDGER_COLUMNS."""
    numbers: dict[tuple[str, str, str, str], str] = {}
    counts: dict[str, int] = {}
    rows = []
    for line in lines:
        key = (str(line.month), line.customer_id, line.document_type, line.paper)
        prefix = "CM" if line.document_type == "credit_memo" else "INV"
        number = numbers.setdefault(key, f"{prefix}-{line.month.year % 100}{line.month.number:02d}-{len(numbers):05d}")
        counts[number] = counts.get(number, 0) + 1
        rows.append(
            [
                number,
                str(line.dated),
                line.document_type,
                line.customer_id,
                line.customer_name,
                str(counts[number]),
                line.item,
                line.description,
                _optional(line.quantity),
                _optional(line.unit_price),
                text(line.amount.quantize(CENT)),
                _optional(line.tax),
                line.currency,
                _optional(line.first),
                _optional(line.last),
                line.reference,
                line.status,
            ]
        )
    return rows


def _optional(cell: Decimal | date | None) -> str:
    return cell_text(cell)

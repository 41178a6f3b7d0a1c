"""Writes the lines of a ledger the way accounting systems export them: title rows, groups, totals, names for ids."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl

Line = dict[str, str]
Cells = list[object]
VOID = ("void", "voided", "draft", "deleted")


@dataclass(frozen=True, slots=True)
class Written:
    """The files a layout was written to, the profile that reads them, and the same lines as our own layout has them."""

    paths: list[Path]
    profile: str
    canonical: list[Line]


def signed(line: Line) -> Decimal:
    """The amount as a report shows it: what is given back is negative."""
    amount = Decimal(line["amount"])
    return -amount if line["document_type"] == "credit_memo" and amount > 0 else amount


def unique_names(lines: Iterable[Line], column: str, name_of: Callable[[Line], str]) -> dict[str, str]:
    """A name for every id, no two the same."""
    names: dict[str, str] = {}
    for line in lines:
        if line[column] not in names:
            name = name_of(line)
            names[line[column]] = name if name not in names.values() else f"{name} ({line[column]})"
    return names


def spelled(number: Decimal) -> str:
    """A number as the reports print it: thousands separated, never fewer than two decimals."""
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number:,f}"


def american(text: str) -> str:
    """A day as 11/02/2026."""
    return date.fromisoformat(text).strftime("%m/%d/%Y")


def number(text: str) -> str:
    """A number of the ledger as the reports print it; empty stays empty."""
    return spelled(Decimal(text)) if text else ""


def quickbooks_online_csv(lines: Sequence[Line], folder: Path, ledger: str) -> Written:
    """Sales by Customer Detail as the web interface exports it to CSV: grouped by customer, each with its total."""
    people = unique_names(lines, "customer_id", lambda line: line["customer_name"] or line["customer_id"])
    items = unique_names(lines, "item_id", lambda line: f"Cloud:{line['item_id']} plan")
    rows: list[list[str]] = [
        ["Sales by Customer Detail"], ["Example Partner, Inc."], ["November 2026"], [],
        ["", "Date", "Transaction Type", "Num", "Product/Service", "Memo/Description", "Qty", "Sales Price", "Amount",
         "Balance", "Currency"],
    ]  # fmt: skip
    several = len({line["currency"] for line in lines}) > 1
    for customer in sorted(people, key=people.__getitem__):
        rows.append([people[customer]])
        balance = Decimal(0)
        for line in (line for line in lines if line["customer_id"] == customer):
            amount = signed(line)
            balance += amount
            kind = "Credit Memo" if line["document_type"] == "credit_memo" else "Invoice"
            rows.append(
                ["", american(line["document_date"]), kind, line["document_number"], items[line["item_id"]],
                 line["reference"] or line["description"], number(line["quantity"]), number(line["unit_price"]),
                 spelled(amount), spelled(balance), line["currency"]]
            )  # fmt: skip
        total = sum((signed(line) for line in lines if line["customer_id"] == customer), Decimal(0))
        rows.append([f"Total for {people[customer]}", *[""] * 7, "" if several else f"${spelled(total)}", "", ""])
    whole = sum(map(signed, lines), Decimal(0))
    rows.append(["TOTAL", *[""] * 7, "" if several else f"${spelled(whole)}", "", ""])
    rows += [[], ["Tuesday, November 24, 2026 08:15 AM GMT-05:00 - Accrual Basis"]]
    path = folder / f"{ledger}-sales.csv"
    path.write_text(as_text(rows), encoding="utf-8-sig")
    memo = [
        carried(line, description=line["reference"] or line["description"],
                reference=line["reference"] or line["description"], customer_id=people[line["customer_id"]],
                customer_name=people[line["customer_id"]], item_id=items[line["item_id"]])
        for line in lines
    ]  # fmt: skip
    return Written([path], "quickbooks-online-sales-by-customer-detail", memo)


def quickbooks_online_xlsx(lines: Sequence[Line], folder: Path, ledger: str) -> Written:
    """A transaction list as the web interface exports it to Excel: real dates and numbers, payments among the lines."""
    people = unique_names(lines, "customer_id", lambda line: line["customer_name"] or line["customer_id"])
    items = unique_names(lines, "item_id", lambda line: f"Cloud:{line['item_id']} plan")
    rows: list[Cells] = [
        ["Transaction List by Date"], ["Example Partner, Inc."], [],
        ["Date", "Transaction Type", "Num", "Posting", "Name", "Item", "Memo/Description", "Qty", "Rate", "Amount",
         "Currency"],
    ]  # fmt: skip
    for at, line in enumerate(lines):
        kind = "Credit Memo" if line["document_type"] == "credit_memo" else "Invoice"
        rows.append(
            [date.fromisoformat(line["document_date"]), kind, line["document_number"], "Yes",
             people[line["customer_id"]], items[line["item_id"]], line["reference"] or line["description"],
             cell(line["quantity"]), cell(line["unit_price"]), cell(str(signed(line))), line["currency"]]
        )  # fmt: skip
        if at % 9 == 0:
            paid = Decimal("10.10")
            rows.append(
                [date(2026, 11, 5), "Payment", "", "Yes", people[line["customer_id"]], "", "", None, None,
                 cell(str(-paid)), line["currency"]]
            )  # fmt: skip
    path = folder / f"{ledger}-list.xlsx"
    as_workbook({"Transaction List by Date": rows}, path)
    memo = [
        carried(line, description=line["reference"] or line["description"], status="posted",
                reference=line["reference"] or line["description"], customer_id=people[line["customer_id"]],
                customer_name=people[line["customer_id"]], item_id=items[line["item_id"]])
        for line in lines
    ]  # fmt: skip
    return Written([path], "quickbooks-online-transaction-list", memo)


def quickbooks_desktop_csv(lines: Sequence[Line], folder: Path, ledger: str) -> Written:
    """Sales by Customer Detail as the desktop program exports it: customers in the lines, totals between them.

    It names no currency: everything is in the company's own.
    """
    home = Counter(line["currency"] for line in lines).most_common(1)[0][0]
    people = unique_names(lines, "customer_id", lambda line: line["customer_name"] or line["customer_id"])
    items = unique_names(lines, "item_id", lambda line: f"{line['item_id']} (Cloud plan)")
    rows = [["", "Type", "Date", "Num", "Memo", "Name", "Item", "Qty", "Sales Price", "Amount", "Balance"]]
    for customer in sorted(people, key=people.__getitem__):
        own = [line for line in lines if line["customer_id"] == customer]
        rows.append([people[customer], *[""] * 10])
        for line in own:
            kind = "Credit Memo" if line["document_type"] == "credit_memo" else "Invoice"
            rows.append(
                ["", kind, american(line["document_date"]), line["document_number"],
                 line["reference"] or line["description"], people[customer], items[line["item_id"]],
                 line["quantity"], line["unit_price"], f"{signed(line):f}", ""]
            )  # fmt: skip
        total = sum(map(signed, own), Decimal(0))
        rows.append([f"Total {people[customer]}", *[""] * 8, f"{total:f}", f"{total:f}"])
    whole = sum(map(signed, lines), Decimal(0))
    rows.append(["TOTAL", *[""] * 8, f"{whole:f}", f"{whole:f}"])
    path = folder / f"{ledger}-desktop.csv"
    path.write_text(as_text(rows), encoding="utf-8")
    memo = [
        carried(line, currency=home, description=line["reference"] or line["description"],
                reference=line["reference"] or line["description"], customer_id=people[line["customer_id"]],
                customer_name=people[line["customer_id"]], item_id=items[line["item_id"]])
        for line in lines
    ]  # fmt: skip
    return Written([path], "quickbooks-desktop-sales-by-customer-detail", memo)


def business_central_xlsx(lines: Sequence[Line], folder: Path, ledger: str) -> Written:
    """The lists of posted invoice and credit memo lines, opened in Excel: ids, real dates, a comment here and there."""
    header: Cells = [
        "Document No.", "Posting Date", "Sell-to Customer No.", "Sell-to Customer Name", "Line No.", "Type", "No.",
        "Description", "Description 2", "Quantity", "Unit Price Excl. VAT", "Amount", "Currency Code",
    ]  # fmt: skip
    paths = []
    for kind, title in (("invoice", "Posted Sales Invoice Lines"), ("credit_memo", "Posted Sales Credit Memo Lines")):
        own = [line for line in lines if line["document_type"] == kind]
        if not own:
            continue
        rows: list[Cells] = [header]
        rows += [
                [line["document_number"], date.fromisoformat(line["document_date"]), line["customer_id"],
                 line["customer_name"], cell(line["line_number"]), "Item", line["item_id"], line["description"],
                 line["reference"], cell(line["quantity"]), cell(line["unit_price"]), cell(line["amount"]),
                 line["currency"]]
            for line in own
        ]  # fmt: skip
        rows.insert(2, [own[0]["document_number"], None, own[0]["customer_id"], None, 15000, "Comment", None, "Thanks"])
        path = folder / f"{ledger} {title}.xlsx"
        as_workbook({"Sheet1": rows}, path)
        paths.append(path)
    kept = [carried(line, status="item", line_number=line["line_number"]) for line in lines]
    return Written(paths, "business-central-posted-sales-invoice-lines", kept)


def carried(line: Line, **changes: str) -> Line:
    """A line with no more than most exports carry: no service dates, no tax, no number of its own."""
    without = {"tax": "", "service_start": "", "service_end": "", "line_number": "", "status": ""}
    return {**line, **without, **changes}


def cell(text: str) -> float | None:
    """A number as a workbook holds it."""
    return float(text) if text else None


def as_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def as_workbook(sheets: dict[str, list[Cells]], path: Path) -> None:
    """Sheets as an Excel workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for text in (each for row in sheet.iter_rows() for each in row if isinstance(each.value, str)):
            text.data_type = "s"  # a name may look like a formula
    book.save(path)


LAYOUTS = {
    "QuickBooks Online, CSV": quickbooks_online_csv,
    "QuickBooks Online, XLSX": quickbooks_online_xlsx,
    "QuickBooks Desktop, CSV": quickbooks_desktop_csv,
    "Business Central, XLSX": business_central_xlsx,
}

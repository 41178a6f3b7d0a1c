"""The entries posting writes into the general ledger, in the company's own currency."""

from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import copy_dimensions
from connector.sandbox.business_central.documents import blank
from connector.sandbox.business_central.kinds import Kind
from connector.sandbox.business_central.pricing import code_of, rate_on
from connector.sandbox.business_central.sums import ZERO, rounded


def write_entries(company: Company, kind: Kind, document: Thing, lines: list[Thing]) -> None:
    """Post a document's net amounts, its tax, and what the customer or vendor owes; the last evens out the cents."""
    rate = rate_on(company, code_of(company, document), document["postingDate"])
    side = (1 if kind.is_sale else -1) * (-1 if kind.is_credit else 1)
    names = company.setup.accounts
    owed = ZERO
    for line in lines:
        if line["lineType"] == "Comment" or not line["netAmount"]:
            continue
        number = names["sales" if kind.is_sale else "purchases"]
        if line["lineType"] == "Account":
            number = line["lineObjectNumber"]
        net = rounded(line["netAmount"] * rate, company.setup.amount_precision)
        owed += net
        _entry(company, kind, document, number, -side * net, line["description"], line["id"])
    tax = rounded(document["totalTaxAmount"] * rate, company.setup.amount_precision)
    if tax:
        owed += tax
        _entry(company, kind, document, names["sales_tax" if kind.is_sale else "purchase_tax"], -side * tax)
    _entry(company, kind, document, names["receivables" if kind.is_sale else "payables"], side * owed)


def write_payment(
    company: Company, payment: Thing, account: str, own: str, amount: Decimal, kind: str = "Payment"
) -> None:
    """Post a payment: `amount` on the customer's account (negative when money came in), the opposite on the bank's.

    What moves an amount between two accounts of the general ledger is of the blank `kind`.
    """
    for number, value in ((own, amount), (account, -amount)):
        row = {
            "documentNumber": payment["documentNumber"],
            "documentType": kind,
            "postingDate": payment["postingDate"],
            "description": payment["description"],
        }
        _put(company, row, number, value)


def _entry(
    company: Company, kind: Kind, document: Thing, number: str, amount: Decimal, text: str = "", source: str = ""
) -> None:
    row = {
        "documentNumber": document["number"],
        "documentType": "Credit_x0020_Memo" if kind.is_credit else "Invoice",
        "postingDate": document["postingDate"],
        "description": text or f"{kind.noun} {document['number']}",
    }
    kept = _put(company, row, number, amount)
    copy_dimensions(company, source or document["id"], "generalLedgerEntries", kept["id"])


def _put(company: Company, row: dict[str, Any], number: str, amount: Decimal) -> Thing:
    account = company.one("accounts", number=number)
    entry = blank("generalLedgerEntries") | row
    entry |= {
        "entryNumber": len(company.tables["generalLedgerEntries"]) + 1,
        "accountId": account["id"] if account else "",
        "accountNumber": number,
        "debitAmount": max(amount, ZERO),
        "creditAmount": max(-amount, ZERO),
    }
    return company.put("generalLedgerEntries", entry)

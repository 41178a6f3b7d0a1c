"""Journals: payments are written into them line by line, and posting the journal posts every line in it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.documents import blank
from connector.sandbox.business_central.fields import NO_DAY, NO_ID
from connector.sandbox.business_central.ledger_entries import write_payment
from connector.sandbox.business_central.pages import Page
from connector.sandbox.business_central.posting import refresh_status
from connector.sandbox.business_central.refusals import same_key, stopped
from connector.sandbox.business_central.sums import ZERO

_TEMPLATES = {"customerPaymentJournals": "CASHRCPT", "journals": "GENERAL"}
_STEP = 10_000


def create_journal(company: Company, page: Page, values: Mapping[str, Any]) -> Thing:
    """A new journal batch; raises Refused."""
    if not values.get("code"):
        raise stopped('A "code" must be provided.')
    template = values.get("templateDisplayName") or _TEMPLATES[page.name]
    if company.one("journals", code=values["code"], _template=template) is not None:
        raise same_key("Gen. Journal Batch", "Name", values["code"])
    row = blank("journals") | {"_template": template, "templateDisplayName": template}
    return company.put("journals", _with_account(company, {**row, **values}, values))


def change_journal(company: Company, page: Page, old: Thing, values: Mapping[str, Any]) -> Thing:
    """A journal batch with other values."""
    return company.put(page.table, _with_account(company, {**old, **values}, values), old)


def create_journal_line(company: Company, page: Page, parent: Thing | None, values: Mapping[str, Any]) -> Thing:
    """A new line at the end of a journal; raises Refused."""
    journal = parent or company.tables["journals"].get(values.get("journalId", NO_ID))
    if journal is None:
        raise stopped('The "journalId" must be specified.')
    lines = company.those("journalLines", "journalId", journal["id"])
    number = values.get("lineNumber") or max((int(line["lineNumber"]) for line in lines), default=0) + _STEP
    row = blank("customerPayments") | blank("journalLines")
    row |= {"journalId": journal["id"], "journalDisplayName": journal["code"], "lineNumber": number}
    row |= {"postingDate": company.today(), "balancingAccountNumber": journal["balancingAccountNumber"]}
    row["documentNumber"] = values.get("documentNumber") or company.next_number("PAYMENT")
    if page.name == "customerPayments":
        row |= {"accountType": "Customer", "_type": "Payment"}
    return company.put("journalLines", _write(company, row, values))


def change_journal_line(company: Company, page: Page, old: Thing, values: Mapping[str, Any]) -> Thing:
    """A journal line with other values; raises Refused."""
    return company.put(page.table, _write(company, dict(old), values), old)


def post_journal(company: Company, journal: Thing) -> None:
    """Post every line of a journal, whoever wrote it; raises Refused."""
    lines = company.those("journalLines", "journalId", journal["id"])
    if not lines:
        raise stopped("There is nothing to post.")
    first, last = company.setup.posting_from, company.setup.posting_to
    for line in lines:
        day = line["postingDate"]
        if (first != NO_DAY and day < first) or (last != NO_DAY and day > last):
            raise stopped("Posting Date is not within your range of allowed posting dates in Gen. Journal Line.")
    for line in lines:
        bank = line["balancingAccountNumber"] or company.setup.accounts["bank"]
        if line["accountType"] == "Customer":
            _settle(company, line)
            write_payment(company, line, bank, company.setup.accounts["receivables"], line["amount"])
        else:
            write_payment(company, line, bank, line["accountNumber"], line["amount"], kind="_x0020_")
        company.remove("journalLines", line)


def pay(company: Company, page: str, document: Thing, amount: Decimal) -> None:
    """Set a payment off against a posted document; raises Refused when it is more than what is open."""
    left = company.remaining.get(document["id"], ZERO)
    if amount > left:
        raise stopped(f"The remaining amount of {document['number']} is {left}, less than the payment.")
    company.set_remaining(document["id"], left - amount)
    refresh_status(company, page, document["id"])


def _settle(company: Company, line: Thing) -> None:
    number = line["appliesToInvoiceNumber"]
    invoice = company.one("salesInvoices", number=number, _posted=True) if number else None
    if number and invoice is None:
        raise stopped(f"The invoice {number} cannot be found.")
    paid = -line["amount"]
    if invoice is not None:
        applied = min(paid, company.remaining.get(invoice["id"], ZERO))
        pay(company, "salesInvoices", invoice, applied)
        paid -= applied
    customer = company.row("customers", line["customerId"])
    if paid:
        on_account = {**customer, "_on_account": customer.get("_on_account", ZERO) - paid}
        company.put("customers", on_account, customer, at=customer["lastModifiedDateTime"])


def _with_account(company: Company, row: Thing, values: Mapping[str, Any]) -> Thing:
    key = values.get("balancingAccountId")
    if key and key != NO_ID:
        account = company.tables["accounts"].get(key)
        if account is None:
            raise stopped("The balancing account cannot be found.")
        row["balancingAccountNumber"] = account["number"]
    return row


def _write(company: Company, row: Thing, values: Mapping[str, Any]) -> Thing:
    row |= {name: value for name, value in values.items() if name not in ("journalId", "documentNumber", "lineNumber")}
    for table, key, number in (
        ("customers", "customerId", "customerNumber"),
        ("accounts", "accountId", "accountNumber"),
    ):
        if values.get(key, NO_ID) == NO_ID and not values.get(number):
            continue
        by_id = values.get(key, NO_ID) != NO_ID
        card = company.tables[table].get(values[key]) if by_id else company.one(table, number=values[number])
        if card is None:
            raise stopped(f"The {table.removesuffix('s')} cannot be found.")
        row |= {key: card["id"], number: card["number"]}
        row["description"] = values.get("description") or card["displayName"]
    if values.get("appliesToInvoiceId", NO_ID) != NO_ID:
        invoice = company.tables["salesInvoices"].get(values["appliesToInvoiceId"])
        if invoice is None or not invoice["_posted"]:
            raise stopped("The invoice cannot be found.")
        row["appliesToInvoiceNumber"] = invoice["number"]
    return row

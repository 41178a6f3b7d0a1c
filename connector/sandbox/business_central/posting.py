"""Posting: a draft becomes a posted document with a number of its own, and the books get their entries.

Source: Microsoft's base application. The id stays, the number changes, and what is checked only now is checked now:
the customer, the posting groups, the dates, the dimensions, the vendor's own number.
"""

from decimal import Decimal

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import copy_dimensions, dimensions_of
from connector.sandbox.business_central.documents import refuse_blocked
from connector.sandbox.business_central.fields import NO_DAY, NO_ID
from connector.sandbox.business_central.kinds import Kind
from connector.sandbox.business_central.ledger_entries import write_entries
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.business_central.refusals import Refused, must_be, needs_value, stopped
from connector.sandbox.business_central.sums import ZERO, lines_of, rounded, settle


def post(company: Company, kind: Kind, key: str) -> Thing:
    """Post a draft; returns the posted document. Raises Refused; what was changed before stays, as in the service."""
    document = company.row(kind.page, key, f"{kind.header.split()[0]} {kind.noun}")
    if document["_posted"]:
        raise stopped(f"The action can be applied to a draft {kind.named} only.")
    company.commit()
    if document["_state"] == "Pending Approval" or _needs_approval(company, kind, document):
        if company.behaviour.silent_approval:
            no = f"There is no {PAGES[kind.page].caption} within the filter."
            raise Refused(400, "Internal_DataNotFoundFilter", no)
        raise stopped("This document can only be released when the approval process is complete.")
    lines = lines_of(company, kind, key)
    _check(company, kind, document, lines)
    _round_total(company, kind, document)
    lines = lines_of(company, kind, key)
    document = company.row(kind.page, key)
    number = company.next_number(kind.posted_series)
    if not company.behaviour.line_ids_survive:
        for line in lines:
            _renew(company, kind, line)
        lines = lines_of(company, kind, key)
    total = document["totalAmountIncludingTax"]
    company.set_remaining(key, total)
    posted = {**document, "number": number, "_posted": True, "_state": "", "status": "Open" if total else "Paid"}
    posted = company.put(kind.page, posted, document)
    write_entries(company, kind, posted, lines)
    if kind.is_credit and posted["invoiceNumber"]:
        apply_credit(company, kind, posted)
    return company.row(kind.page, key)


def apply_credit(company: Company, kind: Kind, memo: Thing) -> None:
    """Set a posted credit memo off against the invoice it names."""
    invoices = kind.page.replace("CreditMemos", "Invoices")
    invoice = company.one(invoices, number=memo["invoiceNumber"], _posted=True)
    if invoice is None:
        return
    part = min(company.remaining.get(memo["id"], ZERO), company.remaining.get(invoice["id"], ZERO))
    for page, row in ((kind.page, memo), (invoices, invoice)):
        company.set_remaining(row["id"], company.remaining.get(row["id"], ZERO) - part)
        refresh_status(company, page, row["id"])


def refresh_status(company: Company, page: str, key: str) -> None:
    """Show whether a posted document is open or paid; only a change of that touches the row."""
    row = company.row(page, key)
    if row["status"] in ("Canceled", "Corrective"):
        return
    status = "Open" if company.remaining.get(key, ZERO) else "Paid"
    if row["status"] != status:
        company.put(page, {**row, "status": status}, row)


def check_day(company: Company, kind: Kind, document: Thing) -> None:
    """Refuse a posting date in a closed period."""
    first, last = company.setup.posting_from, company.setup.posting_to
    day = document["postingDate"]
    if (first != NO_DAY and day < first) or (last != NO_DAY and day > last):
        where = f"{kind.header}: Document Type={kind.noun}, No.={document['number']}"
        raise stopped(f"Posting Date is not within your range of allowed posting dates in {where}.")


def _check(company: Company, kind: Kind, document: Thing, lines: list[Thing]) -> None:
    key = f"Document Type={kind.noun}, No.={document['number']}"
    party = company.row(kind.parties, document[f"{kind.party}Id"])
    title = kind.party.title()
    refuse_blocked(kind, party, "post")
    check_day(company, kind, document)
    if not kind.is_sale and not document[kind.external] and company.setup.vendor_number_mandatory:
        field = "Vendor Cr. Memo No." if kind.is_credit else "Vendor Invoice No."
        no = f"You need to enter the document number of the document from the vendor in the {field} field"
        raise stopped(f"{no}, so that this document stays linked to the original.")
    if kind.is_sale and not document[kind.external] and company.setup.external_number_mandatory:
        raise needs_value("External Document No.", kind.header, key)
    if not any(line["quantity"] for line in lines):
        raise stopped("There is nothing to post because the document does not contain a quantity or amount.")
    for group, name in (("Gen. Bus. Posting Group", "_business_group"), (f"{title} Posting Group", "_posting_group")):
        if not party[name]:
            raise needs_value(group, title, f"No.={party['number']}")
    for line in lines:
        _check_line(company, kind, document, line, key)
    if document["totalAmountIncludingTax"] < 0:
        raise stopped(f"The total amount for the {kind.named} must be 0 or greater.")
    if not kind.is_sale:
        _check_vendor_number(company, kind, document)


def _check_line(company: Company, kind: Kind, document: Thing, line: Thing, key: str) -> None:
    if line["lineType"] == "Item" and line["quantity"]:
        item = company.row("items", line["itemId"])
        where = f"Item: No.={item['number']}"
        if item["blocked"]:
            raise must_be(f"Blocked must be equal to 'No' in {where}. Current value is 'Yes'.")
        if not item["generalProductPostingGroupCode"]:
            raise needs_value("Gen. Prod. Posting Group", "Item", f"No.={item['number']}")
    if line["lineType"] == "Account" and company.row("accounts", line["accountId"])["blocked"]:
        where = f"G/L Account: No.={line['lineObjectNumber']}"
        raise must_be(f"Blocked must be equal to 'No' in {where}. Current value is 'Yes'.")
    has_rate = (document["_tax_area"], line["taxCode"]) in company.rates
    if line["lineType"] != "Comment" and line["quantity"] and not company.has_sales_tax and not has_rate:
        fields = f"VAT Bus. Posting Group='{document['_tax_area']}',VAT Prod. Posting Group='{line['taxCode']}'"
        raise stopped(f"The VAT Posting Setup does not exist. Identification fields and values: {fields}")
    given = {one["code"] for one in (*dimensions_of(company, document["id"]), *dimensions_of(company, line["id"]))}
    for code in company.setup.mandatory_dimensions:
        if code not in given and line["quantity"]:
            who = f"{kind.party.title()} {document[f'{kind.party}Number']}"
            where = f"{kind.noun} {document['number']}, line no. {line['sequence']}"
            no = f"The dimensions used in {where} are invalid."
            raise stopped(f"{no} Select a Dimension Value Code for the Dimension Code {code} for {who}.")


def _check_vendor_number(company: Company, kind: Kind, document: Thing) -> None:
    """A vendor's own number can be posted once, unless what has it was canceled."""
    number = document[kind.external]
    for other in company.find(kind.page, **{kind.external: number}) if number else ():
        same = other["_posted"] and other["vendorId"] == document["vendorId"] and other["id"] != document["id"]
        if same and other["status"] != "Canceled":
            raise stopped(f"Purchase {kind.noun} {number} already exists for this vendor.")


def _needs_approval(company: Company, kind: Kind, document: Thing) -> bool:
    limit = company.setup.approval_from
    if limit is None or not kind.is_sale or document["_state"] == "Released":
        return False
    return bool(document["totalAmountIncludingTax"] >= limit)


def _renew(company: Company, kind: Kind, line: Thing) -> None:
    """Posted lines are rows of another table and have ids of their own."""
    moved = {**line}
    del moved["id"]
    kept = company.put(kind.lines, moved)
    copy_dimensions(company, line["id"], kind.lines, kept["id"])
    for dimension in dimensions_of(company, line["id"]):
        company.remove("dimensionSetLines", dimension)
    company.remove(kind.lines, line)


def _round_total(company: Company, kind: Kind, document: Thing) -> None:
    """With invoice rounding, posting adds a line with the cents that are missing to a round total."""
    step = company.setup.invoice_rounding
    total = document["totalAmountIncludingTax"]
    missing = rounded(total, step) - total if step else Decimal(0)
    if not missing:
        return
    account = company.one("accounts", number=company.setup.accounts["rounding"])
    lines = lines_of(company, kind, document["id"])
    row = {
        **{name: value for name, value in lines[-1].items() if name not in ("id", "_version")},
        "sequence": int(lines[-1]["sequence"]) + 10_000, "itemId": NO_ID, "lineType": "Account",
        "accountId": account["id"] if account else NO_ID, "lineObjectNumber": company.setup.accounts["rounding"],
        "description": "Invoice Rounding", "quantity": Decimal(1), kind.price: missing, "discountPercent": ZERO,
        "taxCode": "ZERO", "unitOfMeasureId": NO_ID, "unitOfMeasureCode": "",
    }  # fmt: skip
    company.put(kind.lines, row)
    settle(company, kind, document["id"])

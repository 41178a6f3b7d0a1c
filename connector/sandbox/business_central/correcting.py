"""Takes posted documents back: a corrective credit memo as a draft, or canceling, which posts it and closes both."""

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import copy_dimensions
from connector.sandbox.business_central.documents import blank
from connector.sandbox.business_central.kinds import KINDS, Kind
from connector.sandbox.business_central.posting import post
from connector.sandbox.business_central.refusals import Refused, stopped
from connector.sandbox.business_central.sums import ZERO, lines_of, settle


def make_corrective_memo(company: Company, kind: Kind, document: Thing) -> Thing:
    """A draft credit memo over a posted invoice that nobody has paid anything of; raises Refused."""
    _check_uncorrected(kind, document)
    left, total = company.remaining.get(document["id"], ZERO), document["totalAmountIncludingTax"]
    if left == 0 and total:
        raise stopped(f"The {kind.named} is closed. The corrective credit memo will not be applied to it.")
    if left != total:
        raise stopped(
            f"The {kind.named} is partially paid or credited. The corrective credit memo may not be fully closed."
        )
    return _copy(company, kind, document)


def cancel(company: Company, kind: Kind, key: str, twist: str = "") -> Thing:
    """Cancel a posted document by a credit memo that is posted and applied; returns the document.

    Raises Refused; as in the service, a failure may leave a credit memo behind: made and not posted
    (`cancel-fails-drafted`), or even posted (`cancel-fails-posted`).
    """
    document = company.row(kind.page, key)
    _check_uncorrected(kind, document)
    if company.remaining.get(key, ZERO) != document["totalAmountIncludingTax"]:
        raise stopped(
            f"You cannot cancel this posted {kind.named} because it is partially paid or credited. "
            "To reverse this document, you must manually create a credit memo."
        )
    against = KINDS[kind.page.replace("Invoices", "CreditMemos")] if not kind.is_credit else kind
    memo = _copy(company, kind, document)
    company.commit()
    failed = f"Canceling the {kind.named} failed because of the following error: "
    if twist == "cancel-fails-drafted":
        raise stopped(f"{failed}The posting was interrupted. A credit memo is created but not posted.")
    try:
        memo = post(company, against, memo["id"])
    except Refused as no:
        raise stopped(f"{failed}{no.message} A credit memo is created but not posted.") from None
    for page, row, status in ((kind.page, document, "Canceled"), (against.page, memo, "Corrective")):
        company.set_remaining(row["id"], ZERO)
        now = company.row(page, row["id"])
        company.put(page, {**now, "status": status}, now)
    if twist == "cancel-fails-posted":
        company.commit()
        raise stopped(f"{failed}The application was interrupted. A credit memo is posted.")
    return company.row(kind.page, key)


def _check_uncorrected(kind: Kind, document: Thing) -> None:
    if not document["_posted"]:
        raise stopped(f"The action can be applied to a posted {kind.named} only.")
    if document["status"] == "Canceled":
        raise stopped(f"The {kind.named} cannot be canceled because it has already been canceled.")
    if document["status"] == "Corrective":
        raise stopped(f"The {kind.named} cannot be canceled because it corrects another document.")


def _copy(company: Company, kind: Kind, document: Thing) -> Thing:
    """A draft credit memo with everything the document has."""
    against = KINDS[kind.page.replace("Invoices", "CreditMemos")]
    row = blank(against.page)
    row |= {name: value for name, value in document.items() if name in row or name.startswith("_")}
    row.pop("_version", None)
    row |= {"_posted": False, "_state": "", "status": "Draft", "number": company.next_number(against.draft_series)}
    today = company.today()
    row |= {"postingDate": today, against.dated: today, "dueDate": today, "invoiceNumber": document["number"]}
    memo = company.put(against.page, row)
    copy_dimensions(company, document["id"], against.page, memo["id"])
    for line in lines_of(company, kind, document["id"]):
        inner = blank(against.lines)
        inner |= {name: value for name, value in line.items() if name in inner}
        inner["documentId"] = memo["id"]
        kept = company.put(against.lines, inner)
        copy_dimensions(company, line["id"], against.lines, kept["id"])
    return settle(company, against, memo["id"])

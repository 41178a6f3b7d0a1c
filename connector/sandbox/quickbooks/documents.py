"""The rules of documents: invoices and credit memos to customers, bills and credits from vendors."""

import re
from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from connector.sandbox.quickbooks import taxes
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.currencies import money_of, open_amount
from connector.sandbox.quickbooks.expense_lines import compose_bought
from connector.sandbox.quickbooks.money import ZERO, money
from connector.sandbox.quickbooks.numbering import number_of
from connector.sandbox.quickbooks.refusals import (
    Refused,
    business,
    duplicate_number,
    feature,
    invalid_reference,
    missing,
    refused,
)
from connector.sandbox.quickbooks.sales_lines import compose_sales
from connector.sandbox.quickbooks.shapes import words

PURCHASES = ("Bill", "VendorCredit")
_KEPT = words(
    "PrivateNote CustomerMemo DeliveryInfo BillAddr ShipAddr ShipFromAddr FreeFormAddress BillEmail BillEmailCc "
    "BillEmailBcc ShipDate TrackingNum TxnSource TransactionLocationType PaymentRefNum ProjectRef RemitToAddr Memo "
    "VendorAddr AllowOnlineACHPayment AllowOnlineCreditCardPayment AllowOnlinePayment"
)


def compose_sale(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """An invoice or credit memo as it will be kept; raises Refused for what breaks a rule."""
    absent = [name for name in ("CustomerRef", "Line") if not wanted.get(name)]
    if absent:
        raise Refused([missing(name) for name in absent])
    customer = company.refer("Customer", wanted["CustomerRef"]["value"])
    day = wanted.get("TxnDate") or company.today().isoformat()
    company.check_open(day, old["TxnDate"] if old else None)
    if old is not None and old["CustomerRef"]["value"] != customer["Id"] and old.get("LinkedTxn"):
        raise business("Business Validation Error: The customer of a paid transaction can't be changed.")
    how = taxes.method(company, wanted)
    made = compose_sales(company, wanted["Line"], old, how)
    after = bool(wanted.get("ApplyTaxAfterDiscount"))
    detail = taxes.compute(company, how, made, wanted, customer, after)
    for line in made.kept:
        if line["DetailType"] == "SubTotalLineDetail":
            line["Amount"] = money(made.subtotal)
    total = money(made.subtotal - made.discount + detail["TotalTax"])
    if total < 0:
        raise business("Business Validation Error: The transaction amount must be 0 or greater.")
    thing: Thing = {name: wanted[name] for name in _KEPT if wanted.get(name) not in (None, "")}
    thing |= number_of(company, entity, wanted, old)
    thing |= {"TxnDate": day, **money_of(company, wanted, customer, total), **_tracked(company, wanted)}
    thing |= {"CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]}}
    thing |= {"Line": made.kept, "TxnTaxDetail": detail, "TotalAmt": total, "ApplyTaxAfterDiscount": after}
    thing |= {"PrintStatus": wanted.get("PrintStatus") or "NeedToPrint", "CustomField": _custom(company, wanted)}
    if how != "US":
        thing["GlobalTaxCalculation"] = how
    _address(company, thing, customer, wanted.get("_sent", ()))
    _post(thing, wanted)
    applied = old["TotalAmt"] - old["Balance"] if old else ZERO
    if total < applied:
        raise business("Business Validation Error: The amount is less than what has been paid or applied already.")
    open_amount(thing, money(total - applied))
    thing["LinkedTxn"] = (old or {}).get("LinkedTxn", [])
    if entity == "CreditMemo":
        thing["RemainingCredit"] = thing["Balance"]
        return thing
    thing |= {"Deposit": ZERO, "AllowIPNPayment": False}
    return thing | _due(company, wanted, day)


def compose_purchase(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A bill or a vendor's credit as it will be kept."""
    absent = [name for name in ("VendorRef", "Line") if not wanted.get(name)]
    if absent:
        raise Refused([missing(name) for name in absent])
    vendor = company.refer("Vendor", wanted["VendorRef"]["value"])
    day = wanted.get("TxnDate") or company.today().isoformat()
    company.check_open(day, old["TxnDate"] if old else None)
    how = taxes.method(company, wanted)
    made = compose_bought(company, wanted["Line"], old, how)
    detail = taxes.compute(company, how, made, wanted, None, after_discount=False)
    total = money(made.subtotal + detail["TotalTax"])
    if total < 0:
        raise business("Business Validation Error: The transaction amount must be 0 or greater.")
    payable = company.refer("Account", wanted.get("APAccountRef", {}).get("value") or "33")
    if payable["AccountType"] != "Accounts Payable":
        raise invalid_reference("APAccountRef")
    number = wanted.get("DocNumber")
    if number and _warns(company, "WarnDuplicateBillNumber") and company.behaviour.unique_numbers:
        for other, found in company.numbered(number):
            same = other == entity and found["VendorRef"]["value"] == vendor["Id"]
            if same and not (old and found["Id"] == old["Id"]) and not wanted.get("_allow_duplicate"):
                raise duplicate_number(number, entity, found["Id"])
    thing: Thing = {name: wanted[name] for name in _KEPT if wanted.get(name) not in (None, "")}
    if number:
        thing["DocNumber"] = number
    thing |= {"TxnDate": day, **money_of(company, wanted, vendor, total), **_tracked(company, wanted)}
    thing |= {"VendorRef": {"value": vendor["Id"], "name": vendor["DisplayName"]}}
    thing |= {"APAccountRef": {"value": payable["Id"], "name": payable["Name"]}}
    thing |= {"Line": made.kept, "TotalAmt": total, "LinkedTxn": (old or {}).get("LinkedTxn", [])}
    if how != "US":
        thing |= {"GlobalTaxCalculation": how, "TxnTaxDetail": detail}
    applied = old["TotalAmt"] - old["Balance"] if old else ZERO
    if total < applied:
        raise business("Business Validation Error: The amount is less than what has been paid already.")
    open_amount(thing, money(total - applied))
    return thing | (_due(company, wanted, day, vendor.get("TermRef")) if entity == "Bill" else {})


def voided(thing: Thing) -> Thing:
    """A document made void: nothing is due any more, and its memo says so."""
    note = thing.get("PrivateNote")
    empty: Thing = {"TotalAmt": ZERO, "Balance": ZERO, "LinkedTxn": []}
    empty["PrivateNote"] = f"Voided - {note}" if note and not note.startswith("Voided") else note or "Voided"
    if "RemainingCredit" in thing:
        empty["RemainingCredit"] = ZERO
    if "HomeTotalAmt" in thing:
        empty |= {"HomeTotalAmt": ZERO, "HomeBalance": ZERO}
    if "TxnTaxDetail" in thing:
        empty["TxnTaxDetail"] = {"TotalTax": ZERO}
    return {**thing, **empty, "Line": [_empty(line) for line in thing["Line"]]}


def _tracked(company: Company, wanted: Thing) -> Thing:
    """Department and class of the whole document."""
    kept: Thing = {}
    if "DepartmentRef" in wanted:
        if not company.prefers("AccountingInfoPrefs", "TrackDepartments"):
            raise feature("Location tracking is not enabled for this company")
        found = company.refer("Department", wanted["DepartmentRef"]["value"])
        kept["DepartmentRef"] = {"value": found["Id"], "name": found["FullyQualifiedName"]}
    if "ClassRef" in wanted:
        if not company.prefers("AccountingInfoPrefs", "ClassTrackingPerTxn"):
            raise feature("Class tracking per transaction is not enabled for this company")
        found = company.refer("Class", wanted["ClassRef"]["value"])
        kept["ClassRef"] = {"value": found["Id"], "name": found["FullyQualifiedName"]}
    return kept


def _custom(company: Company, wanted: Thing) -> list[Thing]:
    """The custom fields of the form: those the preferences define, with the text given for them."""
    given = {one.get("DefinitionId"): one for one in wanted.get("CustomField", [])}
    names = custom_fields(company)
    for key in given:
        if key not in names:
            raise refused("3000", "Invalid Custom Field", f"Invalid Custom Field : DefinitionId {key}")
    made = []
    for key, name in names.items():
        kept = {"DefinitionId": key, "Name": name, "Type": "StringType"}
        text = given.get(key, {}).get("StringValue")
        made.append({**kept, "StringValue": text} if text else kept)
    return made


def custom_fields(company: Company) -> dict[str, str]:
    """The custom fields of sales forms: definition id to name."""
    groups: list[Any] = company.prefers("SalesFormsPrefs", "CustomField") or []
    found = {}
    for group in groups:
        for one in group.get("CustomField", []):
            match = re.fullmatch(r"SalesFormsPrefs\.SalesCustomName(\d)", one.get("Name", ""))
            if match and one.get("StringValue"):
                found[match[1]] = one["StringValue"]
    return found


def _address(company: Company, thing: Thing, customer: Thing, sent: Collection[str]) -> None:
    for name in ("BillAddr", "ShipAddr"):
        given = thing.get(name) or customer.get(name)
        if not given:
            continue
        if name in sent and given.get("Line1", customer["DisplayName"]) != customer["DisplayName"]:
            # Addresses sent back in an update are set anew: the name comes first, the lines move down.
            moved = {f"Line{place + 1}": given[f"Line{place}"] for place in range(1, 5) if f"Line{place}" in given}
            given = {**given, "Line1": customer["DisplayName"], **moved}
        thing[name] = {**given, "Id": given.get("Id") or company.next_id("Address")}


def _post(thing: Thing, wanted: Thing) -> None:
    status = wanted.get("EmailStatus") or "NotSet"
    if status == "NeedToSend" and not thing.get("BillEmail", {}).get("Address"):
        raise Refused([missing("BillEmail.Address")])
    thing["EmailStatus"] = status


def _due(company: Company, wanted: Thing, day: str, usual: Thing | None = None) -> Thing:
    chosen = wanted.get("SalesTermRef") or usual
    kept: Thing = {}
    if "SalesTermRef" in wanted:
        found = company.refer("Term", wanted["SalesTermRef"]["value"])
        kept["SalesTermRef"] = {"value": found["Id"], "name": found["Name"]}
    chosen = chosen or company.prefers("SalesFormsPrefs", "DefaultTerms")
    term = company.tables["Term"].get((chosen or {}).get("value", ""))
    due = wanted.get("DueDate") or (due_on(term, date.fromisoformat(day)).isoformat() if term else day)
    return {**kept, "DueDate": due}


def _warns(company: Company, name: str) -> bool:
    others = company.prefers("OtherPrefs", "NameValue") or []
    return any(one["Name"] == name and one["Value"] == "true" for one in others)


def _empty(line: Thing) -> Thing:
    made = {**line, "Amount": ZERO} if "Amount" in line else dict(line)
    kind = line["DetailType"]
    if kind in ("SalesItemLineDetail", "ItemBasedExpenseLineDetail"):
        made[kind] = {**line[kind], **({"Qty": ZERO} if "Qty" in line[kind] else {})}
    if kind == "GroupLineDetail":
        made[kind] = {**line[kind], "Line": [_empty(inner) for inner in line[kind]["Line"]]}
    return made


def due_on(term: Thing, day: date) -> date:
    """The day something dated `day` is due by a term."""
    if term.get("Type") != "DATE_DRIVEN":
        return day + timedelta(days=int(term.get("DueDays", 0)))
    wanted, least = int(term.get("DayOfMonthDue", 1)), int(term.get("DueNextMonthDays", 0))
    year, month = day.year, day.month
    due = day.replace(day=min(wanted, monthrange(year, month)[1]))
    while due < day + timedelta(days=least) or due < day:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        due = date(year, month, min(wanted, monthrange(year, month)[1]))
    return due

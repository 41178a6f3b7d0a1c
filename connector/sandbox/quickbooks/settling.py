"""Payments: what customers pay and what vendors are paid, and what that leaves open on invoices, credits and bills."""

from collections.abc import Iterator
from decimal import Decimal

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, money
from connector.sandbox.quickbooks.opening import currency_ref
from connector.sandbox.quickbooks.refusals import Refused, business, missing

_RECEIVED = {"Invoice": 1, "CreditMemo": -1}
_PAID = {"Bill": 1, "VendorCredit": -1}


def compose_payment(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A customer's payment; its lines say which invoices and credit memos it settles."""
    absent = [name for name in ("CustomerRef", "TotalAmt") if wanted.get(name) is None]
    if absent:
        raise Refused([missing(name) for name in absent])
    customer = company.refer("Customer", wanted["CustomerRef"]["value"])
    thing = _common(company, wanted, customer, old, "CustomerRef")
    applied = _apply(company, thing, _RECEIVED, old)
    total = money(wanted["TotalAmt"])
    if applied > total:
        raise business("Business Validation Error: The amount applied is more than the amount received.")
    account = company.refer("Account", wanted.get("DepositToAccountRef", {}).get("value") or "4")
    for name in ("PaymentMethodRef", "PaymentRefNum"):
        if wanted.get(name):
            thing[name] = wanted[name]
    thing |= {"DepositToAccountRef": {"value": account["Id"]}, "ProcessPayment": False}
    return {**thing, "TotalAmt": total, "UnappliedAmt": money(total - applied)}


def compose_bill_payment(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A payment to a vendor, by check or by card; its lines say which bills it settles."""
    absent = [name for name in ("VendorRef", "TotalAmt", "PayType", "Line") if not wanted.get(name)]
    if absent:
        raise Refused([missing(name) for name in absent])
    vendor = company.refer("Vendor", wanted["VendorRef"]["value"])
    thing = _common(company, wanted, vendor, old, "VendorRef")
    applied = _apply(company, thing, _PAID, old)
    total = money(wanted["TotalAmt"])
    if applied != total:
        raise business("Business Validation Error: The lines of a bill payment have to come to its amount.")
    by_check = wanted["PayType"] == "Check"
    detail, name, usual = (
        ("CheckPayment", "BankAccountRef", "35") if by_check else ("CreditCardPayment", "CCAccountRef", "41")
    )
    account = company.refer("Account", wanted.get(detail, {}).get(name, {}).get("value") or usual)
    paid: Thing = {name: {"value": account["Id"], "name": account["Name"]}}
    if by_check:
        paid["PrintStatus"] = wanted.get(detail, {}).get("PrintStatus") or "NotSet"
    return {**thing, "PayType": wanted["PayType"], detail: paid, "TotalAmt": total}


def link(company: Company, entity: str, thing: Thing, sign: int) -> None:
    """Write a payment into the documents it settles (`sign` 1), or take it out of them (-1)."""
    kind = entity if entity == "Payment" else _bill_payment_type(thing)
    for other, key, amount in _links(thing):
        found = company.tables[other].get(key)
        if found is None:
            continue
        balance = money(found["Balance"] - sign * amount)
        linked = [one for one in found.get("LinkedTxn", []) if (one["TxnId"], one["TxnType"]) != (thing["Id"], kind)]
        changed: Thing = {"Balance": balance, "LinkedTxn": linked}
        if sign > 0:
            changed["LinkedTxn"] = [*linked, {"TxnId": thing["Id"], "TxnType": kind}]
        if other == "CreditMemo":
            changed["RemainingCredit"] = balance
        if "HomeBalance" in found:
            changed["HomeBalance"] = money(balance * found.get("ExchangeRate", Decimal(1)))
        company.put(other, {**found, **changed}, found)


def unlink_document(company: Company, entity: str, thing: Thing) -> None:
    """Take a document that is void or gone out of the payments that settled it; what they paid is unapplied."""
    for one in thing.get("LinkedTxn", []):
        kind = "Payment" if one["TxnType"] == "Payment" else "BillPayment"
        payment = company.tables[kind].get(one["TxnId"])
        if payment is None:
            continue
        if not payment["TotalAmt"]:
            # It only matched credits with invoices; without one of them the credit is open again.
            link(company, kind, payment, -1)
            company.remove(kind, payment)
            continue
        lines = [line for line in payment["Line"] if not _settles(line, entity, thing["Id"])]
        freed = sum((line["Amount"] for line in payment["Line"] if line not in lines), ZERO)
        changed: Thing = {"Line": lines}
        if kind == "Payment":
            sign = _RECEIVED[entity]
            changed["UnappliedAmt"] = money(payment["UnappliedAmt"] + sign * freed)
        company.put(kind, {**payment, **changed}, payment)


def voided_payment(thing: Thing) -> Thing:
    """A payment made void: it settles nothing any more."""
    changed: Thing = {"TotalAmt": ZERO, "Line": [], "PrivateNote": thing.get("PrivateNote") or "Voided"}
    return {**thing, **changed, **({"UnappliedAmt": ZERO} if "UnappliedAmt" in thing else {})}


def apply_credits(company: Company, invoice: Thing) -> Thing:
    """What the preference AutoApplyCredit does: open credits of the customer settle a new invoice at once."""
    if not company.prefers("SalesFormsPrefs", "AutoApplyCredit"):
        return invoice
    lines: list[Thing] = []
    left = invoice["Balance"]
    for credit in company.find("CreditMemo", CustomerRef=invoice["CustomerRef"]["value"]):
        amount = min(left, credit["Balance"])
        if amount > 0:
            lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]})
            left = money(left - amount)
    if not lines:
        return invoice
    used = money(invoice["Balance"] - left)
    lines.append({"Amount": used, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]})
    wanted = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": ZERO, "Line": lines}
    wanted |= {"CurrencyRef": invoice["CurrencyRef"], "TxnDate": invoice["TxnDate"]}
    if "ExchangeRate" in invoice:
        wanted["ExchangeRate"] = invoice["ExchangeRate"]
    payment = company.put("Payment", compose_payment(company, "Payment", wanted, None))
    link(company, "Payment", payment, 1)
    return company.get("Invoice", invoice["Id"])


def _common(company: Company, wanted: Thing, party: Thing, old: Thing | None, name: str) -> Thing:
    day = wanted.get("TxnDate") or company.today().isoformat()
    company.check_open(day, old["TxnDate"] if old else None)
    code = wanted.get("CurrencyRef", {}).get("value") or party["CurrencyRef"]["value"]
    if code != party["CurrencyRef"]["value"]:
        raise business(
            "Business Validation Error: The currency of the transaction is invalid for customer / vendor / account."
        )
    thing: Thing = {"TxnDate": day, "CurrencyRef": currency_ref(code), "Line": wanted.get("Line", [])}
    for kept in ("PrivateNote", "DocNumber"):
        if wanted.get(kept):
            thing[kept] = wanted[kept]
    if company.prefers("CurrencyPrefs", "MultiCurrencyEnabled"):
        thing["ExchangeRate"] = wanted.get("ExchangeRate") or Decimal(1)
    return {**thing, name: {"value": party["Id"], "name": party["DisplayName"]}}


def _apply(company: Company, thing: Thing, signs: dict[str, int], old: Thing | None) -> Decimal:
    """The sum the lines settle; raises Refused where one settles more than is open, or another party's document."""
    before = {(other, key): amount for other, key, amount in _links(old)} if old else {}
    party = "CustomerRef" if "CustomerRef" in thing else "VendorRef"
    applied = ZERO
    kept = []
    for line in thing["Line"]:
        linked = [one for one in line.get("LinkedTxn", []) if one.get("TxnType") in signs]
        if not linked:
            continue
        if "Amount" not in line:
            raise Refused([missing("Amount")])
        kind, key = linked[0]["TxnType"], linked[0].get("TxnId", "")
        found = company.refer(kind, key, active=False)
        amount = money(line["Amount"])
        if found[party]["value"] != thing[party]["value"]:
            raise business("Business Validation Error: A payment settles documents of the same customer or vendor.")
        if amount < 0 or amount > found["Balance"] + before.get((kind, key), ZERO):
            raise business(f"Business Validation Error: More than the open amount of {kind} {key} is applied.")
        applied += signs[kind] * amount
        kept.append({"Amount": amount, "LinkedTxn": [{"TxnId": key, "TxnType": kind}]})
    thing["Line"] = kept
    if applied < 0:
        raise business("Business Validation Error: More credit is applied than there is to settle.")
    return money(applied)


def _links(thing: Thing | None) -> Iterator[tuple[str, str, Decimal]]:
    for line in (thing or {}).get("Line", []):
        for one in line.get("LinkedTxn", []):
            yield one["TxnType"], one["TxnId"], line["Amount"]


def _settles(line: Thing, entity: str, key: str) -> bool:
    return any((one["TxnType"], one["TxnId"]) == (entity, key) for one in line["LinkedTxn"])


def _bill_payment_type(thing: Thing) -> str:
    return "BillPaymentCheck" if thing.get("PayType") == "Check" else "BillPaymentCreditCard"

"""The lines of a document: what may stand in them, what the server adds, and what they come to."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, fine, money, percent_of, product
from connector.sandbox.quickbooks.refusals import (
    Refused,
    Said,
    amount_differs,
    business,
    feature,
    invalid_reference,
    missing,
    refused,
)

_LARGEST = Decimal(10) ** 10
MOST = 10_000
MOST_TAXED = 750


@dataclass(slots=True)
class Lines:
    """Lines as they are kept, their sum before discount, the discount, and the parts that taxes are worked out on."""

    kept: list[Thing] = field(default_factory=list)
    subtotal: Decimal = ZERO
    discount: Decimal = ZERO
    taxed: list[tuple[str | None, Thing]] = field(default_factory=list)


@dataclass(slots=True)
class _Desk:
    """One document's lines being worked on: errors found so far, line ids in use, and the running number."""

    company: Company
    taxes: str
    used: set[int]
    errors: list[Said] = field(default_factory=list)
    number: int = 0

    def new_id(self) -> str:
        key = max(self.used, default=0) + 1
        self.used.add(key)
        return str(key)

    def start(self, given: Thing, old_ids: set[str]) -> Thing:
        """The head of a line: its id (kept where the document had it), its number and its text."""
        self.number += 1
        key = given["Id"] if given.get("Id") in old_ids else self.new_id()
        head: Thing = {"Id": key, "LineNum": Decimal(self.number)}
        if given.get("Description"):
            head["Description"] = given["Description"]
        return head


def compose_sales(company: Company, wanted: list[Thing], old: Thing | None, taxes: str) -> Lines:
    """Lines of an invoice or credit memo; `taxes` is US, or how a company elsewhere applies them."""
    old_ids = _ids(old)
    desk = _Desk(company, taxes, {int(key) for key in old_ids if key.isdigit()})
    lines, discounts = Lines(), []
    if len(wanted) > MOST:
        raise business(f"Business Validation Error: A transaction has at most {MOST} lines.")
    for given in wanted:
        match given.get("DetailType"):
            case "SubTotalLineDetail":
                continue
            case "DiscountLineDetail":
                discounts.append(given)
            case "GroupLineDetail":
                lines.kept.append(_group(desk, given, old_ids, lines))
            case "DescriptionOnly":
                lines.kept.append(_text(desk, given, old_ids))
            case "SalesItemLineDetail":
                lines.kept.append(_sold(desk, given, old_ids, lines))
            case None:
                desk.errors.append(missing("Line.DetailType"))
            case other:
                raise refused("2120", "Invalid Type", f"Invalid Type : {other} is not a line of this transaction")
    if desk.errors:
        raise Refused(desk.errors)
    if not lines.kept:
        raise Refused([missing("Line")])
    lines.subtotal = money(lines.subtotal)
    lines.kept.append({"Amount": lines.subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    for given in discounts:
        lines.kept.append(_discount(desk, given, old_ids, lines))
    if any(code not in (None, "NON") for code, _ in lines.taxed) and len(lines.taxed) > MOST_TAXED:
        raise business(f"Business Validation Error: A taxable invoice has at most {MOST_TAXED} lines.")
    return lines


def compose_bought(company: Company, wanted: list[Thing], old: Thing | None, taxes: str) -> Lines:
    """Lines of a bill or vendor credit."""
    old_ids = _ids(old)
    desk = _Desk(company, taxes, {int(key) for key in old_ids if key.isdigit()})
    lines = Lines()
    for given in wanted:
        kind = given.get("DetailType")
        if kind == "DescriptionOnly":
            lines.kept.append(_text(desk, given, old_ids))
        elif kind in ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"):
            lines.kept.append(_expense(desk, given, old_ids, lines, kind))
        elif kind is None:
            desk.errors.append(missing("Line.DetailType"))
        else:
            raise refused("2120", "Invalid Type", f"Invalid Type : {kind} is not a line of this transaction")
    if desk.errors:
        raise Refused(desk.errors)
    if not lines.kept:
        raise Refused([missing("Line")])
    lines.subtotal = money(lines.subtotal)
    return lines


def _ids(old: Thing | None) -> set[str]:
    found = set()
    for line in (old or {}).get("Line", []):
        found.add(line.get("Id", ""))
        found |= {inner["Id"] for inner in line.get("GroupLineDetail", {}).get("Line", [])}
    return found - {""}


def _text(desk: _Desk, given: Thing, old_ids: set[str]) -> Thing:
    head = desk.start(given, old_ids)
    return {**head, "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}


def _sold(desk: _Desk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
    detail = dict(given.get("SalesItemLineDetail") or {})
    if "ItemRef" not in detail:
        # Intuit's documents: a line without an item is a line of text, and its amount is ignored.
        return _text(desk, given, old_ids)
    head = desk.start(given, old_ids)
    item = _item(desk.company, detail["ItemRef"]["value"])
    amount = _amount(desk, given, detail)
    kept: Thing = {"ItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]}}
    if "IncomeAccountRef" in item:
        kept["ItemAccountRef"] = item["IncomeAccountRef"]
    kept |= _measures(detail)
    if detail.get("ServiceDate") and desk.company.prefers("SalesFormsPrefs", "AllowServiceDate"):
        kept["ServiceDate"] = detail["ServiceDate"]
    _classify(desk.company, detail, kept)
    code = _tax_code(desk, detail, "TAX" if item.get("Taxable") else "NON")
    if code is not None:
        kept["TaxCodeRef"] = {"value": code}
    line = {**head, "Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": kept}
    if desk.taxes == "TaxInclusive" and detail.get("TaxInclusiveAmt"):
        kept["TaxInclusiveAmt"] = money(detail["TaxInclusiveAmt"])
    lines.taxed.append((code, line))
    lines.subtotal += amount
    return line


def _group(desk: _Desk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
    detail = given.get("GroupLineDetail") or {}
    if "GroupItemRef" not in detail:
        raise Refused([missing("GroupItemRef")])
    bundle = desk.company.refer("Item", detail["GroupItemRef"]["value"])
    if bundle["Type"] != "Group":
        raise invalid_reference("Line.GroupLineDetail.GroupItemRef")
    head = desk.start(given, old_ids)
    quantity = fine(detail.get("Quantity") or Decimal(1))
    inner = detail.get("Line") or [_component(desk.company, part, quantity) for part in _components(bundle)]
    before = lines.subtotal
    children = [_sold(desk, line, old_ids, lines) for line in inner if line.get("DetailType") != "SubTotalLineDetail"]
    outer = money(lines.subtotal - before) if desk.company.behaviour.outer_amount == "sum" else ZERO
    body = {"GroupItemRef": {"value": bundle["Id"], "name": bundle["Name"]}, "Quantity": quantity, "Line": children}
    return {**head, "Amount": outer, "DetailType": "GroupLineDetail", "GroupLineDetail": body}


def _components(bundle: Thing) -> list[Thing]:
    return list(bundle.get("ItemGroupDetail", {}).get("ItemGroupLine", []))


def _component(company: Company, part: Thing, quantity: Decimal) -> Thing:
    item = company.refer("Item", part["ItemRef"]["value"])
    price, count = item.get("UnitPrice", ZERO), part["Qty"] * quantity
    detail = {"ItemRef": {"value": item["Id"]}, "Qty": count, "UnitPrice": price}
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": product(count, price),
        "SalesItemLineDetail": detail,
        "Description": item.get("Description", ""),
    }


def _discount(desk: _Desk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
    detail = given.get("DiscountLineDetail") or {}
    if not desk.company.prefers("SalesFormsPrefs", "AllowDiscount"):
        raise feature("Discounts are not enabled for this company")
    percent, amount = detail.get("DiscountPercent"), given.get("Amount")
    if not percent and not amount:
        raise refused("6090", "Discount Line missing required info", "A discount amount or percent is required.")
    head = desk.start(given, old_ids)
    account = detail.get("DiscountAccountRef", {}).get("value")
    account = account or desk.company.prefers("SalesFormsPrefs", "DefaultDiscountAccount")
    found = desk.company.refer("Account", account)
    kept: Thing = {"PercentBased": bool(percent), "DiscountAccountRef": {"value": found["Id"], "name": found["Name"]}}
    if percent:
        kept["DiscountPercent"] = percent
        amount = percent_of(lines.subtotal, percent)
    value = money(amount or ZERO)
    lines.discount += value
    return {**head, "Amount": value, "DetailType": "DiscountLineDetail", "DiscountLineDetail": kept}


def _expense(desk: _Desk, given: Thing, old_ids: set[str], lines: Lines, kind: str) -> Thing:
    detail = given.get(kind) or {}
    head = desk.start(given, old_ids)
    kept: Thing = {}
    if kind == "AccountBasedExpenseLineDetail":
        if "AccountRef" not in detail:
            raise Refused([missing("AccountRef")])
        account = desk.company.refer("Account", detail["AccountRef"]["value"])
        kept["AccountRef"] = {"value": account["Id"], "name": account["FullyQualifiedName"]}
    else:
        if "ItemRef" not in detail:
            raise Refused([missing("ItemRef")])
        item = _item(desk.company, detail["ItemRef"]["value"])
        kept["ItemRef"] = {"value": item["Id"], "name": item["FullyQualifiedName"]}
        kept |= _measures(detail)
    kept["BillableStatus"] = detail.get("BillableStatus") or "NotBillable"
    if "CustomerRef" in detail:
        customer = desk.company.refer("Customer", detail["CustomerRef"]["value"])
        kept["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
    _classify(desk.company, detail, kept)
    code = _tax_code(desk, detail, "NON")
    if code is not None:
        kept["TaxCodeRef"] = {"value": code}
    amount = _amount(desk, given, detail)
    line = {**head, "Amount": amount, "DetailType": kind, kind: kept}
    lines.taxed.append((code, line))
    lines.subtotal += amount
    return line


def _item(company: Company, key: str) -> Thing:
    item = company.refer("Item", key)
    if item["Type"] == "Category":
        raise invalid_reference("An item in this transaction is set up as a category instead of a product or service.")
    if item["Type"] == "Group":
        raise invalid_reference("An item in this transaction is a bundle; it stands in a group line only.")
    return item


def _amount(desk: _Desk, given: Thing, detail: Thing) -> Decimal:
    """The amount of a line; quantity × price has to give it, and a zero among them counts as left out."""
    quantity, price = fine(detail.get("Qty", ZERO)), fine(detail.get("UnitPrice", ZERO))
    due = product(quantity, price) if quantity and price else None
    if "Amount" not in given:
        desk.errors.append(missing("Amount"))
        return ZERO
    amount = money(given["Amount"])
    if abs(amount) >= _LARGEST:
        raise refused("2140", "Invalid Amount", f"Invalid Amount : Supplied value:{given['Amount']}", "Amount")
    if due is None or due == amount:
        return amount
    if not desk.company.behaviour.recalculates:
        desk.errors.append(amount_differs(f"{amount:,.2f}"))
    return due


def _measures(detail: Thing) -> Thing:
    return {name: fine(detail[name]) for name in ("UnitPrice", "Qty") if detail.get(name)}


def _classify(company: Company, detail: Thing, kept: Thing) -> None:
    if "ClassRef" in detail:
        if not company.prefers("AccountingInfoPrefs", "ClassTrackingPerTxnLine"):
            raise feature("Class tracking per line is not enabled for this company")
        found = company.refer("Class", detail["ClassRef"]["value"])
        kept["ClassRef"] = {"value": found["Id"], "name": found["FullyQualifiedName"]}


def _tax_code(desk: _Desk, detail: Thing, usual: str) -> str | None:
    given: Any = detail.get("TaxCodeRef", {}).get("value")
    if desk.taxes == "US":
        code = given or usual
        if code not in ("TAX", "NON"):
            raise refused(
                "6100",
                "Invalid Line TaxCode in the request",
                f"Invalid Line TaxCode in the request : For US, specify TAX or NON. Supplied value:{code}",
            )
        return str(code)
    if desk.taxes == "NotApplicable":
        return None
    if not given:
        raise business("Business Validation Error: Make sure all your transactions have a tax rate before you save.")
    return str(desk.company.refer("TaxCode", given)["Id"])

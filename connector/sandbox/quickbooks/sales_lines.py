"""The lines of invoices and credit memos: items, bundles, text, discounts and the subtotal the server adds."""

from decimal import Decimal

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.lines import (
    MOST,
    MOST_TAXED,
    LineDesk,
    Lines,
    amount_of,
    classify,
    ids_of,
    item_for,
    measures_of,
    tax_code_of,
    text_line,
)
from connector.sandbox.quickbooks.money import ZERO, fine, money, percent_of, product
from connector.sandbox.quickbooks.refusals import Refused, business, feature, invalid_reference, missing, refused


def compose_sales(company: Company, wanted: list[Thing], old: Thing | None, taxes: str) -> Lines:
    """Lines of an invoice or credit memo; `taxes` is US, or how a company elsewhere applies them."""
    old_ids = ids_of(old)
    desk = LineDesk(company, taxes, {int(key) for key in old_ids if key.isdigit()})
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
                lines.kept.append(text_line(desk, given, old_ids))
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


def _sold(desk: LineDesk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
    detail = dict(given.get("SalesItemLineDetail") or {})
    if "ItemRef" not in detail:
        # Intuit's documents: a line without an item is a line of text, and its amount is ignored.
        return text_line(desk, given, old_ids)
    head = desk.start(given, old_ids)
    item = item_for(desk.company, detail["ItemRef"]["value"])
    amount = amount_of(desk, given, detail)
    kept: Thing = {"ItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]}}
    if "IncomeAccountRef" in item:
        kept["ItemAccountRef"] = item["IncomeAccountRef"]
    kept |= measures_of(detail)
    if detail.get("ServiceDate") and desk.company.prefers("SalesFormsPrefs", "AllowServiceDate"):
        kept["ServiceDate"] = detail["ServiceDate"]
    classify(desk.company, detail, kept)
    code = tax_code_of(desk, detail, "TAX" if item.get("Taxable") else "NON")
    if code is not None:
        kept["TaxCodeRef"] = {"value": code}
    line = {**head, "Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": kept}
    if desk.taxes == "TaxInclusive" and detail.get("TaxInclusiveAmt"):
        kept["TaxInclusiveAmt"] = money(detail["TaxInclusiveAmt"])
    lines.taxed.append((code, line))
    lines.subtotal += amount
    return line


def _group(desk: LineDesk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
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


def _discount(desk: LineDesk, given: Thing, old_ids: set[str], lines: Lines) -> Thing:
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

"""The lines of bills and vendors' credits: on accounts or on items."""

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.lines import (
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
from connector.sandbox.quickbooks.money import money
from connector.sandbox.quickbooks.refusals import Refused, missing, refused


def compose_bought(company: Company, wanted: list[Thing], old: Thing | None, taxes: str) -> Lines:
    """Lines of a bill or vendor credit."""
    old_ids = ids_of(old)
    desk = LineDesk(company, taxes, {int(key) for key in old_ids if key.isdigit()})
    lines = Lines()
    for given in wanted:
        kind = given.get("DetailType")
        if kind == "DescriptionOnly":
            lines.kept.append(text_line(desk, given, old_ids))
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


def _expense(desk: LineDesk, given: Thing, old_ids: set[str], lines: Lines, kind: str) -> Thing:
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
        item = item_for(desk.company, detail["ItemRef"]["value"])
        kept["ItemRef"] = {"value": item["Id"], "name": item["FullyQualifiedName"]}
        kept |= measures_of(detail)
    kept["BillableStatus"] = detail.get("BillableStatus") or "NotBillable"
    if "CustomerRef" in detail:
        customer = desk.company.refer("Customer", detail["CustomerRef"]["value"])
        kept["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
    classify(desk.company, detail, kept)
    code = tax_code_of(desk, detail, "NON")
    if code is not None:
        kept["TaxCodeRef"] = {"value": code}
    amount = amount_of(desk, given, detail)
    line = {**head, "Amount": amount, "DetailType": kind, kind: kept}
    lines.taxed.append((code, line))
    lines.subtotal += amount
    return line

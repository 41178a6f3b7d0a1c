"""The lines of a draft: what they sell or buy, and how each field that is written changes others.

As at the screen, writing a field can overwrite another: the item brings description, unit, tax code and price, and
writing the quantity works out the price anew. A price that is written before the quantity is therefore lost.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import copy_dimensions, inherit_defaults
from connector.sandbox.business_central.documents import blank, check_open
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.kinds import Kind
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.business_central.pricing import price_for
from connector.sandbox.business_central.refusals import Refused, must_be, no_relation, read_only, stopped
from connector.sandbox.business_central.sums import HUNDRED, ZERO, lines_of, precision_of, rounded

_OBJECTS = {
    "Item": ("items", "itemId", "Item"),
    "Account": ("accounts", "accountId", "G/L Account"),
}
_FIXED = ("itemId", "accountId", "lineObjectNumber", "sequence", "documentId")
_WORKED_OUT = (
    "amountExcludingTax", "amountIncludingTax", "invoiceDiscountAllocation", "netAmount", "netTaxAmount",
    "netAmountIncludingTax",
)  # fmt: skip
_STEP = 10_000
_QUANTITY = Decimal("0.00001")
_OBJECT_FIRST = ("lineType", "itemId", "accountId", "lineObjectNumber")


def create_line(company: Company, kind: Kind, document: Thing, values: Mapping[str, Any]) -> Thing:
    """A new line at the end, or where `sequence` puts it; the document still has to be settled. Raises Refused."""
    check_open(kind, document)
    if values.get("documentId", document["id"]) not in (document["id"], NO_ID):
        raise stopped("The documentId does not match the document the line is created in.")
    lines = lines_of(company, kind, document["id"])
    sequence = values.get("sequence") or (int(lines[-1]["sequence"]) if lines else 0) + _STEP
    if any(line["sequence"] == sequence for line in lines):
        where = f"{kind.header.split()[0]} Line"
        raise Refused(
            company.behaviour.duplicate_status,
            "Internal_EntityWithSameKeyExists",
            f"The {where} already exists. Identification fields and values: Document Type='{kind.noun}',"
            f"Document No.='{document['number']}',Line No.='{sequence}'",
        )
    row = blank(kind.lines) | {"documentId": document["id"], "sequence": sequence}
    if "shipmentDate" in row:
        row["shipmentDate"] = document["postingDate"]
    if "expectedReceiptDate" in row:
        row["expectedReceiptDate"] = document["postingDate"]
    row = _choose_object(company, kind, document, row, values)
    kept = company.put(kind.lines, _write(company, kind, document, row, values))
    copy_dimensions(company, document["id"], kind.lines, kept["id"])
    inherit_defaults(company, kind.lines, kept["id"], kept["itemId"])
    return kept


def change_line(company: Company, kind: Kind, old: Thing, values: Mapping[str, Any]) -> Thing:
    """A line with other values; the document still has to be settled. Raises Refused."""
    document = company.row(kind.page, old["documentId"])
    check_open(kind, document)
    for name in _FIXED:
        if name in values and values[name] != old[name]:
            raise stopped(f'The value for "{name}" cannot be modified. Delete and insert the line again.')
    if values.get("lineType", old["lineType"]) != old["lineType"]:
        raise stopped('The value for "lineType" cannot be modified. Delete and insert the line again.')
    return company.put(kind.lines, _write(company, kind, document, dict(old), values), old)


def delete_line(company: Company, kind: Kind, old: Thing) -> None:
    """Delete a line of a draft; the document still has to be settled. Raises Refused."""
    check_open(kind, company.row(kind.page, old["documentId"]))
    company.remove(kind.lines, old)


def _choose_object(company: Company, kind: Kind, document: Thing, row: Thing, values: Mapping[str, Any]) -> Thing:
    """What the line is about: an item, an account, or words only."""
    line_type = values.get("lineType")
    item, account, number = (values.get(name) for name in ("itemId", "accountId", "lineObjectNumber"))
    item, account = (None if key == NO_ID else key for key in (item, account))
    if item and account:
        raise stopped("Both the itemId and the accountId are specified. Specify only one of them.")
    if item or account:
        wanted = "Item" if item else "Account"
        if line_type not in (None, wanted):
            raise stopped(f"The type of the line must be {wanted} when the {wanted.lower()}Id is specified.")
        line_type = wanted
    if line_type is None and number:
        raise stopped('The "lineType" must be specified together with the "lineObjectNumber".')
    row["lineType"] = line_type or "Comment"
    if row["lineType"] == "Comment":
        if number:
            raise stopped("A line of type Comment has no object.")
        return row
    if row["lineType"] not in _OBJECTS:
        raise stopped(f"Lines of type {row['lineType']} are not set up in this company.")
    page, name, caption = _OBJECTS[row["lineType"]]
    card = company.tables[page].get(item or account or "") if item or account else company.one(page, number=number)
    if card is None:
        if not number and not item and not account:
            raise stopped(f'The "{name}" or "lineObjectNumber" must be provided for a line of type {caption}.')
        if number:
            raise no_relation("No.", f"{kind.header.split()[0]} Line", number, caption)
        raise stopped(f"The {caption} cannot be found.")
    if number and number != card["number"]:
        raise stopped(f"The values of {name} and lineObjectNumber do not match to a specific {caption}.")
    return _take_over(company, kind, document, row, card)


def _take_over(company: Company, kind: Kind, document: Thing, row: Thing, card: Thing) -> Thing:
    """What an item or account brings onto the line."""
    row |= {"lineObjectNumber": card["number"], "description": card["displayName"]}
    if row["lineType"] == "Account":
        if not card["directPosting"] or card["accountType"] != "Posting":
            where = f"G/L Account: No.={card['number']}"
            raise must_be(f"Direct Posting must be equal to 'Yes' in {where}. Current value is 'No'.")
        row |= {"accountId": card["id"], "taxCode": card.get("_tax_group", "")}
        return row
    if card["blocked"]:
        where = f"Item: No.={card['number']}"
        raise must_be(f"Blocked must be equal to 'No' in {where}. Current value is 'Yes'.")
    row |= {
        "itemId": card["id"],
        "description2": card["displayName2"],
        "unitOfMeasureId": card["baseUnitOfMeasureId"],
        "unitOfMeasureCode": card["baseUnitOfMeasureCode"],
        "taxCode": card["taxGroupCode"],
    }
    if "description2" not in PAGES[kind.lines].fields:
        del row["description2"]
    row[kind.price] = price_for(company, kind, document, card, ZERO)
    return row


def _write(company: Company, kind: Kind, document: Thing, row: Thing, values: Mapping[str, Any]) -> Thing:
    order = list(values)
    if company.behaviour.field_order == "page":
        order = [name for name in PAGES[kind.lines].fields if name in values]
    for name in order:
        value = values[name]
        if name in _OBJECT_FIRST or name in ("sequence", "documentId"):
            continue
        if name in _WORKED_OUT:
            raise read_only(name)
        if row["lineType"] == "Comment" and name not in ("description", "description2") and value:
            raise must_be(f"Type must not be ' ' in {kind.header.split()[0]} Line. Current value is ' '.")
        _write_field(company, kind, document, row, name, value)
    return row


def _write_field(company: Company, kind: Kind, document: Thing, row: Thing, name: str, value: Any) -> None:
    match name:
        case "quantity":
            row["quantity"] = rounded(value, _QUANTITY)
            _price_anew(company, kind, document, row)
        case "unitPrice" | "unitCost":
            row[name] = rounded(value, company.setup.unit_precision)
        case "discountPercent":
            if not ZERO <= value <= HUNDRED:
                raise must_be(f"Line Discount % must be between 0 and 100. Current value is '{value}'.")
            row[name] = rounded(value, _QUANTITY)
        case "discountAmount":
            gross = rounded(row["quantity"] * row[kind.price], precision_of(company, document))
            if value and not gross:
                raise stopped("A discount needs a quantity and a price.")
            row["discountPercent"] = rounded(value * HUNDRED / gross, _QUANTITY) if gross else ZERO
        case "unitOfMeasureId" | "unitOfMeasureCode":
            _choose_unit(company, row, name, value)
        case "taxCode":
            if value and company.one("taxGroups", code=value) is None:
                table = "Tax Group" if company.has_sales_tax else "VAT Product Posting Group"
                raise no_relation(f"{table} Code", f"{kind.header.split()[0]} Line", value, table)
            row[name] = value
        case _:
            row[name] = value


def _price_anew(company: Company, kind: Kind, document: Thing, row: Thing) -> None:
    """Writing the quantity lets Business Central work out an item's price from its lists again."""
    if row["lineType"] == "Item":
        item = company.row("items", row["itemId"])
        row[kind.price] = price_for(company, kind, document, item, row["quantity"])


def _choose_unit(company: Company, row: Thing, name: str, value: str) -> None:
    if not value or value == NO_ID:
        return
    by = {"id": value} if name.endswith("Id") else {"code": value}
    unit = company.one("unitsOfMeasure", **by)
    if unit is None:
        raise no_relation("Unit of Measure Code", "Sales Line", value, "Unit of Measure")
    row |= {"unitOfMeasureId": unit["id"], "unitOfMeasureCode": unit["code"]}

"""The cards of customers, vendors and items, and the entries of plain lists: how they are made, changed and deleted."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.documents import blank, find_currency
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.pages import Page
from connector.sandbox.business_central.refusals import Refused, no_relation, stopped

_CARDS = {"customers": "CUST", "vendors": "VEND", "items": "ITEM"}
_PAIRS = {
    # field with the id: field with the code, the list both name an entry of
    "itemCategoryId": ("itemCategoryCode", "itemCategories"),
    "taxGroupId": ("taxGroupCode", "taxGroups"),
    "baseUnitOfMeasureId": ("baseUnitOfMeasureCode", "unitsOfMeasure"),
}
_IDS = {"paymentTermsId": "paymentTerms", "paymentMethodId": "paymentMethods", "taxAreaId": "taxAreas"}
_DOCUMENTS = {
    "customers": (("salesInvoices", "customerId"), ("salesCreditMemos", "customerId")),
    "vendors": (("purchaseInvoices", "vendorId"), ("purchaseCreditMemos", "vendorId")),
    "items": (("salesInvoiceLines", "itemId"), ("salesCreditMemoLines", "itemId"), ("purchaseInvoiceLines", "itemId")),
}


def create_card(company: Company, page: Page, values: Mapping[str, Any]) -> Thing:
    """A new card or list entry; raises Refused."""
    row = blank(page.name)
    row |= _new_card(company, page) if page.name in _CARDS else {}
    if page.name in ("taxGroups", "taxAreas"):
        row["taxType"] = "Sales_x0020_Tax" if company.has_sales_tax else "VAT"
    if page.name == "currencies":
        row |= {"amountDecimalPlaces": "2:2", "_amount_precision": company.setup.amount_precision}
    if page.name in _CARDS:
        if not values.get("displayName"):
            raise stopped('A "displayName" must be provided.')
        number = values.get("number")
        if number and not company.setup.manual_numbers:
            no = (
                "You may not enter numbers manually. If you want to enter numbers manually, please activate Manual Nos."
            )
            raise stopped(f"{no} in No. Series {_CARDS[page.name]}.")
        values = {**values, "number": number or _free_number(company, page)}
    elif "code" in page.fields and not values.get("code"):
        raise stopped('A "code" must be provided.')
    _refuse_taken(company, page, values, None)
    return company.put(page.table, _write(company, page, row, values))


def change_card(company: Company, page: Page, old: Thing, values: Mapping[str, Any]) -> Thing:
    """A card with other values; a new number or code renames it everywhere. Raises Refused."""
    _refuse_taken(company, page, values, old)
    kept = company.put(page.table, _write(company, page, dict(old), values), old)
    if page.name in _CARDS and kept["number"] != old["number"]:
        _rename(company, page, kept)
    return kept


def delete_card(company: Company, page: Page, old: Thing) -> None:
    """Delete a card; one that documents name stays. Raises Refused."""
    for table, name in _DOCUMENTS.get(page.name, ()):
        if any(row[name] == old["id"] for row in company.tables[table].values()):
            no = f"You cannot delete {page.caption} {old['number']} because there is at least one"
            raise stopped(f"{no} document that includes this {page.caption.lower()}.")
    company.remove(page.table, old)
    company.deleted(page.name, old)


def _new_card(company: Company, page: Page) -> Thing:
    """What a card has from the template behind the API."""
    row: Thing = {}
    if page.name in ("customers", "vendors"):
        filled = company.setup.customer_template
        row["taxLiable"] = True
        row["_posting_group"] = row["_business_group"] = "DOMESTIC" if filled else ""
        area = next(iter(company.tables["taxAreas"].values()), None)
        row |= {"_tax_area": area["code"] if area and filled else ""}
        if page.name == "customers":
            row["taxAreaId"] = area["id"] if area and filled else NO_ID
    if page.name == "items":
        row |= {"generalProductPostingGroupCode": "SERVICES", "type": "Inventory"}
        unit = next(iter(company.tables["unitsOfMeasure"].values()), None)
        group = next(iter(company.tables["taxGroups"].values()), None)
        if unit is not None:
            row |= {"baseUnitOfMeasureId": unit["id"], "baseUnitOfMeasureCode": unit["code"]}
        if group is not None:
            row |= {"taxGroupId": group["id"], "taxGroupCode": group["code"]}
    return row


def _free_number(company: Company, page: Page) -> str:
    number = company.next_number(_CARDS[page.name])
    while company.one(page.name, number=number) is not None:
        number = company.next_number(_CARDS[page.name])
    return number


def _refuse_taken(company: Company, page: Page, values: Mapping[str, Any], old: Thing | None) -> None:
    name = "number" if "number" in page.fields else "code"
    value = values.get(name)
    other = company.one(page.table, **{name: value}) if value else None
    if other is not None and (old is None or other["id"] != old["id"]):
        label = "No." if name == "number" else "Code"
        no = f"The {page.caption} already exists. Identification fields and values: {label}='{value}'"
        raise Refused(company.behaviour.duplicate_status, "Internal_EntityWithSameKeyExists", no)


def _write(company: Company, page: Page, row: Thing, values: Mapping[str, Any]) -> Thing:
    for name, value in values.items():
        if name in _PAIRS or any(name == code for code, _ in _PAIRS.values()):
            _write_pair(company, page, row, name, value)
        elif name in _IDS:
            _write_id(company, page, row, name, value)
        elif name not in ("currencyId", "currencyCode"):
            row[name] = value
    if "currencyId" in page.fields:
        currency = find_currency(company, values)
        if currency is not None:
            row["currencyId"] = currency
    return row


def _write_pair(company: Company, page: Page, row: Thing, name: str, value: str) -> None:
    key, (code, table) = next((key, pair) for key, pair in _PAIRS.items() if name in (key, pair[0]))
    if not value or value == NO_ID:
        row |= {key: NO_ID, code: ""}
        return
    by_id = name == key
    entry = company.tables[table].get(value) if by_id else company.one(table, code=value)
    if entry is None:
        raise no_relation(code, page.caption, value, table)
    row |= {key: entry["id"], code: entry["code"]}


def _write_id(company: Company, page: Page, row: Thing, name: str, value: str) -> None:
    if value != NO_ID and value not in company.tables[_IDS[name]]:
        raise stopped(f'The "{name}" does not match to a {_IDS[name]}.')
    row[name] = value
    if name == "taxAreaId":
        row["_tax_area"] = company.tables["taxAreas"][value]["code"] if value != NO_ID else ""


def _rename(company: Company, page: Page, card: Thing) -> None:
    """A renamed card has its new number on every document, posted or not; their own times stay as they were."""
    names = {"customers": "customerNumber", "vendors": "vendorNumber", "items": "lineObjectNumber"}
    for table, key in _DOCUMENTS[page.name]:
        for row in company.rows(table):
            if row[key] == card["id"]:
                company.put(table, {**row, names[page.name]: card["number"]}, row, at=row["lastModifiedDateTime"])


_CARD_TYPES = {"customers": "Customer", "items": "Item", "vendors": "Vendor"}


def create_default(company: Company, above: str, parent: Thing | None, values: Mapping[str, Any]) -> Thing:
    """A default dimension of a card, which its documents take over; raises Refused."""
    page = above or next((name for name, word in _CARD_TYPES.items() if word == values.get("parentType")), "")
    card = parent or company.tables[page].get(values.get("parentId", ""))
    if card is None:
        raise stopped("You must specify a parentId and a parentType of a customer, item or vendor.")
    row = blank("defaultDimensions") | {"parentType": _CARD_TYPES[page], "parentId": card["id"]}
    return company.put("defaultDimensions", _write_default(company, row, values))


def change_default(company: Company, old: Thing, values: Mapping[str, Any]) -> Thing:
    """Another value of a card's default dimension; raises Refused."""
    return company.put("defaultDimensions", _write_default(company, dict(old), values), old)


def _write_default(company: Company, row: Thing, values: Mapping[str, Any]) -> Thing:
    if "dimensionId" in values:
        dimension = company.tables["dimensions"].get(values["dimensionId"])
        if dimension is None:
            raise stopped("The Dimension cannot be found.")
        row |= {"dimensionId": dimension["id"], "dimensionCode": dimension["code"]}
    if "dimensionValueId" in values:
        value = company.tables["dimensionValues"].get(values["dimensionValueId"])
        if value is None or value["dimensionId"] != row["dimensionId"]:
            raise stopped("The Dimension Value cannot be found.")
        row |= {"dimensionValueId": value["id"], "dimensionValueCode": value["code"]}
    row["postingValidation"] = values.get("postingValidation", row["postingValidation"])
    return row

"""Dimensions of documents and lines: department, project and the like, by which the books can be read."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.refusals import no_relation, same_key, stopped

PARENTS = {
    "salesInvoices": "Sales_x0020_Invoice",
    "salesInvoiceLines": "Sales_x0020_Invoice_x0020_Line",
    "salesCreditMemos": "Sales_x0020_Credit_x0020_Memo",
    "salesCreditMemoLines": "Sales_x0020_Credit_x0020_Memo_x0020_Line",
    "purchaseInvoices": "Purchase_x0020_Invoice",
    "purchaseInvoiceLines": "Purchase_x0020_Invoice_x0020_Line",
    "purchaseCreditMemos": "Purchase_x0020_Credit_x0020_Memo",
    "purchaseCreditMemoLines": "Purchase_x0020_Credit_x0020_Memo_x0020_Line",
    "journalLines": "Journal_x0020_Line",
    "generalLedgerEntries": "General_x0020_Ledger_x0020_Entry",
}


def dimensions_of(company: Company, parent: str) -> list[Thing]:
    """The dimension set of a document or line, by code."""
    return sorted(company.those("dimensionSetLines", "parentId", parent), key=lambda line: str(line["code"]))


def set_dimension(company: Company, page: str, parent: str, code: str, value: str) -> Thing:
    """Give a document or line a value of a dimension, in place of the one it had; raises Refused."""
    dimension = company.one("dimensions", code=code)
    if dimension is None:
        raise no_relation("Dimension Code", "Dimension Set Entry", code, "Dimension")
    chosen = company.one("dimensionValues", dimensionId=dimension["id"], code=value)
    if chosen is None:
        raise no_relation("Dimension Value Code", "Dimension Set Entry", value, "Dimension Value")
    line = {
        "_dimension": dimension["id"],
        "code": code,
        "consolidationCode": dimension["consolidationCode"],
        "parentId": parent,
        "parentType": PARENTS[page],
        "displayName": dimension["displayName"],
        "valueId": chosen["id"],
        "valueCode": value,
        "valueConsolidationCode": chosen["consolidationCode"],
        "valueDisplayName": chosen["displayName"],
    }
    old = company.one("dimensionSetLines", parentId=parent, code=code)
    kept = company.put("dimensionSetLines", line, old)
    _show_shortcut(company, page, parent, code, value)
    return kept


def set_shortcut(company: Company, page: str, parent: str, place: int, value: str) -> None:
    """Give a document a value of its first or second shortcut dimension; the empty one takes it away."""
    codes = company.setup.shortcut_dimensions
    if len(codes) < place:
        if value:
            raise stopped(f"Shortcut dimension {place} is not set up.")
        return
    if value:
        set_dimension(company, page, parent, codes[place - 1], value)
    else:
        old = company.one("dimensionSetLines", parentId=parent, code=codes[place - 1])
        if old is not None:
            drop_dimension(company, page, old)


def create_dimension(company: Company, page: str, parent: str, values: Mapping[str, Any]) -> Thing:
    """A dimension set line as the API makes it, by ids or codes; raises Refused."""
    code = _named(company, "dimensions", values.get("id"), values.get("code"), "Dimension", {})
    if not code:
        raise stopped('The "id" or "code" of a dimension must be provided.')
    if company.one("dimensionSetLines", parentId=parent, code=code) is not None:
        raise same_key("Dimension Set Entry", "Dimension Code", code)
    return set_dimension(company, page, parent, code, _value(company, code, values))


def change_dimension(company: Company, page: str, old: Thing, values: Mapping[str, Any]) -> Thing:
    """Another value of the same dimension; raises Refused."""
    if values.get("id", old["_dimension"]) != old["_dimension"] or values.get("code", old["code"]) != old["code"]:
        raise stopped("The dimension of a line cannot be changed; only its value.")
    return set_dimension(company, page, old["parentId"], old["code"], _value(company, old["code"], values))


def drop_dimension(company: Company, page: str, old: Thing) -> None:
    """Take a dimension away from a document or line."""
    company.remove("dimensionSetLines", old)
    _show_shortcut(company, page, old["parentId"], old["code"], "")


def copy_dimensions(company: Company, source: str, page: str, parent: str) -> None:
    """Give one row the dimensions of another."""
    for line in dimensions_of(company, source):
        set_dimension(company, page, parent, line["code"], line["valueCode"])


def inherit_defaults(company: Company, page: str, parent: str, card: str) -> None:
    """Give a document the default dimensions of its customer or vendor."""
    for line in company.those("defaultDimensions", "parentId", card):
        if line["dimensionValueCode"]:
            set_dimension(company, page, parent, line["dimensionCode"], line["dimensionValueCode"])


def _value(company: Company, code: str, values: Mapping[str, Any]) -> str:
    dimension = company.one("dimensions", code=code)
    within = {"dimensionId": dimension["id"] if dimension else NO_ID}
    named = _named(
        company, "dimensionValues", values.get("valueId"), values.get("valueCode"), "Dimension Value", within
    )
    if not named:
        raise stopped('The "valueId" or "valueCode" of a dimension value must be provided.')
    return named


def _named(
    company: Company, page: str, key: str | None, code: str | None, caption: str, within: Mapping[str, Any]
) -> str:
    found = code or ""
    if key and key != NO_ID:
        row = company.tables[page].get(key)
        if row is None or any(row[name] != value for name, value in within.items()):
            raise stopped(f"The {caption} cannot be found.")
        if code and code != row["code"]:
            raise stopped(f"The values do not match to a specific {caption}.")
        found = str(row["code"])
    return found


def _show_shortcut(company: Company, page: str, parent: str, code: str, value: str) -> None:
    """A document shows its two shortcut dimensions in its own fields."""
    row = company.tables[page].get(parent)
    codes = company.setup.shortcut_dimensions
    if row is None or code not in codes[:2] or "shortcutDimension1Code" not in row:
        return
    name = f"shortcutDimension{codes.index(code) + 1}Code"
    if row[name] != value:
        company.put(page, {**row, name: value}, row)

"""The lines of a document: what may stand in them, what the server adds, and what they come to."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, fine, money, product
from connector.sandbox.quickbooks.refusals import (
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
class LineDesk:
    """One document's lines being worked on: errors found so far, line ids in use, and the running number."""

    company: Company
    taxes: str
    used: set[int]
    errors: list[Said] = field(default_factory=list)
    number: int = 0

    def new_id(self) -> str:
        """The next id no line of the document has."""
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


def ids_of(old: Thing | None) -> set[str]:
    """The ids of a document's lines, those within bundles as well."""
    found = set()
    for line in (old or {}).get("Line", []):
        found.add(line.get("Id", ""))
        found |= {inner["Id"] for inner in line.get("GroupLineDetail", {}).get("Line", [])}
    return found - {""}


def text_line(desk: LineDesk, given: Thing, old_ids: set[str]) -> Thing:
    """A line of text, which comes to nothing."""
    head = desk.start(given, old_ids)
    return {**head, "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}


def item_for(company: Company, key: str) -> Thing:
    """The item of a line; categories and bundles have no place there."""
    item = company.refer("Item", key)
    if item["Type"] == "Category":
        raise invalid_reference("An item in this transaction is set up as a category instead of a product or service.")
    if item["Type"] == "Group":
        raise invalid_reference("An item in this transaction is a bundle; it stands in a group line only.")
    return item


def amount_of(desk: LineDesk, given: Thing, detail: Thing) -> Decimal:
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


def measures_of(detail: Thing) -> Thing:
    """Quantity and unit price, where they are given and not zero."""
    return {name: fine(detail[name]) for name in ("UnitPrice", "Qty") if detail.get(name)}


def classify(company: Company, detail: Thing, kept: Thing) -> None:
    """Give a line its class, where the company keeps classes."""
    if "ClassRef" in detail:
        if not company.prefers("AccountingInfoPrefs", "ClassTrackingPerTxnLine"):
            raise feature("Class tracking per line is not enabled for this company")
        found = company.refer("Class", detail["ClassRef"]["value"])
        kept["ClassRef"] = {"value": found["Id"], "name": found["FullyQualifiedName"]}


def tax_code_of(desk: LineDesk, detail: Thing, usual: str) -> str | None:
    """The tax code of a line; `usual` is what stands for none in the US. None where no tax applies."""
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

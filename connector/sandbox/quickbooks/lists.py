"""The rules of lists: customers and their sub-customers, vendors, items, accounts, terms, classes, currencies."""

from collections.abc import Callable
from decimal import Decimal

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, fine
from connector.sandbox.quickbooks.opening import currency_ref
from connector.sandbox.quickbooks.refusals import (
    Refused,
    Said,
    business,
    duplicate_name,
    feature,
    invalid_reference,
    missing,
    refused,
)

DEEPEST = 4
_PEOPLE = ("Customer", "Vendor", "Employee")
_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_GONE = " (deleted)"


def compose_party(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A customer or vendor as it will be kept."""
    name = wanted.get("DisplayName") or " ".join(wanted[part] for part in _PARTS if wanted.get(part))
    name = name or wanted.get("CompanyName", "")
    if not name:
        detail = "At least one of Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix has to be provided."
        raise refused("6080", "No name provided", detail)
    active = wanted.get("Active", True)
    thing = {**wanted, "DisplayName": _marked(name, active, old), "Active": active}
    _check_name(company, entity, thing["DisplayName"], old)
    thing.setdefault("PrintOnCheckName", wanted.get("CompanyName") or name)
    thing["CurrencyRef"] = _currency(company, wanted, old)
    for address in ("BillAddr", "ShipAddr"):
        if address in thing:
            thing[address] = {**thing[address], "Id": thing[address].get("Id") or f"{company.next_id('Address')}"}
    if entity == "Vendor":
        thing.setdefault("Vendor1099", False)
        _known(company, thing, "TermRef", "Term")
        return thing
    _known(company, thing, "SalesTermRef", "Term")
    _known(company, thing, "DefaultTaxCodeRef", "TaxCode")
    return _placed(company, thing, old) | {
        "Taxable": wanted.get("Taxable", True),
        "PreferredDeliveryMethod": wanted.get("PreferredDeliveryMethod") or "None",
    }


def compose_item(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """An item: a service or product, a category, or a bundle (Group)."""
    if not wanted.get("Name"):
        raise Refused([missing("Name")])
    kind = wanted.get("Type") or (old or {}).get("Type") or "Service"
    thing = {**wanted, "Type": "Group" if kind == "Bundle" else kind, "Active": wanted.get("Active", True)}
    _named(company, entity, thing, old)
    if kind == "Category":
        return {name: thing[name] for name in thing if name not in ("Taxable", "UnitPrice", "IncomeAccountRef")}
    sold = kind in ("Service", "NonInventory", "Inventory")
    if sold and not thing.get("IncomeAccountRef") and not thing.get("ExpenseAccountRef"):
        raise Refused([missing("IncomeAccountRef")])
    for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
        _known(company, thing, name, "Account")
    thing.setdefault("TrackQtyOnHand", False)
    thing.setdefault("Taxable", False)
    for name in ("UnitPrice", "PurchaseCost"):
        if name in thing:
            thing[name] = fine(thing[name])
    for line in thing.get("ItemGroupDetail", {}).get("ItemGroupLine", []):
        component = company.refer("Item", line.get("ItemRef", {}).get("value", ""))
        line["ItemRef"] = {"value": component["Id"], "name": component["Name"], "type": component["Type"]}
        line.setdefault("Qty", Decimal(1))
    return thing


def compose_account(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """An account of the chart."""
    if not wanted.get("Name"):
        raise Refused([missing("Name")])
    if not (wanted.get("AccountType") or wanted.get("AccountSubType") or old):
        detail = "You must specify either an Account.AccountType or an Account.AccountSubType."
        raise refused("6010", "Invalid Account Type", detail)
    thing = {**wanted, "Active": wanted.get("Active", True)}
    for name, value in (("AccountType", "Income"), ("AccountSubType", "ServiceFeeIncome")):
        thing.setdefault(name, (old or {}).get(name, value))
    thing["Classification"] = (old or {}).get("Classification") or _CLASSES.get(thing["AccountType"], "Asset")
    _named(company, entity, thing, old)
    return thing | {
        "SubAccount": "ParentRef" in thing,
        "CurrentBalance": ZERO,
        "CurrentBalanceWithSubAccounts": ZERO,
        "CurrencyRef": currency_ref(thing.get("CurrencyRef", {}).get("value", company.currency)),
    }


def compose_named(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A term, class or department."""
    if not wanted.get("Name"):
        raise Refused([missing("Name")])
    thing = {**wanted, "Active": wanted.get("Active", True)}
    _named(company, entity, thing, old)
    if entity == "Term":
        thing.setdefault("Type", "DATE_DRIVEN" if "DayOfMonthDue" in thing else "STANDARD")
        thing.setdefault("DiscountPercent", ZERO)
        return {name: thing[name] for name in thing if name != "FullyQualifiedName"}
    if entity == "Class" and company.edition.endswith(("Simple Start", "Essentials")):
        raise feature("Class")
    return thing | {f"Sub{entity}": "ParentRef" in thing}


def compose_currency(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A currency the company trades in, or a rate of one."""
    if not company.prefers("CurrencyPrefs", "MultiCurrencyEnabled"):
        raise feature("Multi-currency is not enabled for this company")
    if entity == "CompanyCurrency":
        code = wanted.get("Code") or (old or {}).get("Code")
        if not code:
            raise Refused([missing("Code")])
        if old is None and company.find("CompanyCurrency", Code=code):
            raise duplicate_name()
        return {"Code": code, "Name": currency_ref(code)["name"], "Active": wanted.get("Active", True)}
    absent = [name for name in ("SourceCurrencyCode", "Rate") if name not in wanted]
    if absent:
        raise Refused([missing(name) for name in absent])
    if wanted["Rate"] <= 0:
        raise refused("2110", "Invalid Decimal", f"Rate must be greater than zero. Supplied value:{wanted['Rate']}")
    return {"AsOfDate": company.today().isoformat(), "TargetCurrencyCode": company.currency, **wanted}


Compose = Callable[[Company, str, Thing, Thing | None], Thing]
COMPOSE: dict[str, Compose] = {
    "Customer": compose_party,
    "Vendor": compose_party,
    "Item": compose_item,
    "Account": compose_account,
    "Term": compose_named,
    "Class": compose_named,
    "Department": compose_named,
    "CompanyCurrency": compose_currency,
    "ExchangeRate": compose_currency,
}
_CLASSES = {
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Cost of Goods Sold": "Expense",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
}


def _marked(name: str, active: bool, old: Thing | None) -> str:
    """An inactive name carries the mark that frees it for others; a name made active again loses it."""
    bare = name.removesuffix(_GONE)
    if active:
        return bare if old is not None and old.get("Active") is False else name
    return bare + _GONE


def _check_name(company: Company, entity: str, name: str, old: Thing | None) -> None:
    for other in _PEOPLE:
        for thing in company.tables[other].values():
            if thing["DisplayName"].lower() != name.lower() or (old and (other, thing["Id"]) == (entity, old["Id"])):
                continue
            if other == entity:
                raise duplicate_name(f"Id={thing['Id']}")
            raise duplicate_name(
                "Another customer, vendor or employee is already using this name. Please use a different name."
            )


def _named(company: Company, entity: str, thing: Thing, old: Thing | None) -> None:
    """Set the full name of something that may stand below another of its kind, and see that it is free."""
    thing["Name"] = _marked(thing["Name"], thing["Active"], old)
    parent = thing.get("ParentRef")
    above = company.refer(entity, parent["value"]) if parent else None
    if above is not None:
        if old is not None and above["Id"] == old["Id"]:
            raise refused("900", "Parent cannot be child", "The same object can't be the parent or child of itself.")
        thing["ParentRef"] = {"value": above["Id"], "name": above["FullyQualifiedName"]}
        thing["FullyQualifiedName"] = f"{above['FullyQualifiedName']}:{thing['Name']}"
    else:
        thing["FullyQualifiedName"] = thing["Name"]
    if thing["FullyQualifiedName"].count(":") > DEEPEST:
        raise refused("6180", "Sub Level Limit", "You can nest up to 5 levels.")
    for other in company.tables[entity].values():
        name = str(other.get("FullyQualifiedName") or other["Name"])
        if name.lower() == thing["FullyQualifiedName"].lower() and (old is None or other["Id"] != old["Id"]):
            raise duplicate_name(f"Id={other['Id']}" if entity == "Item" else "null")


def _placed(company: Company, thing: Thing, old: Thing | None) -> Thing:
    """Where a customer stands: at the top, or below another one."""
    parent = thing.get("ParentRef")
    if parent is None:
        if thing.get("Job"):
            raise Refused([Said("6150", "ParentRef Required Validation Error", "ParentRef is required if Job is true")])
        return {**thing, "Job": False, "BillWithParent": False, "FullyQualifiedName": thing["DisplayName"]}
    above = company.refer("Customer", parent["value"])
    level = int(above.get("Level", 0)) + 1
    if old is not None and above["Id"] == old["Id"]:
        raise refused("900", "Parent cannot be child", "The same object can't be the parent or child of itself.")
    if level > DEEPEST:
        raise refused("6180", "Sub Level Limit", "You can nest up to 5 levels.")
    with_parent = thing.get("BillWithParent", False)
    changes = old is not None and with_parent != old.get("BillWithParent", False)
    if changes and old is not None and company.find("Invoice", CustomerRef=old["Id"]):
        detail = "You can't change who this customer bills with because there are invoices connected to it."
        raise refused("6130", "Cannot change who customer bills with", detail)
    if thing.get("CurrencyRef", {}).get("value") != above["CurrencyRef"]["value"]:
        raise business("Business Validation Error: A sub-customer has the currency of its parent.")
    return {
        **thing,
        "Job": True,
        "BillWithParent": with_parent,
        "ParentRef": {"value": above["Id"]},
        "Level": Decimal(level),
        "FullyQualifiedName": f"{above['FullyQualifiedName']}:{thing['DisplayName']}",
        "RootCustomerRef": above.get("RootCustomerRef", {"value": above["Id"]}),
    }


def _currency(company: Company, wanted: Thing, old: Thing | None) -> Thing:
    code = wanted.get("CurrencyRef", {}).get("value") or (old or {}).get("CurrencyRef", {}).get("value")
    code = code or company.currency
    if old is not None and code != old["CurrencyRef"]["value"]:
        raise business("Business Validation Error: You can't change the currency of a customer or vendor.")
    if code != company.currency and not company.prefers("CurrencyPrefs", "MultiCurrencyEnabled"):
        raise business("Business Validation Error: Multi-currency is not enabled for this company.")
    if code != company.currency and not company.find("CompanyCurrency", Code=code):
        raise invalid_reference(f"Currency {code} not found")
    return currency_ref(code)


def _known(company: Company, thing: Thing, name: str, entity: str) -> None:
    """Check a reference and give it its name."""
    if name in thing:
        found = company.refer(entity, thing[name]["value"])
        thing[name] = {"value": found["Id"], "name": found["Name"]}

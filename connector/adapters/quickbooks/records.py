"""Turns QuickBooks' customers, items, terms, tax codes, accounts, vendors and settings into records in our words."""

from collections.abc import Callable, Mapping

from connector.adapters.quickbooks.values import Body, day, flag, own_name, part, parts, ref, text
from connector.domain.ledger import LedgerCompany, LedgerRecord

ENTITIES = {
    "customer": "Customer",
    "item": "Item",
    "term": "Term",
    "tax_code": "TaxCode",
    "account": "Account",
    "vendor": "Vendor",
    "class": "Class",
    "department": "Department",
}
"""The kinds of record there are, and what QuickBooks calls each."""

EXCHANGE_RATE = "exchange_rate"
"""The kind of record that an exchange rate is; QuickBooks gives it no id, its currency and day are one."""

CUSTOM_FIELD = "custom_field:"
"""What a fact of the company about a field of the partner's own begins with; its number follows."""

_YES, _NO = "yes", "no"


def record(kind: str, body: Body) -> LedgerRecord:
    """Translate a record; its name is as people see it, without the mark of inactive ones."""
    active = "Active" not in body or flag(body["Active"])
    name = text(body.get("DisplayName") or body.get("FullyQualifiedName") or body.get("Name"))
    return LedgerRecord(
        kind=kind,
        record_id=text(body.get("Id")),
        name=own_name(name, active),
        active=active,
        currency=ref(body, "CurrencyRef") or None,
        parent=ref(body, "ParentRef") or None,
        email=text(part(body, "PrimaryEmailAddr", "Address")) or None,
        number=text(body.get("AcctNum") or body.get("Sku")) or None,
        facts=_told(body, _FACTS[kind]),
    )


def exchange_rate(body: Body, asked: str, home: str) -> LedgerRecord:
    """Translate the rate of a currency on the day that was asked for, in units of the home currency for one of it."""
    currency, since = text(body.get("SourceCurrencyCode")), text(body.get("AsOfDate")) or asked
    return LedgerRecord(
        kind=EXCHANGE_RATE,
        record_id=f"{currency} {since}",
        name=f"{currency} {since}",
        active=True,
        currency=currency or None,
        facts={"rate": text(body.get("Rate")), "day": since, "home": text(body.get("TargetCurrencyCode")) or home},
    )


def company(company_body: Body, preferences: Body) -> LedgerCompany:
    """Translate CompanyInfo and Preferences; `facts` hold what only QuickBooks has."""
    home = ref(part(preferences, "CurrencyPrefs") or {}, "HomeCurrency") or "USD"
    sales: Body = part(preferences, "SalesFormsPrefs") or {}
    facts = {
        "automated_tax": _yes(part(preferences, "TaxPrefs", "PartnerTaxEnabled")),
        "classes_by_document": _yes(part(preferences, "AccountingInfoPrefs", "ClassTrackingPerTxn")),
        "classes_by_line": _yes(part(preferences, "AccountingInfoPrefs", "ClassTrackingPerTxnLine")),
        "departments": _yes(part(preferences, "AccountingInfoPrefs", "TrackDepartments")),
        "service_dates": _yes(sales.get("AllowServiceDate")),
        "credits_apply_themselves": _yes(sales.get("AutoApplyCredit")),
        "time_zone": text(company_body.get("DefaultTimeZone")),
        **_custom_fields(sales),
        **{
            _in_small(text(one.get("Name"))): text(one.get("Value"))
            for one in parts(company_body, "NameValue")
            if text(one.get("Name")) in {"SubscriptionStatus", "OfferingSku"}
        },
    }
    return LedgerCompany(
        name=text(company_body.get("CompanyName")),
        country=_country(text(company_body.get("Country")).upper()),
        home_currency=home,
        multicurrency=flag(part(preferences, "CurrencyPrefs", "MultiCurrencyEnabled")),
        own_numbers=flag(sales.get("CustomTxnNumbers")),
        closed_until=day(part(preferences, "AccountingInfoPrefs", "BookCloseDate")),
        tax_mode=_tax_mode(preferences),
        facts={name: value for name, value in facts.items() if value},
    )


def _country(written: str) -> str:
    """The country; the United States, whose rules differ, are always US."""
    return "US" if written in {"", "US", "USA"} else written


def _tax_mode(preferences: Body) -> str:
    if flag(part(preferences, "TaxPrefs", "PartnerTaxEnabled")):
        return "automated"
    return "excluded" if flag(part(preferences, "TaxPrefs", "UsingSalesTax")) else "none"


def _custom_fields(sales: Body) -> Mapping[str, str]:
    """The names of the partner's own fields on sales forms, by their number.

    Preferences list them as pairs like SalesFormsPrefs.SalesCustomName2 = "PO Number".
    """
    found = {}
    for group in parts(sales, "CustomField"):
        for one in parts(group, "CustomField"):
            _, is_name, number = text(one.get("Name")).partition(".SalesCustomName")
            if is_name and number.isdigit() and text(one.get("StringValue")):
                found[f"{CUSTOM_FIELD}{number}"] = text(one["StringValue"])
    return found


def _in_small(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def _yes(value: object) -> str:
    return "" if value is None else _YES if flag(value) else _NO


def _told(body: Body, facts: Mapping[str, Callable[[Body], str]]) -> Mapping[str, str]:
    told = {name: tell(body) for name, tell in facts.items()}
    return {name: value for name, value in told.items() if value}


_FACTS: Mapping[str, Mapping[str, Callable[[Body], str]]] = {
    "customer": {
        "full_name": lambda body: text(body.get("FullyQualifiedName")),
        "company": lambda body: text(body.get("CompanyName")),
        "is_job": lambda body: _YES if flag(body.get("Job")) else "",
        "billed_with_parent": lambda body: _YES if flag(body.get("BillWithParent")) else "",
        "term": lambda body: ref(body, "SalesTermRef"),
        "tax_code": lambda body: ref(body, "DefaultTaxCodeRef"),
    },
    "item": {
        "type": lambda body: text(body.get("Type")),
        "unit_price": lambda body: text(body.get("UnitPrice")),
        "description": lambda body: text(body.get("Description")),
        "income_account": lambda body: ref(body, "IncomeAccountRef"),
        "taxable": lambda body: _yes(body.get("Taxable")),
    },
    "term": {
        "type": lambda body: text(body.get("Type")),
        "due_days": lambda body: text(body.get("DueDays")),
        "day_of_month": lambda body: text(body.get("DayOfMonthDue")),
    },
    "tax_code": {
        "description": lambda body: text(body.get("Description")),
        "taxable": lambda body: _yes(body.get("Taxable")),
    },
    "account": {
        "type": lambda body: text(body.get("AccountType")),
        "subtype": lambda body: text(body.get("AccountSubType")),
    },
    "vendor": {"company": lambda body: text(body.get("CompanyName"))},
    "class": {"full_name": lambda body: text(body.get("FullyQualifiedName"))},
    "department": {"full_name": lambda body: text(body.get("FullyQualifiedName"))},
}

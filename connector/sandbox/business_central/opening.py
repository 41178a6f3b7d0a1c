"""Opens a company as Business Central sets one up: accounts, terms, taxes, currencies, units, numbers."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.documents import blank
from connector.sandbox.business_central.fields import NO_MOMENT
from connector.sandbox.business_central.setting_up import Series
from connector.sandbox.clock import SandboxClock

_HOME = UUID("5b1d2c6a-0c0e-4a55-9d7e-9f3c6d2f8a10")
_ACCOUNTS = (
    ("1200", "Bank", "Assets", "bank"),
    ("1400", "Receivables", "Assets", "receivables"),
    ("1570", "Purchase tax", "Assets", "purchase_tax"),
    ("1600", "Payables", "Liabilities", "payables"),
    ("1770", "Sales tax", "Liabilities", "sales_tax"),
    ("4970", "Invoice rounding", "Expense", "rounding"),
    ("5400", "Cloud services bought", "Cost_x0020_of_x0020_Goods_x0020_Sold", "purchases"),
    ("8400", "Cloud services sold", "Income", "sales"),
    ("8500", "Services sold", "Income", ""),
)
_TERMS = (("0D", "Due at once", "0D"), ("10D", "Net 10 days", "10D"), ("14D", "Net 14 days", "14D"),
          ("30D", "Net 30 days", "30D"), ("CM", "Current month", "CM"))  # fmt: skip
_CURRENCIES = {
    "USD": ("US dollar", "$", "0.01"), "EUR": ("Euro", "€", "0.01"), "GBP": ("Pound sterling", "£", "0.01"),
    "CHF": ("Swiss franc", "", "0.01"), "JPY": ("Japanese yen", "¥", "1"),
}  # fmt: skip
_VAT_AREAS = (("DOMESTIC", "Customers and vendors in the country"), ("EU", "In the EU"), ("EXPORT", "Elsewhere"))
_VAT_GROUPS = (("VAT19", "Full rate", "19"), ("VAT7", "Reduced rate", "7"), ("ZERO", "No VAT", "0"))
_TAX_AREAS = (("ATLANTA, GA", "ATLANTA, GA"), ("SEATTLE, WA", "SEATTLE, WA"))
_TAX_GROUPS = (("TAXABLE", "Taxable", ("5", "10.1")), ("NONTAXABLE", "Not taxable", ("0", "0")))
_SERIES = {
    "CUST": "C00000", "VEND": "V00000", "ITEM": "1000", "PAYMENT": "PAY00000", "S-INV": "S-INV102000",
    "S-INV+": "PS-INV103000", "S-CR": "S-CR1000", "S-CR+": "PS-CR104000", "P-INV": "107000", "P-INV+": "108000",
    "P-CR": "1000", "P-CR+": "109000",
}  # fmt: skip
_DIMENSIONS = (
    ("DEPARTMENT", "Department", (("CLOUD", "Cloud"), ("SALES", "Sales"), ("ADM", "Administration"))),
    ("PROJECT", "Project", (("MIGRATION", "Migration"), ("SUPPORT", "Support"))),
    ("REGION", "Region", (("NORTH", "North"), ("SOUTH", "South"))),
)


def open_company(
    clock: SandboxClock,
    name: str = "Northwind Cloud Europe",
    *,
    country: str = "DE",
    currency: str = "EUR",
    **more: Any,
) -> Company:
    """A new company with the usual lists; `more` are fields of Company. Equal names make equal ids."""
    key = more.pop("id", str(uuid5(_HOME, name)))
    company = Company(key, clock, name, country=country, currency=currency, opened=clock.now(), **more)
    company.series = {code: Series(last) for code, last in _SERIES.items()}
    _open_lists(company)
    _open_taxes(company)
    for code, title, values in _DIMENSIONS:
        dimension = _put(company, "dimensions", code=code, displayName=title)
        for value, shown in values:
            _put(company, "dimensionValues", code=value, displayName=shown, dimensionId=dimension["id"])
    _put(
        company, "companyInformation", displayName=company.display_name or name, country=country, currencyCode=currency,
        experience="Essential",
    )  # fmt: skip
    codes = company.setup.shortcut_dimensions
    shortcuts = {f"shortcutDimension{place}Code": code for place, code in enumerate(codes, 1)}
    _put(company, "generalLedgerSetup", localCurrencyCode=currency, **shortcuts)
    return company


def _open_lists(company: Company) -> None:
    for number, title, category, use in _ACCOUNTS:
        _put(
            company, "accounts", number=number, displayName=title, category=category, accountType="Posting",
            directPosting=use not in ("receivables", "payables"), _tax_group=_group(company, taxed=use == "sales"),
        )  # fmt: skip
        if use:
            company.setup.accounts[use] = number
    for code, title, formula in _TERMS:
        _put(company, "paymentTerms", code=code, displayName=title, dueDateCalculation=formula)
    for code, (title, symbol, precision) in _CURRENCIES.items():
        if code != company.currency:
            step = Decimal(precision)
            places = "0:0" if step == 1 else "2:2"
            _put(
                company, "currencies", code=code, displayName=title, symbol=symbol, amountDecimalPlaces=places,
                amountRoundingPrecision=step, _amount_precision=step,
            )  # fmt: skip
    for code, title in (("PCS", "Piece"), ("HOUR", "Hour"), ("MONTH", "Month")):
        _put(company, "unitsOfMeasure", code=code, displayName=title)
    for code, title in (("BANK", "Bank transfer"), ("CASH", "Cash")):
        _put(company, "paymentMethods", code=code, displayName=title)
    for code, title in (("LICENSES", "Licences"), ("AZURE", "Azure"), ("SERVICES", "Services")):
        _put(company, "itemCategories", code=code, displayName=title)
    for template, code in (("CASHRCPT", "GENERAL"), ("GENERAL", "DEFAULT")):
        _put(company, "journals", code=code, displayName=code.title(), templateDisplayName=template, _template=template)


def _open_taxes(company: Company) -> None:
    if company.has_sales_tax:
        for code, title in _TAX_AREAS:
            _put(company, "taxAreas", code=code, displayName=title, taxType="Sales_x0020_Tax")
        for code, title, percents in _TAX_GROUPS:
            _put(company, "taxGroups", code=code, displayName=title, taxType="Sales_x0020_Tax")
            for (area, _), percent in zip(_TAX_AREAS, percents, strict=True):
                company.rates[area, code] = Decimal(percent)
        return
    for code, title in _VAT_AREAS:
        _put(company, "taxAreas", code=code, displayName=title, taxType="VAT")
    for code, title, percent in _VAT_GROUPS:
        _put(company, "taxGroups", code=code, displayName=title, taxType="VAT")
        for area, _ in _VAT_AREAS:
            company.rates[area, code] = Decimal(percent if area == "DOMESTIC" else 0)


def add_exchange_rate(company: Company, code: str, rate: Decimal, since: date) -> Thing:
    """What one unit of a currency is worth in the company's own from a day on."""
    row = {
        "currencyCode": code, "startingDate": since, "exchangeRateAmount": Decimal(1),
        "relationalCurrencyCode": "", "relationalExchangeRateAmount": rate,
    }  # fmt: skip
    with company.lock:
        return company.put("currencyExchangeRates", {**blank("currencyExchangeRates"), **row})


def add_rate(company: Company, areas: Iterable[str], group: str, percent: Decimal) -> None:
    """A tax rate for areas and a group, both made where they are missing."""
    with company.lock:
        kind = "Sales_x0020_Tax" if company.has_sales_tax else "VAT"
        for page, codes in (("taxAreas", tuple(areas)), ("taxGroups", (group,))):
            for code in codes:
                if company.one(page, code=code) is None:
                    _put(company, page, code=code, displayName=code, taxType=kind)
        for area in areas:
            company.rates[area, group] = percent


def _group(company: Company, *, taxed: bool) -> str:
    if company.has_sales_tax:
        return "TAXABLE" if taxed else "NONTAXABLE"
    return "VAT19" if taxed else "ZERO"


def _put(company: Company, page: str, **values: Any) -> Thing:
    """A row of the set-up; nobody has touched it since the company was opened, and its time says so."""
    return company.put(page, {**blank(page), **values}, at=NO_MOMENT)

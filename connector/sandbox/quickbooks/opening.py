"""Opens a company as QuickBooks sets one up: accounts, terms, tax codes, currencies and preferences."""

from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.company import Company, Thing

_ACCOUNTS = (
    ("1", "Services", "Income", "ServiceFeeIncome", "Revenue"),
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    ("7", "Advertising", "Expense", "AdvertisingPromotional", "Expense"),
    ("33", "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", "Liability"),
    ("35", "Checking", "Bank", "Checking", "Asset"),
    ("41", "Mastercard", "Credit Card", "CreditCard", "Liability"),
    ("79", "Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue"),
    ("80", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"),
    ("86", "Discounts given", "Income", "DiscountsRefundsGiven", "Revenue"),
)
_TERMS = (
    ("1", "Due on receipt", 0),
    ("2", "Net 15", 15),
    ("3", "Net 30", 30),
    ("4", "Net 60", 60),
    ("5", "Net 10", 10),
)
_NAMES = {
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "AUD": "Australian Dollar",
    "JPY": "Japanese Yen",
}
# Country, tax code id, name, percent; the US keeps TAX and NON and names the place of the tax in the document.
_RATES = {
    "US": (("2", "California", "8"), ("3", "Washington", "7.25")),
    "DE": (("2", "19% USt", "19"), ("3", "7% USt", "7"), ("4", "0% USt", "0")),
}
_OTHER = (("2", "20% S", "20"), ("3", "5% R", "5"), ("4", "0% Z", "0"))


def open_company(
    realm: str,
    clock: SandboxClock,
    *,
    country: str = "US",
    currency: str = "USD",
    zone: str | None = None,
    multicurrency: bool = False,
    custom_numbers: bool = True,
    **more: Any,
) -> Company:
    """A new company with the usual lists; `more` are fields of Company.

    Custom transaction numbers are on unless `custom_numbers` is False; every form of line may be used.
    """
    home = zone or ("America/Los_Angeles" if country == "US" else "Europe/Berlin")
    company = Company(realm, clock, country=country, currency=currency, zone=home, **more)
    company.preferences = _preferences(currency, multicurrency, custom_numbers)
    for key, name, kind, detail, side in _ACCOUNTS:
        account = {
            "Name": name,
            "FullyQualifiedName": name,
            "SubAccount": False,
            "Active": True,
            "Classification": side,
            "AccountType": kind,
            "AccountSubType": detail,
            "CurrentBalance": Decimal(0),
            "CurrentBalanceWithSubAccounts": Decimal(0),
            "CurrencyRef": currency_ref(currency),
        }
        company.put("Account", account, key=key)
    for key, name, days in _TERMS:
        term = {
            "Name": name,
            "Active": True,
            "Type": "STANDARD",
            "DiscountPercent": Decimal(0),
            "DueDays": Decimal(days),
        }
        company.put("Term", {**term, "DiscountDays": Decimal(0)}, key=key)
    _open_taxes(company)
    if multicurrency:
        for code in (currency, *(code for code in ("USD", "EUR", "GBP") if code != currency)):
            company.put("CompanyCurrency", {"Code": code, "Name": _NAMES.get(code, code), "Active": True})
    company.put("CompanyInfo", _information(company), key="1")
    return company


def currency_ref(code: str) -> Thing:
    """A reference to a currency."""
    return {"value": code, "name": _NAMES.get(code, code)}


def set_rate(company: Company, code: str, rate: Decimal, day: str) -> Thing:
    """A currency's rate as of a day: units of the home currency for one of it."""
    with company.lock:
        thing = {"SourceCurrencyCode": code, "TargetCurrencyCode": company.currency, "Rate": rate, "AsOfDate": day}
        found = company.find("ExchangeRate", SourceCurrencyCode=code, AsOfDate=day)
        return company.put("ExchangeRate", thing, found[0] if found else None)


def add_tax(company: Company, key: str, name: str, percent: Decimal) -> None:
    """A tax code with one rate, for sales and for purchases."""
    rate = {"Name": name, "Description": name, "Active": True, "RateValue": percent, "AgencyRef": {"value": "1"}}
    company.put("TaxRate", {**rate, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"}, key=key)
    detail = {"TaxTypeApplicable": "TaxOnAmount", "TaxRateRef": {"value": key, "name": name}, "TaxOrder": Decimal(0)}
    both = {"TaxRateDetail": [detail]}
    code = {"Name": name, "Description": name, "Active": True, "Taxable": True, "TaxGroup": True}
    bought = {"TaxRateDetail": []} if company.is_us else both
    company.put("TaxCode", {**code, "SalesTaxRateList": both, "PurchaseTaxRateList": bought}, key=key)


def _open_taxes(company: Company) -> None:
    if company.is_us:
        for name, taxable in (("TAX", True), ("NON", False)):
            code = {"Name": name, "Description": name, "Active": True, "Taxable": taxable, "TaxGroup": False}
            company.put("TaxCode", code, key=name)
    for key, name, percent in _RATES.get(company.country, _OTHER):
        add_tax(company, key, name, Decimal(percent))


def _preferences(currency: str, multicurrency: bool, custom_numbers: bool) -> Thing:
    return {
        "AccountingInfoPrefs": {
            "FirstMonthOfFiscalYear": "January",
            "UseAccountNumbers": False,
            "TaxYearMonth": "January",
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True,
            "TrackDepartments": True,
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomField": [
                {
                    "CustomField": [
                        {"Name": "SalesFormsPrefs.UseSalesCustom1", "Type": "BooleanType", "BooleanValue": True}
                    ]
                },
                {
                    "CustomField": [
                        {"Name": "SalesFormsPrefs.SalesCustomName1", "Type": "StringType", "StringValue": "PO #"}
                    ]
                },
            ],
            "CustomTxnNumbers": custom_numbers,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "DefaultDiscountAccount": "86",
            "AllowEstimates": True,
            "AllowServiceDate": True,
            "AllowShipping": False,
            "AutoApplyCredit": False,
            "IPNSupportEnabled": False,
            "ETransactionPaymentEnabled": False,
            "ETransactionEnabledStatus": "NotApplicable",
            "DefaultTerms": {"value": "3"},
            "DefaultCustomerMessage": "Thank you for your business and have a great day!",
        },
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": True},
        "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
        "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": False},
        "CurrencyPrefs": {"MultiCurrencyEnabled": multicurrency, "HomeCurrency": {"value": currency}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {
            "NameValue": [
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
                {"Name": "DTXCopyMemo", "Value": "false"},
                {"Name": "VendorAndPurchasesPrefs.UseCustomTxnNumbers", "Value": "false"},
                {"Name": "WarnDuplicateBillNumber", "Value": "false"},
            ]
        },
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
    }


def _information(company: Company) -> Thing:
    address = {"Id": "1", "Line1": "2500 Garcia Ave", "City": "Mountain View", "Country": "USA"}
    address |= {"PostalCode": "94043", "CountrySubDivisionCode": "CA"}
    if not company.is_us:
        address = {"Id": "1", "Line1": "Hauptstrasse 1", "City": "Berlin", "Country": "DEU", "PostalCode": "10115"}
    return {
        "CompanyName": company.name,
        "LegalName": company.name,
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address,
        "LegalAddr": address,
        "PrimaryPhone": {"FreeFormNumber": "(650)944-4444"},
        "CompanyStartDate": "2020-01-01",
        "FiscalYearStartMonth": "January",
        "Country": company.country,
        "Email": {"Address": "books@northwind.example"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "DefaultTimeZone": company.zone,
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": company.edition},
        ],
    }

"""The currency of a document, its exchange rate, and what it comes to at home."""

from decimal import Decimal

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import money
from connector.sandbox.quickbooks.opening import currency_ref
from connector.sandbox.quickbooks.refusals import business, refused


def money_of(company: Company, wanted: Thing, party: Thing, total: Decimal) -> Thing:
    """Currency and rate; the currency is the party's, and says so where it is not the home currency."""
    code = wanted.get("CurrencyRef", {}).get("value") or company.currency
    if code != party["CurrencyRef"]["value"]:
        raise business(
            "Business Validation Error: The currency of the transaction is invalid for customer / vendor / account."
        )
    kept: Thing = {"CurrencyRef": currency_ref(code)}
    if not company.prefers("CurrencyPrefs", "MultiCurrencyEnabled"):
        return kept
    rate = Decimal(1)
    if code != company.currency:
        rate = wanted["ExchangeRate"] if "ExchangeRate" in wanted else _listed_rate(company, code, wanted)
        if rate <= 0:
            raise refused("2110", "Invalid Decimal", f"ExchangeRate must be greater than zero. Supplied value:{rate}")
    home = money(total * rate)
    return {**kept, "ExchangeRate": rate, "HomeTotalAmt": home, "HomeBalance": home}


def open_amount(thing: Thing, amount: Decimal) -> None:
    """Set what is still open of a document, here and at home."""
    thing["Balance"] = amount
    if "HomeBalance" in thing:
        thing["HomeBalance"] = money(amount * thing["ExchangeRate"])


def _listed_rate(company: Company, code: str, wanted: Thing) -> Decimal:
    day = wanted.get("TxnDate") or company.today().isoformat()
    known = [rate for rate in company.find("ExchangeRate", SourceCurrencyCode=code) if rate["AsOfDate"] <= day]
    if not known or company.behaviour.default_rate == "one":
        return Decimal(1)
    return Decimal(max(known, key=lambda rate: rate["AsOfDate"])["Rate"])

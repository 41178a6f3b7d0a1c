"""Which price Business Central puts on a line by itself: from price lists, else from the item's card."""

from datetime import date
from decimal import Decimal

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.kinds import Kind
from connector.sandbox.business_central.refusals import Refused
from connector.sandbox.business_central.sums import rounded


def code_of(company: Company, document: Thing) -> str:
    """The currency of a document."""
    key = document["currencyId"]
    return company.currency if key == NO_ID else str(company.row("currencies", key)["code"])


def rate_on(company: Company, code: str, day: date) -> Decimal:
    """What one unit of a currency is worth in the company's own on a day; raises Refused where no rate is known."""
    if code == company.currency:
        return Decimal(1)
    known = [rate for rate in company.find("currencyExchangeRates", currencyCode=code) if rate["startingDate"] <= day]
    if not known:
        no = f"There is no Currency Exchange Rate within the filter. Filters: Currency Code: {code}, Starting Date: "
        raise Refused(400, "Internal_DataNotFoundFilter", f"{no}''..{day:%m/%d/%y}")
    last = max(known, key=lambda rate: rate["startingDate"])
    return Decimal(last["relationalExchangeRateAmount"]) / Decimal(last["exchangeRateAmount"])


def price_for(company: Company, kind: Kind, document: Thing, item: Thing, quantity: Decimal) -> Decimal:
    """The price of one unit; the best of the price lists that apply, else the one on the item's card."""
    code = code_of(company, document)
    day = document["postingDate"]
    if kind.is_sale:
        fitting = [
            price.unit_price
            for price in company.prices
            if price.item == item["number"]
            and price.customer in ("", document["customerNumber"])
            and (price.currency or company.currency) == code
            and price.at_least <= quantity
            and price.since <= day <= price.until
        ]
        if fitting:
            return min(fitting)
    own = Decimal(item["unitPrice"] if kind.is_sale else item["unitCost"])
    return rounded(own / rate_on(company, code, day), company.setup.unit_precision)

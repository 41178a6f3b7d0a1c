"""The tax of a document: TAX and NON with one rate for the whole in the US, a tax code on every line elsewhere."""

from collections import defaultdict
from decimal import Decimal

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.lines import Lines
from connector.sandbox.quickbooks.money import ZERO, money, percent_of
from connector.sandbox.quickbooks.refusals import Refused, missing, refused

AUTOMATED = "AST"


def method(company: Company, wanted: Thing) -> str:
    """How taxes are applied: `US`, or what a document elsewhere says."""
    if company.is_us:
        return "US"
    given = wanted.get("GlobalTaxCalculation")
    if not given:
        raise Refused([missing("GlobalTaxCalculation")])
    if given == "NotApplicable" and wanted.get("TxnTaxDetail"):
        detail = "The TxnTaxDetail attribute isn't allowed when GlobalTaxCalculation is set to NotApplicable."
        raise refused("6170", "Invalid TxnTaxDetail Error", detail)
    return str(given)


def compute(
    company: Company, how: str, lines: Lines, wanted: Thing, customer: Thing | None, after_discount: bool
) -> Thing:
    """The TxnTaxDetail of a document; amounts given for its tax lines are taken instead of computed ones."""
    given = wanted.get("TxnTaxDetail") or {}
    if how == "NotApplicable":
        return {"TotalTax": ZERO}
    if how == "US":
        return _in_the_us(company, lines, given, customer, after_discount)
    return _elsewhere(company, how, lines, given, customer is not None)


def _in_the_us(company: Company, lines: Lines, given: Thing, customer: Thing | None, after_discount: bool) -> Thing:
    base = sum((line["Amount"] for code, line in lines.taxed if code == "TAX"), ZERO)
    if after_discount and lines.subtotal:
        base = money(base - lines.discount * base / lines.subtotal)
    if company.prefers("TaxPrefs", "PartnerTaxEnabled"):
        percent = company.automated_tax or ZERO
        detail: Thing = {"TxnTaxCodeRef": {"value": AUTOMATED}, "TotalTax": percent_of(base, percent)}
        return {**detail, "TaxLine": [_line(AUTOMATED, percent, base, detail["TotalTax"])] if base else []}
    chosen = given.get("TxnTaxCodeRef") or (customer or {}).get("DefaultTaxCodeRef")
    if customer is None or chosen is None or not base:
        return {"TotalTax": ZERO}
    code = company.refer("TaxCode", chosen["value"])
    detail = {"TxnTaxCodeRef": {"value": code["Id"]}}
    by_hand = [line["Amount"] for line in given.get("TaxLine", []) if line.get("Amount") is not None]
    taxes = []
    for place, (rate, percent) in enumerate(_rates(company, code, "SalesTaxRateList")):
        amount = money(by_hand[place]) if place < len(by_hand) else percent_of(base, percent)
        taxes.append(_line(rate, percent, base, amount))
    return {**detail, "TotalTax": money(sum((line["Amount"] for line in taxes), ZERO)), "TaxLine": taxes}


def _elsewhere(company: Company, how: str, lines: Lines, given: Thing, is_sale: bool) -> Thing:
    bases: dict[tuple[str, Decimal], Decimal] = defaultdict(lambda: ZERO)
    taxes: dict[tuple[str, Decimal], Decimal] = defaultdict(lambda: ZERO)
    listed = "SalesTaxRateList" if is_sale else "PurchaseTaxRateList"
    for code, line in lines.taxed:
        rates = _rates(company, company.get("TaxCode", code or ""), listed)
        inclusive = line[line["DetailType"]].get("TaxInclusiveAmt")
        if how == "TaxInclusive" and inclusive:
            whole = sum((percent for _, percent in rates), ZERO)
            net = money(inclusive * 100 / (100 + whole))
            lines.subtotal += net - line["Amount"]
            line["Amount"] = net
        for rate in rates:
            bases[rate] += line["Amount"]
            taxes[rate] += percent_of(line["Amount"], rate[1]) if how == "TaxInclusive" else ZERO
    by_hand = {
        line.get("TaxLineDetail", {}).get("TaxRateRef", {}).get("value"): money(line["Amount"])
        for line in given.get("TaxLine", [])
        if line.get("Amount") is not None
    }
    made = []
    for rate, base in bases.items():
        due = taxes[rate] if how == "TaxInclusive" else percent_of(base, rate[1])
        made.append(_line(rate[0], rate[1], money(base), by_hand.get(rate[0], money(due))))
    return {"TotalTax": money(sum((line["Amount"] for line in made), ZERO)), "TaxLine": made}


def _rates(company: Company, code: Thing, listed: str) -> list[tuple[str, Decimal]]:
    details = code.get(listed, {}).get("TaxRateDetail", [])
    rates = [company.get("TaxRate", detail["TaxRateRef"]["value"]) for detail in details]
    return [(rate["Id"], rate["RateValue"]) for rate in rates]


def _line(rate: str, percent: Decimal, base: Decimal, amount: Decimal) -> Thing:
    return {
        "Amount": amount,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate},
            "PercentBased": True,
            "TaxPercent": percent,
            "NetAmountTaxable": base,
        },
    }

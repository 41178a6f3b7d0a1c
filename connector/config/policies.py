"""The parts of the mapping about documents and judgement: templates, taxes, fx, tolerances, decisions, exports."""

from decimal import Decimal

from connector.config.quantities import Amount, Day, Whole
from connector.config.records import Field, Filled, Record
from connector.config.selecting import (
    CURRENCY,
    NARROWING,
    OFFERED,
    PERSON,
    REASON,
    SUBJECT,
    VALID,
    selector,
    validity,
)
from connector.config.shapes import Choice, Text
from connector.domain.kinds import KINDS
from connector.domain.rules import Accepted, Adjustment, FxRule, TaxRule, Tolerance

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


def _tax(filled: Filled) -> TaxRule:
    if "tax_code" not in filled.written and "tax_percent" not in filled.written:
        filled.refuse("it says nothing; expected tax_code, tax_percent or both")
    return TaxRule(filled.get("for"), filled.place, filled.get("tax_code"), filled.get("tax_percent"), validity(filled))


def _fx(filled: Filled) -> FxRule:
    fixed = filled.get("source") == "fixed"
    if fixed and "rate" not in filled.written:
        filled.refuse("'rate' is missing; expected the fixed rate, like 0.92")
    if not fixed and "rate" in filled.written:
        filled.refuse("a rate is given only with source: fixed; leave it out", "rate")
    if filled.get("from") == filled.get("to"):
        filled.refuse(f"{filled.get('to')} into itself; expected two currencies", "to")
    return FxRule(
        filled.get("from"),
        filled.get("to"),
        filled.get("source"),
        filled.place,
        filled.get("rate"),
        filled.get("margin_percent", _ZERO),
        validity(filled),
    )


def _tolerance(filled: Filled) -> Tolerance:
    if not any(name in filled.written for name in ("amount", "percent", "days")):
        filled.refuse("it tolerates nothing; expected amount, percent or days")
    return Tolerance(filled.get("for"), filled.place, filled.get("amount"), filled.get("percent"), filled.get("days"))


def _accepted(filled: Filled) -> Accepted:
    if len(filled.get("finding")) != 16:
        filled.warn("a fingerprint has 16 digits, so this fits no finding; copy it from the result", "finding")
    return Accepted(filled.get("finding"), filled.get("reason"), filled.get("by"), filled.place, filled.get("until"))


def _adjustment(filled: Filled) -> Adjustment:
    if filled.get("amount") == 0:
        filled.refuse("an adjustment of 0 changes nothing; expected an amount like -12.50", "amount")
    return Adjustment(
        filled.get("invoice"),
        filled.get("amount"),
        filled.get("currency"),
        filled.get("reason"),
        filled.get("by"),
        filled.place,
    )


TAX = Record(
    "a tax",
    (
        Field(
            "for",
            selector("{} for everything, or a group", (*SUBJECT, *OFFERED, *NARROWING)),
            "What the tax is for; {} is everything.",
            {"group": "taxed"},
            True,
        ),
        Field("tax_code", Text("a tax code by its name in the ledger"), "The tax code in the ledger.", "TAX"),
        Field(
            "tax_percent",
            Amount("a percentage from 0 to 100", least=_ZERO, most=_HUNDRED),
            "The tax expected on the ledger's lines; without it tax is not judged.",
            7.25,
        ),
        *VALID,
    ),
    _tax,
    "The tax code, and the percentage expected on the ledger's lines.",
)

FX = Record(
    "an exchange rule",
    (
        Field("from", CURRENCY, "The currency of the charge.", "USD", True),
        Field("to", CURRENCY, "The currency the customer is billed in.", "EUR", True),
        Field("source", Choice(("vendor", "ledger", "fixed")), "Whose rate is used.", "vendor", True),
        Field("rate", Amount("a rate above 0, like 0.92", above=_ZERO), "The rate, with source: fixed.", 0.92),
        Field(
            "margin_percent",
            Amount("a percentage above -100 and below 100", above=-_HUNDRED, below=_HUNDRED),
            "Added to the rate.",
            1.5,
            default="0",
        ),
        *VALID,
    ),
    _fx,
    "How an amount crosses from one currency into another.",
)

_KIND = Field("kind", Choice(tuple(sorted(KINDS))), "One kind of finding.", "tax_differs")
TOLERANCE = Record(
    "a tolerance",
    (
        Field(
            "for",
            selector("{} for everything, or a group", ("tenant_id", "charge_type"), (_KIND,)),
            "Which findings; {} is all of them.",
            {"kind": "tax_differs"},
            True,
        ),
        Field("amount", Amount("an amount of 0 or more, like 0.02", least=_ZERO), "Up to this amount.", 0.02),
        Field(
            "percent",
            Amount("a percentage from 0 to 100", least=_ZERO, most=_HUNDRED),
            "Up to this percentage.",
            1,
        ),
        Field("days", Whole(0, 366), "Up to so many days.", 2),
    ),
    _tolerance,
    "Differences up to here are not shown one by one; their total is.",
)

ACCEPTED = Record(
    "an accepted finding",
    (
        Field(
            "finding",
            Text("a fingerprint like 3f9a1c0b5d7e2f48, in quotes", "[0-9a-fA-F]{6,64}", str.lower),
            "The fingerprint of the finding.",
            "3f9a1c0b5d7e2f48",
            True,
        ),
        Field("reason", REASON, "Why it is accepted.", "agreed discount", True),
        Field("by", PERSON, "Who accepted it.", "jane", True),
        Field("until", Day(), "Last day on which it is accepted.", "2026-12-31", default="for good"),
    ),
    _accepted,
    "A finding that someone decided to live with.",
)

ADJUSTMENT = Record(
    "an adjustment",
    (
        Field(
            "invoice",
            Text("an invoice number like G012345678", is_id=True),
            "Microsoft's invoice.",
            "G012345678",
            True,
        ),
        Field("amount", Amount("an amount like -12.50"), "What the invoice's lines do not carry.", -12.50, True),
        Field("currency", CURRENCY, "The invoice's currency.", "USD", True),
        Field("reason", REASON, "Why the lines do not carry it.", "rounding on the PDF", True),
        Field("by", PERSON, "Who found it.", "jane", True),
    ),
    _adjustment,
    "An amount on Microsoft's invoice that its lines do not carry.",
)

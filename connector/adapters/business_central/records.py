"""Turns Business Central's customers, items, vendors, terms, tax groups, accounts and set-up into records in our words.

The id of a record is its number (of terms, tax groups and dimensions: its code), as people know it and mappings write
it; Business Central's own GUID is kept among the facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connector.adapters.business_central.values import Body, day, flag, key, option, text
from connector.domain.ledger import LedgerCompany, LedgerRecord

_DAY = timedelta(days=1)
_YES, _NO = "yes", "no"
_SHORTCUTS = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records, and the facts that are told of each."""

    page: str
    facts: Mapping[str, Callable[[Body], str]]
    fields: tuple[str, ...] = ()


LISTINGS: Mapping[str, Listing] = {
    "customer": Listing(
        "customers",
        {
            "blocked": lambda body: option(body.get("blocked")),
            "term": lambda body: key(body.get("paymentTermsId")),
            "tax_area": lambda body: text(body.get("taxAreaDisplayName")),
            "taxable": lambda body: _yes(body.get("taxLiable")),
        },
        ("blocked", "paymentTermsId", "taxAreaDisplayName", "taxLiable", "currencyCode", "email"),
    ),
    "item": Listing(
        "items",
        {
            "type": lambda body: option(body.get("type")),
            "unit_price": lambda body: text(body.get("unitPrice")),
            "unit": lambda body: text(body.get("baseUnitOfMeasureCode")),
            "tax_code": lambda body: text(body.get("taxGroupCode")),
            "category": lambda body: text(body.get("itemCategoryCode")),
            "price_includes_tax": lambda body: _YES if flag(body.get("priceIncludesTax")) else "",
        },
        (
            "type", "unitPrice", "baseUnitOfMeasureCode", "taxGroupCode", "itemCategoryCode", "priceIncludesTax",
            "blocked",
        ),
    ),
    "vendor": Listing(
        "vendors",
        {"blocked": lambda body: option(body.get("blocked"))},
        ("blocked", "currencyCode", "email"),
    ),
    "term": Listing(
        "paymentTerms",
        {"due": lambda body: text(body.get("dueDateCalculation"))},
        ("code", "dueDateCalculation"),
    ),
    "tax_code": Listing(
        "taxGroups",
        {"type": lambda body: option(body.get("taxType"))},
        ("code", "taxType"),
    ),
    "tax_area": Listing(
        "taxAreas",
        {"type": lambda body: option(body.get("taxType"))},
        ("code", "taxType"),
    ),
    "account": Listing(
        "accounts",
        {
            "category": lambda body: option(body.get("category")),
            "type": lambda body: option(body.get("accountType")),
            "direct_posting": lambda body: _yes(body.get("directPosting")),
        },
        ("category", "accountType", "directPosting", "blocked"),
    ),
    "currency": Listing("currencies", {"decimals": lambda body: text(body.get("amountDecimalPlaces"))}, ("code",)),
    "dimension": Listing("dimensions", {}, ("code",)),
}  # fmt: skip
"""The kinds of record there are, and what Business Central calls each."""

EXCHANGE_RATE = "exchange_rate"
"""The kind of record that an exchange rate is; its currency and first day are its id."""

_BLOCKS = frozenset({"All", "Invoice", "true", "Payment"})


def record(kind: str, body: Body) -> LedgerRecord:
    """Translate a record; one that is blocked for invoices counts as inactive."""
    number = text(body.get("number") or body.get("code"))
    blocked = body.get("blocked")
    stopped = flag(blocked) or option(blocked) in (_BLOCKS if kind != "vendor" else {"All"})
    heading = kind == "account" and option(body.get("accountType")) not in {"", "Posting"}
    return LedgerRecord(
        kind=kind,
        record_id=number,
        name=text(body.get("displayName")) or number,
        active=not stopped and not heading,
        currency=text(body.get("currencyCode")) or None,
        email=text(body.get("email")) or None,
        number=number or None,
        facts=_told(kind, body),
    )


def exchange_rate(body: Body, home: str) -> LedgerRecord:
    """Translate an exchange rate: so many units of the home currency for so many of a foreign one, from a day on."""
    currency, since = text(body.get("currencyCode")), text(body.get("startingDate"))
    return LedgerRecord(
        kind=EXCHANGE_RATE,
        record_id=f"{currency} {since}",
        name=f"{currency} {since}",
        active=True,
        currency=currency or None,
        facts={
            "rate": text(body.get("relationalExchangeRateAmount")),
            "per": text(body.get("exchangeRateAmount")),
            "day": since,
            "home": home,
        },
    )


def company(about: Body, address: Body, setup: Body, currencies: int, taxes: frozenset[str]) -> LedgerCompany:
    """Translate a company, its own address, its general ledger set-up, and how many foreign currencies it keeps.

    Books are closed until the day before postings are allowed again. `taxes` are the kinds of tax it has groups of.
    """
    opens, ends = day(setup.get("allowPostingFrom")), day(setup.get("allowPostingTo"))
    facts = {
        "id": key(about.get("id")),
        "open_until": str(ends or ""),
        "tax": " and ".join(sorted(taxes)),
        "system_version": text(about.get("systemVersion")),
        **{
            f"shortcut_dimension:{nth}": text(setup.get(f"shortcutDimension{nth}Code"))
            for nth in range(1, _SHORTCUTS + 1)
        },
    }
    home = text(setup.get("localCurrencyCode")) or text(address.get("currencyCode"))
    return LedgerCompany(
        name=text(about.get("displayName")) or text(about.get("name")),
        country=text(address.get("country")).upper(),
        home_currency=home,
        multicurrency=currencies > 0,
        own_numbers=False,
        closed_until=opens - _DAY if opens else None,
        tax_mode="excluded" if taxes else "none",
        facts={name: value for name, value in facts.items() if value},
    )


def shortcut_dimensions(facts: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of the two dimensions that a document's head has fields for, in their order."""
    return tuple(facts.get(f"shortcut_dimension:{nth}", "") for nth in (1, 2))


def _yes(value: object) -> str:
    return "" if value is None else _YES if flag(value) else _NO


def _told(kind: str, body: Body) -> Mapping[str, str]:
    told = {"id": key(body.get("id"))} | {name: tell(body) for name, tell in LISTINGS[kind].facts.items()}
    return {name: value for name, value in told.items() if value}

"""Holds accounts of the general ledger against the documents booked on them, and names what makes them differ.

What a document is booked on, its own entries tell: an item's account may have been another one then, or depend on the
customer. Its month is that of its entries, which its own date need not be.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.domain.ledger import LedgerEntry
from connector.domain.money import ZERO, exponent, round_half_up
from connector.domain.month import GENERAL_LEDGER, TieLine, TieOut
from connector.domain.period import Period

REVENUE, COST = "revenue", "cost"
OTHER_ITEMS = "lines of items that bill no cloud"
NO_DOCUMENT = "not an invoice or credit memo that was read"
OTHER_MONTH = "of a document of another month"
OTHER_AMOUNT = "the account has another amount"
NOT_THERE = "not on the account"
NOT_MICROSOFTS = "not a bill for a vendor invoice that was read"


@dataclass(frozen=True, slots=True)
class Sale:
    """What a document bills of an item, net and signed; `cloud` where the mapping bills Microsoft's charges on it."""

    document: str
    number: str
    kind: str
    day: date
    party: str
    item: str
    cloud: bool
    currency: str
    amount: Decimal


@dataclass(slots=True)
class _Place:
    """What a document comes to on an account: by its entries in the month, and by its lines."""

    entries: list[LedgerEntry] = field(default_factory=list)
    cloud: Decimal = ZERO
    other: Decimal = ZERO
    sales: list[Sale] = field(default_factory=list)

    @property
    def booked(self) -> Decimal:
        return sum((entry.amount for entry in self.entries), ZERO)


def revenue(
    ledger: str, month: Period, entries: Sequence[LedgerEntry], sales: Iterable[Sale], accounts: Mapping[str, str]
) -> Iterator[TieOut]:
    """The accounts that cloud items are booked on, in the month; `accounts` are those the items name, where they do.

    `entries` are all on the accounts that were read, of the months around; the accounts of the result are ids.
    """
    home = next((entry.currency for entry in entries if entry.currency), "")
    by_document: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_document[entry.document_id].append(entry)
    documents: dict[str, list[Sale]] = defaultdict(list)
    for sale in sales:
        documents[sale.document].append(sale)
    places: dict[tuple[str, str], dict[str, _Place]] = defaultdict(lambda: defaultdict(_Place))
    cloud = {(account, home) for account in accounts.values()}
    for entry in entries:
        if entry.day in month:
            places[entry.account, home][entry.document_id].entries.append(entry)
    for document, own in documents.items():
        booked = by_document.get(document, [])
        placed = _placed(own, booked, accounts, home)
        cloud |= {place for place, sale, _ in placed if sale.cloud}
        if min((entry.day for entry in booked), default=own[0].day) not in month:
            continue
        for place, sale, amount in placed:
            there = places[place][document]
            there.sales.append(sale)
            if sale.cloud:
                there.cloud += amount
            else:
                there.other += amount
    for (account, currency), own_places in sorted(places.items(), key=lambda pair: pair[0]):
        if (account, currency) in cloud:
            lines = tuple(sorted(_differing(own_places, documents), key=_order))
            total = sum((one.booked for one in own_places.values()), ZERO)
            counted = sum((one.cloud for one in own_places.values()), ZERO)
            yield TieOut(REVENUE, ledger, account, currency, total, counted, GENERAL_LEDGER, lines)


def _placed(
    sales: Sequence[Sale], entries: Sequence[LedgerEntry], accounts: Mapping[str, str], home: str
) -> list[tuple[tuple[str, str], Sale, Decimal]]:
    """On which account (in which currency) each item of a document is booked, and with what.

    Of a document in a foreign currency each item has its part of what the ledger booked. An account that cannot be
    told is "".
    """
    booked: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for entry in entries:
        booked[entry.account] += entry.amount
    if not booked:
        return [((accounts.get(one.item, ""), one.currency), one, one.amount) for one in sales]
    found = [(_account(one, sales, booked, accounts), one) for one in sales]
    if sales[0].currency in ("", home):
        return [((account, home), one, one.amount) for account, one in found]
    whole: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, one in found:
        whole[account] += one.amount
    places = exponent(home)
    return [
        ((account, home), one, round_half_up(booked[account] * one.amount / whole[account], places))
        for account, one in found
        if whole[account]
    ]


def _account(one: Sale, sales: Sequence[Sale], booked: Mapping[str, Decimal], accounts: Mapping[str, str]) -> str:
    """The account of an item among those that its document is booked on."""
    if len(booked) == 1:
        return next(iter(booked))
    if accounts.get(one.item) in booked:
        return accounts[one.item]
    of_item = sum((sale.amount for sale in sales if sale.item == one.item), ZERO)
    for amount in (sum((sale.amount for sale in sales), ZERO), of_item):
        same = [account for account, there in sorted(booked.items()) if there == amount]
        if len(same) == 1:
            return same[0]
    return ""


def _differing(places: Mapping[str, _Place], documents: Collection[str]) -> Iterator[TieLine]:
    """What makes up the difference of an account: all lines of other items in one, everything else one by one."""
    others = [one for one in places.values() if one.other]
    if others:
        count = f"{len(others):,} document" + ("s" if len(others) > 1 else "")
        yield TieLine(None, count, "", "", "", sum((one.other for one in others), ZERO), ZERO, OTHER_ITEMS)
    for document, one in places.items():
        booked = one.booked - one.other
        if booked == one.cloud:
            continue
        if one.sales:
            sale = one.sales[0]
            why = OTHER_AMOUNT if one.entries else NOT_THERE
            yield TieLine(sale.day, sale.kind, sale.number, sale.party, "", booked, one.cloud, why)
            continue
        why = OTHER_MONTH if document in documents else NO_DOCUMENT
        yield from _entries(one.entries, why)


def _entries(entries: Iterable[LedgerEntry], why: str, sign: int = 1) -> Iterator[TieLine]:
    for entry in entries:
        if entry.amount:
            yield TieLine(
                entry.day, entry.kind, entry.number, entry.party, entry.text, sign * entry.amount, ZERO, why
            )  # fmt: skip


def cost(
    ledger: str,
    month: Period,
    account: str,
    entries: Iterable[LedgerEntry],
    bills: Mapping[str, str],
    charged: Mapping[str, Decimal],
    known: Collection[str],
    currency: str,
) -> TieOut:
    """The account of Microsoft's bills: those for the month's invoices whenever they are booked, and all else then.

    `bills` gives the vendor's number of a bill by its document, `charged` what Microsoft charges by the number of each
    of the month's invoices, `known` the numbers of all that were read: a bill for one of another month is that one's.
    """
    booked: dict[str, Decimal] = defaultdict(lambda: ZERO)
    lines: list[TieLine] = []
    for entry in entries:
        number = bills.get(entry.document_id, "")
        if number in charged:
            booked[number] -= entry.amount
        elif number not in known and entry.day in month:
            lines += _entries([entry], NOT_MICROSOFTS, -1)
    for number, amount in charged.items():
        if booked[number] != amount:
            why = OTHER_AMOUNT if booked.get(number) else NOT_THERE
            lines.append(TieLine(None, "Bill", number, "", "", booked[number], amount, why))
    total = sum(booked.values(), ZERO) + sum((one.ledger for one in lines if one.why == NOT_MICROSOFTS), ZERO)
    counted = sum(charged.values(), ZERO)
    ordered = tuple(sorted(lines, key=_order))
    return TieOut(COST, ledger, account, currency, total, counted, GENERAL_LEDGER, ordered)


def _order(one: TieLine) -> tuple[bool, date, str, str, Decimal, str]:
    return one.day is not None, one.day or date.min, one.kind, one.number, one.ledger, one.text

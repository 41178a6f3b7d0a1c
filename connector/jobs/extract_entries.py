"""Fetches from the general ledger what stands on the accounts of revenue, and on those of Microsoft's bills.

The last months are read each time. Of each document's entries on an account a new version is kept only where they are
other than before; what is gone from an account is kept as nothing.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from connector.domain.ledger import LedgerEntry
from connector.domain.money import ZERO
from connector.domain.period import Period, add_months
from connector.jobs import ledger_rows as rows
from connector.ports import LedgerShelf, LedgerSource

MONTHS = 3
"""So many months before this one are read again, because books are mended until they are closed."""
_CHUNK = 3
_INCOME = "Income"

Row = Mapping[str, Any]


def entry_rows(
    source: LedgerSource, shelf: LedgerShelf, records: Iterable[Row], bills: Collection[str], observed_at: str
) -> Iterator[rows.Row]:
    """What is new on the accounts; `records` are the ledger's as they stand, `bills` accounts by id, number or name.

    Raises what the source raises.
    """
    accounts = accounts_of(records, bills)
    if not accounts:
        return
    known: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in shelf.newest("ledger_entries", source.name):
        known[row["account_id"], row["document_id"] or ""].append(row)
    days = _days(known.values(), observed_at)
    found: dict[tuple[str, str], list[rows.Row]] = defaultdict(list)
    start = days.start
    while start < days.end:
        chunk = Period(start, min(add_months(start, _CHUNK), days.end))
        for entry in source.entries(accounts, chunk):
            own = found[entry.account, entry.document_id]
            own.append(rows.entry_row(source.name, entry, observed_at, len(own) + 1))
        start = chunk.end
    for place in sorted(found):
        if _state(found[place]) != _state(known.get(place, ())):
            yield from found[place]
    for account in sorted(accounts):
        if (account, "") not in known:
            mark = LedgerEntry(account, days.start, "", "", "", "", "", ZERO, "")
            yield rows.entry_row(source.name, mark, observed_at, 1)
    for place, before in sorted(known.items()):
        there = any(row["amount"] for row in before) and max(row["day"] for row in before) >= days.start
        if place[1] and place not in found and place[0] in accounts and there:
            yield rows.no_entry_row(before[0], observed_at)


def accounts_of(records: Iterable[Row], bills: Collection[str]) -> frozenset[str]:
    """The accounts that items are sold on (where items do not say, all of income), and those of bills."""
    income, sold, bought = set(), set(), set()
    for row in records:
        facts = json.loads(row["facts"] or "{}")
        if row["kind"] == "item" and facts.get("income_account"):
            sold.add(str(facts["income_account"]))
        if row["kind"] == "account" and not row["gone"]:
            heading = facts.get("category") and facts.get("type") not in (None, "Posting")
            if facts.get("category") == _INCOME and not heading:
                income.add(row["record_id"])
            if {row["record_id"], row["number"], row["name"]} & set(bills):
                bought.add(row["record_id"])
    return frozenset((sold or income) | bought)


def _days(known: Iterable[Collection[Row]], observed_at: str) -> Period:
    """From some months before this one, or from when something was last new, to the end of the next one."""
    month = date.fromisoformat(observed_at[:10]).replace(day=1)
    last = max((row["observed_at"][:7] for some in known for row in some), default="")
    first = add_months(month, -MONTHS)
    if last:
        first = min(first, date.fromisoformat(f"{last}-01"))
    return Period(first, add_months(month, 2))


def _state(own: Iterable[Row]) -> list[str]:
    return sorted(rows.state_of(row) for row in own)

"""By which exchange rate an amount crosses into another currency: a fixed one, Microsoft's, or the ledger's own.

A ledger gives the worth of one unit of a foreign currency in its home currency on a day; from that we go either way.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from connector.domain.money import to_decimal, trimmed
from connector.domain.rules import FxRule

EXCHANGE_RATE = "exchange_rate"
"""The kind of record (ledger_records) that an exchange rate of a ledger is."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """How to come from one currency to another: the factor, the same as part of a sum, and whose rate it is."""

    factor: Fraction
    sum_: str
    whose: str


@dataclass(frozen=True, slots=True)
class _Quote:
    day: date
    rate: Decimal
    per: Decimal
    home: str


@dataclass(frozen=True, slots=True)
class LedgerRates:
    """The newest rate of each ledger and currency that is in force."""

    quotes: Mapping[tuple[str, str], _Quote] = field(default_factory=dict)

    @classmethod
    def of_records(cls, rows: Iterable[Mapping[str, Any]], day: date) -> "LedgerRates":
        """The rates in force on a day, of the rows of ledger_records; what was seen last counts."""
        found: dict[tuple[str, str], _Quote] = {}
        for row in sorted(rows, key=lambda row: row["observed_at"] or ""):
            facts = json.loads(row["facts"] or "{}")
            if row["kind"] != EXCHANGE_RATE or row["gone"] or not row["currency"] or not facts.get("rate"):
                continue
            quote = _Quote(
                date.fromisoformat(facts["day"]),
                to_decimal(facts["rate"]),
                to_decimal(facts.get("per") or "1"),
                facts["home"],
            )
            key = row["ledger"] or "", row["currency"]
            if quote.day <= day and quote.rate > 0 and (key not in found or found[key].day <= quote.day):
                found[key] = quote
        return cls(found)

    def crossing(self, ledger: str | None, source: str, target: str) -> Crossing | None:
        """The way from one currency to another by a ledger's own rates (None: by those of the only one there is)."""
        names = {name for name, _ in self.quotes}
        name = ledger if ledger is not None else next(iter(names), "") if len(names) == 1 else ""
        given, wanted = self.quotes.get((name, source)), self.quotes.get((name, target))
        home = next((quote.home for quote in (given, wanted) if quote), None)
        if home is None or (given is None and source != home) or (wanted is None and target != home):
            return None
        factor, sum_ = Fraction(1), ""
        if given is not None:
            factor *= Fraction(given.rate) / Fraction(given.per)
            sum_ += f" × {trimmed(given.rate):f}" + _per("/", given)
        if wanted is not None:
            factor *= Fraction(wanted.per) / Fraction(wanted.rate)
            sum_ += f" / {trimmed(wanted.rate):f}" + _per("×", wanted)
        days = sorted({str(quote.day) for quote in (given, wanted) if quote})
        return Crossing(factor, sum_, f"the rate of {name or 'the ledger'} of {' and '.join(days)}")


def crossing(rule: FxRule, vendors_rate: Decimal | None, ledger: str | None, rates: LedgerRates) -> Crossing | None:
    """The way that a rule means; None where its rate is not at hand.

    `vendors_rate` is Microsoft's, where it leads from the rule's target (the pricing currency) to its source.
    """
    if rule.source == "fixed" and rule.rate is not None:
        return Crossing(Fraction(rule.rate), f" × {rule.rate:f}", "fixed in the mapping")
    if rule.source == "vendor" and vendors_rate:
        return Crossing(1 / Fraction(vendors_rate), f" / {trimmed(vendors_rate):f}", "Microsoft's rate on its invoice")
    if rule.source == "ledger":
        return rates.crossing(ledger, rule.source_currency, rule.target_currency)
    return None


def _per(sign: str, quote: _Quote) -> str:
    return f" {sign} {quote.per.normalize():f}" if quote.per != 1 else ""

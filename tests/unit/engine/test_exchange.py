"""An amount crosses into another currency by the rate that the rule means, and says whose it is."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from connector.domain.errors import Place
from connector.domain.rules import FxRule
from connector.engine.exchange import Crossing, LedgerRates, crossing

HERE = Place("all.yaml", 9, 3)
LEDGER = FxRule("USD", "EUR", "ledger", HERE)


def row(rate: str, day: str, currency: str = "USD", per: str = "1", seen: str = "2026-11-01") -> dict[str, object]:
    facts = {"rate": rate, "day": day, "home": "EUR", "per": per}
    return {
        "ledger": "books-eu", "kind": "exchange_rate", "record_id": f"{currency} {day}", "observed_at": seen,
        "currency": currency, "gone": False, "facts": json.dumps(facts),
    }  # fmt: skip


RATES = LedgerRates.of_records(
    [
        row("0.95", "2026-11-01"), row("0.90", "2026-10-01"), row("0.92", "2026-10-31"), row("0.91", "2026-09-30"),
        row("117", "2026-10-15", "GBP", per="100"), row("0.10", "2026-10-31", seen="2026-10-31"),
    ],
    date(2026, 10, 31),
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "factor", "sum_"),
    [
        ("USD", "EUR", Fraction(92, 100), " × 0.92"),
        ("EUR", "USD", Fraction(100, 92), " / 0.92"),
        ("GBP", "EUR", Fraction(117, 100), " × 117.00 / 100"),
        ("USD", "GBP", Fraction(92, 100) * Fraction(100, 117), " × 0.92 / 117.00 × 100"),
    ],
)
def test_the_ledgers_rate_of_the_day_leads_either_way(source: str, target: str, factor: Fraction, sum_: str) -> None:
    for ledger in ("books-eu", None):
        found = RATES.crossing(ledger, source, target)
        assert found is not None
        assert (found.factor, found.sum_) == (factor, sum_)
        assert found.whose.startswith("the rate of books-eu of 2026-10-")


def test_what_a_ledger_does_not_keep_has_no_rate() -> None:
    assert RATES.crossing("books-us", "USD", "EUR") is None
    assert RATES.crossing("books-eu", "USD", "JPY") is None
    assert crossing(LEDGER, Decimal("1.1"), "books-eu", LedgerRates()) is None


def test_each_source_says_whose_rate_it_is() -> None:
    told = "the rate of books-eu of 2026-10-31"
    assert crossing(LEDGER, None, "books-eu", RATES) == Crossing(Fraction(92, 100), " × 0.92", told)
    vendors = crossing(FxRule("USD", "EUR", "vendor", HERE), Decimal("1.25"), "books-eu", RATES)
    assert vendors == Crossing(Fraction(4, 5), " / 1.25", "Microsoft's rate on its invoice")
    fixed = crossing(FxRule("USD", "EUR", "fixed", HERE, rate=Decimal("0.9")), None, "books-eu", RATES)
    assert fixed == Crossing(Fraction(9, 10), " × 0.9", "fixed in the mapping")

"""What is accrued and deferred adds up: over the months every amount is recognised once, by its days, to the cent."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.month import ADJUSTMENTS, Adjusting, MonthReport
from connector.domain.period import ONE_DAY, Period, add_months
from connector.domain.result import Reconciliation
from connector.engine.closing.sharing import Dated, cost, revenue, summed
from connector.reports.journal import journal_csv

OCTOBER = date(2026, 11, 1)
ACCOUNTS = {name: name for name in ("revenue", "cost", *ADJUSTMENTS)}
CENT = Decimal("0.01")


def line(amount: str, first: date, last: date, issued: date | None) -> Dated:
    return Dated("Alpine", "license", "USD", Decimal(amount), Period.inclusive(first, last), issued)


def told(found: tuple[Adjusting, ...]) -> list[tuple[str, str]]:
    return [(one.kind, f"{one.amount:f}") for one in found]


def test_a_year_billed_in_advance_is_deferred_but_for_its_days_so_far() -> None:
    """1,200.00 from 1 October for 365 days: 31 days are October's, 334 are deferred: 1200 × 334 / 365 = 1098.08."""
    assert told(revenue([line("1200.00", date(2026, 10, 1), date(2027, 9, 30), date(2026, 10, 2))], OCTOBER)) == [
        ("deferred_revenue", "1098.08")
    ]


def test_a_month_billed_in_arrears_is_accrued() -> None:
    assert told(revenue([line("310.00", date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1))], OCTOBER)) == [
        ("accrued_revenue", "310.00")
    ]


def test_a_cycle_over_the_end_is_shared_by_days() -> None:
    """310.00 from 15 October to 14 November: 17 of 31 days are October's."""
    late = line("310.00", date(2026, 10, 15), date(2026, 11, 14), date(2026, 11, 7))
    early = line("310.00", date(2026, 10, 15), date(2026, 11, 14), date(2026, 10, 15))
    assert told(cost([late], OCTOBER)) == [("accrued_cost", "170.00")]
    assert told(cost([early], OCTOBER)) == [("prepaid_cost", "140.00")]


def test_what_is_billed_and_served_within_the_month_moves_nothing() -> None:
    assert revenue([line("100.00", date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 1))], OCTOBER) == ()


def test_a_credit_lowers_what_is_moved() -> None:
    both = [
        line("310.00", date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)),
        line("-10.00", date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 5)),
    ]
    assert told(revenue(both, OCTOBER)) == [("accrued_revenue", "300.00")]


days = st.integers(0, 500).map(lambda number: date(2026, 1, 1) + timedelta(days=number))


@given(first=days, length=st.integers(1, 400), issued=days, cents=st.integers(-10_000_000, 10_000_000))
def test_every_amount_is_recognised_once_over_the_months(first: date, length: int, issued: date, cents: int) -> None:
    """What is booked when the document is, plus what is moved at each end and back, is each month's share by days."""
    amount = Decimal(cents).scaleb(-2)
    one = line(f"{amount:f}", first, first + timedelta(days=length - 1), issued)
    moved_before, recognised = Decimal(0), Decimal(0)
    for count in range(40):
        start = add_months(date(2026, 1, 1), count)
        month = Period(start, add_months(start, 1))
        moved = Decimal(0)
        for each in revenue([one], month.end):
            moved += each.amount if each.kind == "accrued_revenue" else -each.amount
        booked = amount if issued in month else Decimal(0)
        own = booked + moved - moved_before
        shared = one.service.overlap(month)
        wanted = amount * (shared.days if shared else 0) / one.service.days
        assert abs(own - wanted) <= CENT
        moved_before, recognised = moved, recognised + own
    assert recognised == amount


adjusting = st.builds(
    Adjusting, st.sampled_from(ADJUSTMENTS), st.sampled_from(["USD", "JPY"]), st.sampled_from(["A", "B"]),
    st.just("license"), st.integers(-10_000, 10_000).map(Decimal),
)  # fmt: skip


@given(st.lists(adjusting, max_size=12))
def test_the_journal_balances_and_is_reversed(some: list[Adjusting]) -> None:
    report = MonthReport(date(2026, 10, 1), EMPTY, adjusting=summed(some))
    rows = list(csv.DictReader(io.StringIO(journal_csv(report, ACCOUNTS), newline="")))
    sums: dict[tuple[str, str], Decimal] = {}
    by_account: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        amount = Decimal(row["Debits"] or 0) - Decimal(row["Credits"] or 0)
        assert Decimal(row["Debits"] or 0) >= 0 <= Decimal(row["Credits"] or 0)
        key = row["JournalNo"], row["Currency"]
        sums[key] = sums.get(key, Decimal(0)) + amount
        account = row["AccountName"], row["Currency"]
        by_account[account] = by_account.get(account, Decimal(0)) + amount
    assert set(sums.values()) <= {Decimal(0)}
    assert set(by_account.values()) <= {Decimal(0)}
    assert {row["JournalDate"] for row in rows} <= {"2026-10-31", "2026-11-01"}


EMPTY = Reconciliation("reconciled", (), None, None, (), (), (), (), (), ())
assert date(2026, 10, 31) == OCTOBER - ONE_DAY

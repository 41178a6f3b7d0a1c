"""The journal of a month: what is accrued and deferred at its end, as entries that a ledger imports."""

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal

from connector.domain.month import ACCRUED_COST, ACCRUED_REVENUE, DEFERRED_REVENUE, PREPAID_COST, MonthReport
from connector.domain.period import ONE_DAY, add_months
from connector.reports.wording import exact

JOURNAL = ("JournalNo", "JournalDate", "AccountName", "Debits", "Credits", "Description", "Currency")
# Which account each adjustment debits and which it credits.
_ENTRIES = {
    ACCRUED_REVENUE: (ACCRUED_REVENUE, "revenue"),
    DEFERRED_REVENUE: ("revenue", DEFERRED_REVENUE),
    ACCRUED_COST: ("cost", ACCRUED_COST),
    PREPAID_COST: (PREPAID_COST, "cost"),
}


def journal_csv(report: MonthReport, accounts: Mapping[str, str]) -> str:
    """The adjusting entries of the last day and their reversal on the day after, as QuickBooks imports them.

    Each entry is in one currency and balances; `accounts` names the accounts (revenue, cost, and the four adjustments).
    """
    end, totals = add_months(report.month, 1), list(_totals(report))
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(JOURNAL)
    currencies = sorted({currency for _, currency, _ in totals})
    for unit in currencies:
        # An entry of a ledger is in one currency.
        name = f"CSP-{report.month:%Y-%m}{f'-{unit}' if len(currencies) > 1 else ''}"
        for number, day, back in ((name, end - ONE_DAY, False), (f"{name}R", end, True)):
            for kind, currency, total in totals:
                if currency != unit:
                    continue
                debit, credit = _ENTRIES[kind]
                debit, credit = (credit, debit) if (total < 0) != back else (debit, credit)
                amount = exact(abs(total), currency)
                text = f"{kind.replace('_', ' ')} of {report.month:%Y-%m}{' reversed' if back else ''}"
                rows.writerow((number, day.isoformat(), accounts[debit], amount, "", text, currency))
                rows.writerow((number, day.isoformat(), accounts[credit], "", amount, text, currency))
    return out.getvalue()


def _totals(report: MonthReport) -> Iterator[tuple[str, str, Decimal]]:
    sums: dict[tuple[str, str], Decimal] = {}
    for one in report.adjusting:
        sums[one.kind, one.currency] = sums.get((one.kind, one.currency), Decimal(0)) + one.amount
    for (kind, currency), total in sorted(sums.items()):
        if total:
            yield kind, currency, total

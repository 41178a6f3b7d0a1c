"""Subscriptions that run at Microsoft although the ledger stopped billing them, or credited all of it."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Evidence, Finding
from connector.engine.watching import View
from connector.engine.watching.contracts import misfits, monthly_cost
from connector.engine.watching.telling import about, day_of, money, of_subscription, tell

KIND = "cancelled_still_charged"
NEEDS = ("subscriptions", "ledger")


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription, at what it costs a month."""
    for one in misfits(view, KIND):
        cost, currency = monthly_cost(view, one.held)
        since = f" since {day_of(one.last.last)}" if one.last else ""
        text = f"{one.held.name}: {one.expectation.because}{since}; it costs {money(cost, currency)} a month"
        evidence = [of_subscription(one.held)]
        if one.last is not None:
            evidence.append(Evidence("ledger", one.last.source, one.last.line, one.last.row_hash))
        subject = replace(about(one.held, view.selling, view.on), item=one.place[2])
        days = (one.last.last if one.last else None, None)
        found = tell(KIND, ("stopped", one.held.subscription_id), cost, currency, subject, text, days, evidence)
        yield replace(found, recurring=True)

"""Subscriptions that run at Microsoft although the ledger bills them no more, or the mapping says the customer left."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Evidence, Finding
from connector.domain.period import ONE_DAY
from connector.engine.watching import View
from connector.engine.watching.contracts import misfits, monthly_cost
from connector.engine.watching.telling import about, day_of, money, of_subscription, tell

KIND = "cancelled_still_charged"
NEEDS = ("subscriptions", "ledger")


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription, at what it costs a month."""
    yield from _of_those_who_left(view)
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


def _of_those_who_left(view: View) -> Iterable[Finding]:
    """What runs on for customers whose rule in the mapping has ended; of Azure only what was used since."""
    for held in view.held:
        account = view.selling.account(held, view.on)
        rule = account.rule if account and account.ended else None
        if rule is None or rule.validity.end is None or held.status not in ("active", "suspended") or held.is_trial:
            continue
        cost, currency = monthly_cost(view, held)
        if held.by_usage:
            month = rule.validity.end.replace(day=1)
            used = [one for one in view.spend if one.customer_id == held.customer_id and one.month > month]
            if not used:
                continue
            newest = max(used, key=lambda one: (one.month, one.currency))
            cost, currency = newest.amount, newest.currency
        left = rule.validity.end - ONE_DAY
        text = (
            f"{rule.name} left on {day_of(left)} by your mapping, and {held.name} is still {held.status} at Microsoft; "
            f"it costs {money(cost, currency)} a month"
        )
        file, _, line = str(rule.place).partition(":")
        number = line.partition(":")[0]
        evidence = [of_subscription(held), Evidence("mapping", file, int(number) if number.isdigit() else 0)]
        subject, key = about(held, view.selling, view.on), ("left", held.subscription_id)
        found = tell(KIND, key, cost, currency, subject, text, (rule.validity.end, None), evidence)
        yield replace(found, recurring=True)

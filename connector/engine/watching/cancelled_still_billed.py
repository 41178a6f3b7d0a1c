"""Recurring templates of the ledger that go on billing what has ended at Microsoft, before they bill again."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Evidence, Figures, Finding
from connector.domain.money import ZERO
from connector.engine.watching import View
from connector.engine.watching.contracts import misfits
from connector.engine.watching.telling import about, day_of, money, of_subscription, tell

KIND = "cancelled_still_billed"
NEEDS = ("subscriptions", "ledger")


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription: what its template bills next; the customer would be over-charged by it."""
    for one in misfits(view, KIND):
        amount = sum((line.amount for line in one.templates), ZERO)
        first = min(one.templates, key=lambda line: (line.next_day, line.template))
        text = (
            f"{one.held.name} is {one.holding}, and recurring template {first.template} bills it again on "
            f"{day_of(first.next_day)}: {money(amount, first.currency)}"
        )
        subject = replace(about(one.held, view.selling, view.on), item=one.place[2])
        evidence = [
            of_subscription(one.held),
            *(Evidence("ledger", t.source, t.line, t.row_hash) for t in one.templates),
        ]
        key = "template", one.held.subscription_id
        found = tell(KIND, key, -amount, first.currency, subject, text, (first.next_day, None), evidence)
        yield replace(found, recurring=True, expected=Figures(amount=ZERO), actual=Figures(amount=amount))

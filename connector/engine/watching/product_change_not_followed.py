"""Recurring templates that bill a former product beyond the day on which it becomes another at Microsoft."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Evidence, Finding
from connector.domain.money import ZERO
from connector.engine.watching import View
from connector.engine.watching.contracts import misfits
from connector.engine.watching.telling import about, day_of, of_subscription, tell

KIND = "product_change_not_followed"
NEEDS = ("subscriptions", "ledger")


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription; what it will differ by is not known before Microsoft charges it: 0."""
    for one in misfits(view, KIND):
        then, first = one.held.after_renewal, one.templates[0]
        day = one.held.renewal or view.on
        text = (
            f"{one.held.name} becomes {then.product_id}:{then.sku_id} on {day_of(day)}, and recurring template "
            f"{first.template} goes on billing item {first.item}"
        )
        subject = replace(about(one.held, view.selling, view.on), item=first.item)
        evidence = [of_subscription(one.held), Evidence("ledger", first.source, first.line, first.row_hash)]
        key = "ahead", one.held.subscription_id
        yield replace(tell(KIND, key, ZERO, first.currency, subject, text, (day, None), evidence), recurring=True)

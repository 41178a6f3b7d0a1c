"""Azure resources for which Microsoft paid partner earned credit in one month and pays none in the next."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from connector.domain.finding import Evidence, Finding, Subject
from connector.domain.money import ZERO
from connector.domain.period import add_months
from connector.domain.watched import LostCredit
from connector.engine.watching import View
from connector.engine.watching.telling import count, money, named, tell

KIND = "partner_earned_credit_lost"
NEEDS = ("azure",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per Azure subscription: the credit that the same resources earned before, for the last month."""
    lost: dict[tuple[str, ...], list[LostCredit]] = defaultdict(list)
    for one in view.lost_credit:
        if view.on < add_months(one.month, 1) + timedelta(days=view.lead.recent):
            subject = one.entitlement_id or one.subscription_id or ""
            lost[one.customer_id, subject, one.currency].append(one)
    for key, some in sorted(lost.items()):
        first = some[0]
        total = sum((one.lost for one in some), ZERO)
        of = first.entitlement_name or first.entitlement_id or first.subscription_id or "Azure"
        text = (
            f"{of} earned partner credit before and none in {first.month:%b %Y}: "
            f"{money(total, first.currency)} for {count(len(some), 'resource')} ({named(one.what for one in some)})"
        )
        name = view.selling.customer_name(first.customer_id, view.on) or first.customer_name
        subject_of = Subject(tenant_id=first.customer_id, customer_name=name, subscription_id=first.subscription_id)
        days = first.month, add_months(first.month, 1) - timedelta(days=1)
        evidence = [Evidence("vendor", one.source, one.line) for one in some]
        yield replace(tell(KIND, key, total, first.currency, subject_of, text, days, evidence), recurring=True)

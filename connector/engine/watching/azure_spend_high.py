"""Azure spend of a month that passes the amount that was set, or is far above the customer's own months."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.finding import Evidence, Figures, Finding, Subject
from connector.domain.money import ZERO
from connector.domain.period import add_months
from connector.domain.watched import Spend
from connector.engine.watching import View
from connector.engine.watching.telling import money, percent, tell

KIND = "azure_spend_high"
NEEDS = ("azure",)
_HISTORY = 6
_LEAST = 3


def watch(view: View) -> Iterable[Finding]:
    """One finding per customer and month; the impact is what is above the limit, else above the usual month.

    The usual month is the median of the last six whole ones, of which there must be three. A month is in sight from
    its first usage until some weeks after its end.
    """
    by_customer: dict[tuple[str, str], list[Spend]] = defaultdict(list)
    for one in view.spend:
        by_customer[one.customer_id, one.currency].append(one)
    limits = dict(view.lead.spend_limits)
    for (customer, _), months in sorted(by_customer.items(), key=lambda pair: pair[0]):
        if customer in view.selling.book.internal:
            continue
        ordered = sorted(months, key=lambda one: one.month)
        for at, one in enumerate(ordered):
            if one.month <= view.on < add_months(one.month, 1) + timedelta(days=view.lead.recent):
                yield from _judged(view, one, ordered[:at], limits.get(customer))


def _judged(view: View, one: Spend, before: list[Spend], limit: Decimal | None) -> Iterable[Finding]:
    if limit is not None and one.amount > limit:
        text = f"Azure cost {money(one.amount, one.currency)} in {one.month:%b %Y}, above your limit of "
        yield _told(view, one, limit, f"{text}{money(limit, one.currency)}")
        return
    usual = _usual(one.month, before)
    allowed = usual * (100 + view.lead.spend_percent) / 100 if usual is not None else None
    if usual is not None and allowed is not None and one.amount > allowed:
        text = (
            f"Azure cost {money(one.amount, one.currency)} in {one.month:%b %Y}, "
            f"{percent(usual, one.amount)} against the usual {money(usual, one.currency)} a month"
        )
        yield _told(view, one, usual, text)


def _usual(month: date, before: list[Spend]) -> Decimal | None:
    since = add_months(month, -_HISTORY)
    amounts = sorted(one.amount for one in before if since <= one.month < month and one.amount > 0)
    if len(amounts) < _LEAST:
        return None
    half = len(amounts) // 2
    return amounts[half] if len(amounts) % 2 else (amounts[half - 1] + amounts[half]) / 2


def _told(view: View, one: Spend, allowed: Decimal, text: str) -> Finding:
    name = view.selling.customer_name(one.customer_id, view.on) or one.customer_name
    subject = Subject(tenant_id=one.customer_id, customer_name=name)
    finding = tell(
        KIND, (one.customer_id, one.currency, one.month.isoformat()), one.amount - allowed, one.currency, subject, text,
        (one.month, add_months(one.month, 1) - timedelta(days=1)), [Evidence("vendor", one.source, one.line)],
    )  # fmt: skip
    return replace(finding, expected=Figures(amount=allowed), actual=Figures(amount=one.amount + ZERO))

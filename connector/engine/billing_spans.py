"""For how long a customer is billed at a time: a month, a quarter or a year, and which one a month belongs to.

Quarters and years are those of the calendar, unless the customer's rule begins in another month.
"""

from connector.domain.period import Period, add_months
from connector.domain.rules import CustomerRule

SPANS = {"monthly": 1, "quarterly": 3, "annual": 12}


def span_of(rule: CustomerRule | None, month: Period) -> Period:
    """The span that a customer is billed for at a time, around a month."""
    months = SPANS.get(rule.frequency if rule else "", 1)
    began = rule.validity.start.month if rule is not None and rule.validity.start is not None else 1
    back = (month.start.month - began) % months
    start = add_months(month.start, -back)
    return Period(start, add_months(start, months))


def month_of(period: Period) -> Period:
    """The calendar month that a period begins in."""
    start = period.start.replace(day=1)
    return Period(start, add_months(start, 1))

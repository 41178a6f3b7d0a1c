"""Customers whose invoices are overdue beyond the policy while Microsoft goes on charging for what they hold."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.finding import Evidence, Finding, Subject
from connector.domain.money import ZERO
from connector.domain.watched import Debt
from connector.engine.watching import View
from connector.engine.watching.telling import count, day_of, money, tell

KIND = "unpaid_while_charged"
NEEDS = ("debts",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per ledger customer and currency: what is overdue, less open credits."""
    debts: dict[tuple[str, str, str], list[Debt]] = defaultdict(list)
    for one in view.debts:
        debts[one.ledger, one.customer, one.currency].append(one)
    running: dict[tuple[str, str], int] = defaultdict(int)
    for (ledger, customer, _), billed in view.positions.items():
        running[ledger, customer] += len(billed)
    until = view.on - timedelta(days=view.lead.overdue)
    for (ledger, customer, currency), some in sorted(debts.items(), key=lambda pair: pair[0]):
        late = [one for one in some if one.kind == "invoice" and one.due is not None and one.due < until]
        credit = sum((one.balance for one in some if one.balance < 0), ZERO)
        total = sum((one.balance for one in late), ZERO) + credit
        if not late or total <= 0 or not running[ledger, customer]:
            continue
        oldest = min(one.due for one in late if one.due is not None)
        runs = count(running[ledger, customer], "subscription runs on", "subscriptions run on")
        invoices = count(len(late), "invoice")
        text = f"{invoices} overdue, the oldest since {day_of(oldest)}: {money(total, currency)}, while {runs}"
        yield _told((ledger, customer, currency), late, total, text, oldest)


def _told(key: tuple[str, str, str], late: list[Debt], total: Decimal, text: str, oldest: date) -> Finding:
    subject = Subject(customer_name=late[0].customer_name, ledger=key[0] or None, ledger_customer=key[1])
    evidence = [Evidence("ledger", one.source, 0, one.row_hash) for one in late]
    return tell(KIND, key, total, key[2], subject, text, (oldest, None), evidence)

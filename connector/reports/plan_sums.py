"""What a plan adds up to: per currency, per customer, and what each document earns."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connector.domain.document import Change, Document, Plan
from connector.domain.money import ZERO
from connector.reports.wording import UNKNOWN, grouped, total

FATES = {
    "planned": "billed by this plan",
    "billed": "billed already",
    "absorbed": "never billed: bundles, trials, free seats, your own tenants",
    "timing": "due in another month",
    "unmapped": "no rule says whom or as what to bill it",
    "unpriced": "no rule gives a price",
    "unassigned": "Microsoft names no customer",
    "disputed": "disputed with Microsoft",
    "hold": "the customer is on hold",
    "before_start": "before the first month that is posted",
    "differs": "billed in part by hand; findings tell",
    "rebill": "billed before under other rules",
}
"""What can become of Microsoft's money, in the order in which it is told."""


def totals(documents: Iterable[Document]) -> list[tuple[str, Decimal, int]]:
    """Currency, net total and number of documents, by currency."""
    by_currency: dict[str, list[Decimal]] = defaultdict(list)
    for document in documents:
        by_currency[document.currency].append(document.net)
    return [(currency, total(amounts), len(amounts)) for currency, amounts in sorted(by_currency.items())]


def margin_of(document: Document) -> tuple[Decimal | None, Decimal | None]:
    """What Microsoft charges for a document, and what it earns; None where that is in another currency."""
    if any(line.cost and line.cost_currency != document.currency for line in document.lines):
        return None, None
    cost = total(line.cost for line in document.lines)
    return cost, document.net - cost


def changes(plan: Plan) -> dict[tuple[str, str, str], Change]:
    """How the month of each customer changes, by ledger, customer and currency; see `account`."""
    return {(one.ledger, one.customer, one.currency): one for one in plan.changes}


def account(document: Document) -> tuple[str, str, str]:
    """Whom a document is for: ledger, customer and currency."""
    return document.ledger, document.customer, document.currency


def change_words(change: Change | None) -> str:
    """Write how a customer's month changes against the one before: in money and in percent."""
    if change is None or change.before is None:
        return "first month" if change is not None else UNKNOWN
    by = change.total - change.before
    if not by:
        return "as the month before"
    sign = "+" if by > 0 else "-"
    percent = "" if change.percent is None else f" ({change.percent:+f} %)"
    return f"{sign}{grouped(abs(by), change.currency)} {change.currency}{percent} against the month before"


def fates(plan: Plan) -> list[tuple[str, str, Decimal]]:
    """What became of Microsoft's money, in the order of `FATES` within each currency."""
    order = list(FATES)
    return sorted(
        ((fate, currency, amount) for fate, currency, amount in plan.settled),
        key=lambda one: (one[1], order.index(one[0]) if one[0] in order else len(order)),
    )


def sum_of(plan: Plan, currency: str) -> Decimal:
    """All of Microsoft's money in a currency."""
    return sum((amount for _, own, amount in plan.settled if own == currency), ZERO)

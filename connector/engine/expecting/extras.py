"""Expected slices without a charge: the partner's own items, and top-ups to an agreed minimum. They cost 0."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from connector.domain.money import exponent, round_half_up, to_minor
from connector.domain.period import Period, add_months
from connector.domain.rules import CustomerRule, MinimumRule, OwnItemRule, Selector
from connector.engine.billing_spans import SPANS, month_of, span_of
from connector.engine.mapping import Book
from connector.engine.rates import UNIT_PLACES
from connector.engine.reconciliation.shapes import Scope, Slice


def own_items(book: Book, scope: Scope, currency_of: Callable[[CustomerRule], str]) -> Iterator[Slice]:
    """What the partner bills for its own services in the months of the scope.

    `currency_of` is each customer's currency. A quarterly or annual item falls due in the month it began, and every
    third or twelfth month after. Where a customer's quarter or year in arrears ends in the scope, the months of it that
    come before count as well: they are billed with it.
    """
    for rule in book.mapping.own_items:
        for customer in book.mapping.customers:
            if not selected(rule.selector, customer):
                continue
            for month in _months(scope, customer):
                if _due(rule, month) and month.start in rule.validity and month.start in customer.validity:
                    yield _own(rule, customer, month, currency_of(customer))


def _months(scope: Scope, customer: CustomerRule) -> list[Period]:
    """The months of the scope, and those that are billed with them."""
    found = {month_of(month).start: month for month in scope.audited}
    for month in map(month_of, scope.audited):
        span = span_of(customer, month)
        start = span.start
        while customer.bills != "advance" and span.end == month.end and start < month.start:
            found.setdefault(start, Period(start, add_months(start, 1)))
            start = add_months(start, 1)
    return [found[start] for start in sorted(found)]


def selected(selector: Selector, customer: CustomerRule) -> bool:
    """Whether a rule is meant for a customer: its own, one of its groups, or everyone."""
    if selector.tenant_id and selector.tenant_id != customer.tenant_id:
        return False
    return not selector.group or selector.group in customer.groups


def _due(rule: OwnItemRule, month: Period) -> bool:
    if rule.once is not None:
        return rule.once in month
    began = rule.validity.start or date(month.start.year, 1, 1)
    months = (month.start.year - began.year) * 12 + month.start.month - began.month
    return months % SPANS.get(rule.frequency, 1) == 0


def _own(rule: OwnItemRule, customer: CustomerRule, month: Period, currency: str) -> Slice:
    length = 1 if rule.once is not None else SPANS.get(rule.frequency, 1)
    period = Period(month.start, add_months(month.start, length))
    worth = to_minor(rule.unit_price * rule.quantity, currency)
    unit = int(round_half_up(rule.unit_price, UNIT_PLACES).scaleb(UNIT_PLACES))
    return _slice(
        customer, rule.item, currency, period, worth, kind="own", method="seats", seats=int(rule.quantity * 1000),
        unit=unit, name=rule.description, source=rule.place.file, line=rule.place.line,
        months=0 if rule.once is not None else 1,
    )  # fmt: skip


def minimums(
    book: Book,
    slices: Iterable[Slice],
    scope: Scope,
    items: dict[str, str],
    currency_of: Callable[[CustomerRule], str],
    *,
    reached: bool = False,
) -> Iterator[Slice]:
    """The top-up to each agreed minimum, where what is expected stays below it; with `reached` those of 0 as well.

    `items` gives the item of a category (by ledger and category) for minimums that name none.
    """
    if not book.mapping.minimums:
        return
    by_tenant: dict[str | None, list[Slice]] = defaultdict(list)
    for piece in slices:
        by_tenant[piece.customer_id].append(piece)
    for rule in book.mapping.minimums:
        for customer in book.mapping.customers:
            # A customer who moved to another account has two rules; each month counts for the one that holds then.
            days = (month.start for month in scope.audited)
            months = [day for day in days if day in rule.validity and day in customer.validity]
            if not selected(rule.selector, customer) or not months:
                continue
            due = [piece for piece in by_tenant.get(customer.tenant_id, ()) if _counts(rule, piece)]
            top_up = max(_top_up(rule, due, len(months)), Decimal(0))
            due.sort(key=lambda piece: (piece.item or "", piece.currency))
            item = rule.item or (due[0].item if due else items.get(rule.selector.category or ""))
            if (top_up > 0 or reached) and item is not None:
                currency = due[0].currency if due else currency_of(customer)
                yield _slice(
                    customer, item, currency, Period(scope.start, scope.end), to_minor(top_up, currency),
                    kind="own", method="amount", seats=0, unit=0, name="minimum", source=rule.place.file,
                    line=rule.place.line,
                )  # fmt: skip


def _counts(rule: MinimumRule, piece: Slice) -> bool:
    wanted = rule.selector
    return (
        (wanted.category is None or wanted.category.value == piece.category)
        and (wanted.product_id is None or wanted.product_id == piece.product_id)
        and (wanted.subscription_id is None or wanted.subscription_id == piece.subscription_id)
    )


def _top_up(rule: MinimumRule, due: list[Slice], months: int) -> Decimal:
    if not due:
        return rule.amount * months
    worth = Decimal(sum(piece.worth for piece in due)).scaleb(-exponent(due[0].currency))
    return rule.amount * months - worth


def _slice(  # noqa: PLR0913  a slice has many parts, all named
    customer: CustomerRule, item: str, currency: str, period: Period, worth: int, *, kind: str, method: str,
    seats: int, unit: int, name: str, source: str, line: int, months: int = 1,
) -> Slice:  # fmt: skip
    return Slice(
        customer_id=customer.tenant_id, customer_name=customer.name, subscription_id=None, product_id=None,
        sku_id=None, product_name=name, category="own", term=None, billing_plan=None, promotion_id=None,
        ledger=customer.ledger, ledger_customer=customer.ledger_customer, item=item, currency=currency,
        cost_currency=currency, kind=kind, reference_id=None, period=period, subscription_start=None,
        status="priced", method=method, is_credit=False, is_free=False, rate_id=-1, unit=unit, bare_unit=unit,
        seats=seats, all_seats=seats, gained=seats, lost=0, days=1, of_days=1, months=months, share_by="cycle",
        worth=worth, cost=Decimal(0), lines=0, source=source, line=line,
    )  # fmt: skip

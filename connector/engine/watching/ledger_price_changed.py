"""Prices that somebody changed by hand in the ledger: of an item, a recurring template, or a line."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.domain.finding import Evidence, Figures, Finding, Subject
from connector.domain.money import ZERO
from connector.domain.watched import PriceMove
from connector.engine.watching import View
from connector.engine.watching.positions import Position
from connector.engine.watching.telling import count, day_of, money, tell

KIND = "ledger_price_changed"
NEEDS = ("ledger",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per item, template line or customer's line; silent where the new price is the rule's.

    The impact is what is billed less (or, negative, more) a month. It is told for some weeks from the day of the
    change, and over at once when the price is set back or the mapping follows.
    """
    for move in view.price_moves:
        if not move.on <= view.on < move.on + timedelta(days=view.lead.recent):
            continue
        behind = _behind(view, move)
        if not behind or all(one.is_sold_at(move.after) for one in behind):
            continue
        yield _told(view, move, behind)


def _behind(view: View, move: PriceMove) -> tuple[Position, ...]:
    """The subscriptions billed at the place whose price was changed; what is billed by its amount has no price."""
    if move.customer is not None:
        found = view.positions.get((move.ledger, move.customer, move.item), ())
    else:
        found = tuple(
            one
            for (ledger, _, item), some in sorted(view.positions.items())
            if (ledger, item) == (move.ledger, move.item)
            for one in some
        )
    return tuple(one for one in found if not one.held.by_usage and (one.rate is None or one.rate.method != "amount"))


def _told(view: View, move: PriceMove, behind: tuple[Position, ...]) -> Finding:
    seats = move.quantity if move.quantity is not None else sum((one.held.quantity for one in behind), ZERO)
    currency = move.currency or next((one.rate.currency for one in behind if one.rate), view.selling.home)
    impact: Decimal = (move.before - move.after) * seats
    rules = sorted({one.price for one in behind if one.price is not None})
    says = f"; your rule says {money(rules[0], currency)}" if len(rules) == 1 else "; your rules say otherwise"
    where = {
        "item": f"the price of item {move.name or move.item}",
        "template": f"the price of item {move.item} in recurring template {move.record_id}",
        "line": f"the price of item {move.item} on {move.record_id}",
    }[move.what]
    text = (
        f"{where} became {money(move.after, currency)} instead of {money(move.before, currency)} on {day_of(move.on)}: "
        f"{count(seats, 'seat')}, {money(-impact, currency)} a month{says if rules else ''}"
        f"{_protected(move, behind)}{_below(move, behind, currency)}"
    )
    key = move.what, move.ledger, move.record_id if move.what != "line" else "", move.customer or "", move.item
    first = behind[0].held
    subject = Subject(
        tenant_id=first.customer_id if len({one.held.customer_id for one in behind}) == 1 else None,
        customer_name=move.customer_name,
        ledger=move.ledger or None,
        ledger_customer=move.customer,
        product_id=first.offered.product_id if len({one.held.offered for one in behind}) == 1 else None,
        product_name=first.name if len({one.held.name for one in behind}) == 1 else None,
        item=move.item,
    )
    evidence = [Evidence("ledger", move.source, move.line, move.row_hash)]
    finding = tell(KIND, (*key, f"{move.after:f}"), impact, currency, subject, text, (move.on, None), evidence)
    return replace(
        finding,
        recurring=True,
        expected=Figures(quantity=seats, unit_price=rules[0] if len(rules) == 1 else move.before),
        actual=Figures(quantity=seats, unit_price=move.after),
    )


def _protected(move: PriceMove, behind: tuple[Position, ...]) -> str:
    """Whether it was raised within a term whose price is protected."""
    ends = [
        one.held.commitment_end
        for one in behind
        if one.held.commitment_end
        and one.held.term_start
        and one.held.term_start < move.on <= one.held.commitment_end
        and one.held.offered.term not in (None, "P1M")
    ]
    return f"; raised within a term that ends on {day_of(max(ends))}" if ends and move.after > move.before else ""


def _below(move: PriceMove, behind: tuple[Position, ...], currency: str) -> str:
    costs = [one.cost for one in behind if one.cost is not None and move.after < one.cost]
    return f"; under Microsoft's cost of {money(max(costs), currency)}" if costs else ""

"""Subscriptions bought for one term or billing plan and sold on an item that stands for another."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from connector.domain.finding import Finding
from connector.domain.money import exponent, from_minor, round_half_up
from connector.engine.checks import GroupView
from connector.engine.mapping import Offer
from connector.engine.rates import MONTHS, PricePoint
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.telling import about

KIND = "term_mismatch"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per group; its impact is the price difference where both terms have a price, else 0."""
    if not view.sightings:
        return
    for judgement in view.groups:
        group = judgement.group
        for line in group.lines:
            sold = _sold_term(view, group, line.ledger, line.item)
            if sold is not None:
                piece, term, plan = sold
                bought = piece.term if plan == piece.billing_plan else f"{piece.term} billed {piece.billing_plan}"
                meant = term if plan == piece.billing_plan else f"{term} billed {plan}"
                text = f"bought for {bought}, sold on item {line.item}, which stands for {meant}"
                yield about(KIND, group, view.names, _difference(view, group, piece, term, plan), text)
                break


def _sold_term(view: GroupView, group: Group, ledger: str, item: str) -> tuple[Slice, str, str | None] | None:
    for piece in group.slices:
        if piece.item is None or piece.item == item or piece.term is None:
            continue
        for rule in view.item_rules(ledger, item):
            wanted = rule.selector
            term, plan = wanted.term or piece.term, piece.billing_plan and (wanted.billing_plan or piece.billing_plan)
            if wanted.product_id == piece.product_id and (term, plan) != (piece.term, piece.billing_plan):
                return piece, term, plan
    return None


def _difference(view: GroupView, group: Group, piece: Slice, term: str, plan: str | None) -> Decimal:
    """What the bought term is worth by the rules, less what the sold one is."""
    offer = Offer(
        tenant_id=piece.customer_id, reseller_mpn_id=None, subscription_id=piece.subscription_id,
        product_id=piece.product_id, sku_id=piece.sku_id, category=piece.category, term=term,
        billing_plan=plan, promotion_id=None, cycle_start=piece.period.start,
        term_start=piece.subscription_start,
    )  # fmt: skip
    cost = piece.cost / (Decimal(piece.seats) / 1000) if piece.seats else Decimal(0)
    share = Fraction(piece.days, piece.of_days)
    per_cycle = cost * share.denominator / share.numerator if share else cost
    # What another billing plan costs is not known: only a price of its own tells.
    per_cycle = per_cycle if plan == piece.billing_plan else Decimal(0)
    point = PricePoint(piece.cost_currency, None, None, per_cycle, per_cycle, Fraction(1), False, False, False)
    rate = view.pricer.rate(offer, replace(point, quantity=Decimal(piece.seats) / 1000))
    months = MONTHS.get(plan or "", 1)
    if rate.status != "priced" or rate.method != "seats" or not rate.unit:
        return from_minor(0, group.currency)
    other = (Fraction(rate.unit * max(1, piece.months), months) - piece.unit) * piece.seats * share / 10**7
    return -round_half_up(Decimal(other.numerator) / Decimal(other.denominator), exponent(group.currency))

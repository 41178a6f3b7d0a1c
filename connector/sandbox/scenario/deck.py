"""Which customer gets which situation: every forty customers are dealt the whole deck once."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.defects import lifecycle, mapping, money, quantity, too_much
from connector.sandbox.scenario.exhibits import rules, seats, terms, usage, whole_customers
from connector.sandbox.scenario.people import Customer, make_customer
from connector.sandbox.scenario.world import World

HAND = 40
FULL_HAND = 8
_SHARES = (
    ("USD", "gold", 7),
    ("USD", "silver", 9),
    ("USD", "fixed", 5),
    ("USD", "managed", 4),
    ("USD", "taxed", 4),
    ("EUR", "europe", 6),
    ("EUR", "europe-gold", 5),
)
_PLAIN_GROUPS = ("silver", "europe", "europe-gold")


@dataclass(frozen=True, slots=True)
class Card:
    """One situation: the finding it causes (None: all is in order); `alone` = the customer has no other."""

    deal: Callable[[World, Customer], object]
    kind: str | None = None
    groups: tuple[str, ...] = ()
    alone: bool = False


def _alone(deal: Callable[[World, Customer], object], kind: str | None = None, *groups: str) -> Card:
    return Card(deal, kind, groups or _PLAIN_GROUPS, alone=True)


FAULTS = (
    _alone(mapping.unmapped_customer, "unmapped_customer"),
    _alone(mapping.cancelled_still_charged, "cancelled_still_charged"),
    _alone(money.fx_differs, "fx_differs", "silver"),
    Card(quantity.service_desk_forgotten, "unbilled_charge", ("gold",)),
    Card(mapping.unpriced_charge, "unpriced_charge", ("fixed",)),
    Card(quantity.bundle_drift, "bundle_drift", ("managed",)),
    Card(money.tax_differs, "tax_differs", ("taxed",)),
    Card(mapping.unmapped_product, "unmapped_product"),
    Card(mapping.charge_without_customer, "charge_without_customer"),
    Card(mapping.ambiguous_product, "ambiguous_mapping"),
    Card(mapping.ambiguous_exception, "ambiguous_mapping"),
    Card(mapping.term_mismatch, "term_mismatch"),
    Card(quantity.unbilled_charge, "unbilled_charge"),
    Card(quantity.unbilled_sibling, "unbilled_charge"),
    Card(quantity.quantity_under_billed, "quantity_under_billed"),
    Card(quantity.pool_under_billed, "quantity_under_billed"),
    Card(quantity.quantity_over_billed, "quantity_over_billed"),
    Card(quantity.partial_period_unbilled, "partial_period_unbilled"),
    Card(too_much.duplicate_billing, "duplicate_billing"),
    Card(too_much.orphan_billing, "orphan_billing"),
    Card(too_much.orphan_of_a_stranger, "orphan_billing"),
    Card(too_much.cancelled_still_billed, "cancelled_still_billed"),
    Card(too_much.refund_kept, "cancelled_still_billed"),
    Card(money.price_differs, "price_differs"),
    Card(money.usage_mispriced, "price_differs"),
    Card(money.credit_not_passed_on, "credit_not_passed_on"),
    Card(money.margin_below_floor, "margin_below_floor"),
    Card(money.currency_mismatch, "currency_mismatch"),
    Card(money.vendor_price_differs, "vendor_price_differs"),
    Card(lifecycle.trial_converted, "trial_converted"),
    Card(lifecycle.renewal_unreviewed, "renewal_unreviewed"),
    Card(lifecycle.product_change_not_followed, "product_change_not_followed"),
)
KINDS = tuple(sorted({card.kind for card in FAULTS if card.kind}))
IN_ORDER = (
    _alone(whole_customers.internal_tenant),
    _alone(whole_customers.reseller_tenant),
    _alone(whole_customers.billed_by_calendar_month),
    _alone(whole_customers.billed_by_calendar_month),
    _alone(whole_customers.billed_in_advance),
    _alone(whole_customers.billed_by_quarter),
    _alone(whole_customers.year_billed_by_month),
    _alone(whole_customers.in_two_groups, None, "gold"),
    _alone(whole_customers.paid_in_another_currency, None, "silver"),
    Card(rules.bundle_billed, groups=("managed",)),
    *(
        Card(deal)
        for deal in (
            seats.several_with_references,
            seats.several_without_references,
            seats.several_in_one_line,
            seats.sibling_skus,
            seats.seats_added,
            seats.seats_added,
            seats.seats_removed,
            seats.many_changes,
            seats.month_end_cycle,
            seats.change_before_anniversary,
            seats.split_product,
            seats.split_product,
            terms.promotion_passed_on,
            terms.promotion_kept,
            terms.one_month_renewal,
            terms.annual_prepaid,
            terms.annual_prepaid_grows,
            terms.bought_aligned,
            terms.renewed_and_followed,
            terms.bought_at_the_new_price,
            terms.cancelled_and_credited,
            terms.trial,
            terms.trial_followed,
            terms.product_change_followed,
            terms.ended_before,
            rules.tiers_by_volume,
            rules.tiers_by_step,
            rules.discount_from_retail,
            rules.price_per_cycle,
            rules.price_per_month_of_a_year,
            rules.licence_passed_through,
            rules.new_price_waits_for_renewal,
            rules.new_price_at_once,
            rules.free_seats,
            rules.never_billed,
            rules.other_item,
            rules.split_customer,
            rules.unrelated_documents,
            usage.usage_with_credit_earned,
            usage.usage_with_credit_earned,
            usage.usage_per_meter,
            usage.credit_passed_on,
            usage.minimum_reached_by_top_up,
            usage.reservation,
        )
    ),
)


def deal(world: World, count: int, chance: Chance, kinds: frozenset[str]) -> None:
    """Make customers and give each its situations; only faults of the given kinds are dealt."""
    while len(world.customers) < count:
        hand = _hand(len(world.customers), min(HAND, count - len(world.customers)), chance)
        world.customers += hand
        cards = [card for card in FAULTS if card.kind in kinds] + list(IN_ORDER)
        for card in sorted(cards, key=lambda card: (not card.alone, not card.groups)):
            customer = _receiver(chance.shuffled(hand), card)
            if customer is not None:
                customer.exhibits += 1
                customer.sole = card.alone
                card.deal(world, customer)
        for customer in hand:
            if customer.mapped and not customer.sole:
                seats.ordinary(world, customer)
            if customer.mapped and customer.group == "gold":
                rules.service_desk(world, customer)


def _hand(before: int, size: int, chance: Chance) -> list[Customer]:
    slots = chance.shuffled([(currency, group) for currency, group, share in _SHARES for _ in range(share)])
    return [
        make_customer(before + place + 1, currency, group, chance)
        for place, (currency, group) in enumerate(slots[:size])
    ]


def _receiver(hand: list[Customer], card: Card) -> Customer | None:
    fitting = [
        customer
        for customer in hand
        if not customer.sole
        and customer.exhibits < FULL_HAND
        and (not card.groups or customer.group in card.groups)
        and not (card.alone and customer.exhibits)
    ]
    return min(fitting, key=lambda customer: customer.exhibits) if fitting else None

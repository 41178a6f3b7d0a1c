"""Ties each subscription to the ledger customer and item it is billed on, from the day on which that began to be so."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from connector.domain.binding import Binding, Origin
from connector.domain.period import ONE_DAY
from connector.domain.rules import Validity
from connector.domain.watched import Held
from connector.engine.watching import View

_ENDED = frozenset({"expired", "disabled", "cancelled", "canceled", "deleted", "vanished"})


def ties(view: View) -> Iterator[Binding]:
    """One for each subscription that the mapping bills, and one for each product it was before.

    A subscription that became another product is tied anew from that day on; one that has ended is tied until its last
    day.
    """
    for held in view.held:
        place = view.place_of(held)
        if place is None:
            continue
        runs = _runs(view.sightings[held.subscription_id])
        starts = [None, *(_began(before, after) for before, after in pairwise(runs))]
        ends = [*starts[1:], _end(runs[-1])]
        account = view.selling.account(held, view.on)
        agreed = account.rule.validity.start if account and account.rule else None
        for run, began, end in zip(runs, starts, ends, strict=True):
            state, (ledger, customer, item) = run[-1], place
            if run is not runs[-1]:
                before = view.selling.item_of(state, state.offered, ledger, end or view.on)
                if before is None:
                    continue
                item = before
            start = max((day for day in (began, agreed) if day is not None), default=None)
            if start is not None and end is not None and end <= start:
                continue
            yield Binding(
                ledger=ledger, ledger_customer=customer, item=item, subscription_id=held.subscription_id,
                origin=Origin.MAPPING, tenant_id=held.customer_id, order_id=held.order_id or "",
                product_id=state.offered.product_id, sku_id=state.offered.sku_id, valid=Validity(start, end),
            )  # fmt: skip


def _runs(states: tuple[Held, ...]) -> list[list[Held]]:
    """The states as long as it was the same product."""
    runs = [[states[0]]]
    for state in states[1:]:
        if _product(state) == _product(runs[-1][-1]):
            runs[-1].append(state)
        else:
            runs.append([state])
    return runs


def _product(held: Held) -> tuple[str, str]:
    return held.offered.product_id, held.offered.sku_id


def _began(before: list[Held], after: list[Held]) -> date:
    """The first day of another product: that of its term, where it lies between the two sightings."""
    known, seen, began = _day(before[-1]), _day(after[0]), after[0].term_start
    return began if began is not None and known < began <= seen else seen


def _end(states: list[Held]) -> date | None:
    """The day after its last; None where it runs."""
    if states[-1].status not in _ENDED:
        return None
    ended = _day(states[-1])
    for state in reversed(states):
        if state.status not in _ENDED:
            break
        ended = _day(state)
    term = states[-1].commitment_end
    return min(ended, term + ONE_DAY) if term is not None else ended


def _day(held: Held) -> date:
    return date.fromisoformat(held.observed_at[:10])

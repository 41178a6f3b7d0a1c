"""What is about to happen, from what changed between two looks: one watch, one file, found by being in this folder.

A watch takes a view of everything known on a day and gives findings. It is told once: as long as it gives the same
finding again it is the same one, and when it gives it no more it is over.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Protocol, cast

from connector.domain.contract import BilledLine, TemplateLine
from connector.domain.finding import Finding
from connector.domain.watched import (
    Access,
    Charged,
    Debt,
    Held,
    Lead,
    LostCredit,
    Prepaid,
    PriceMove,
    SeatChange,
    Spend,
)
from connector.engine.watching.positions import Place, Position
from connector.engine.watching.prices import Prices
from connector.engine.watching.selling import Selling


@dataclass(frozen=True)
class View:
    """Everything that was known at the end of the day `on`.

    `held` is the last state of every subscription, `sightings` all its states, oldest first, `charged` its last whole
    cycle. `positions` are the running ones by where they are billed, `places` where each is or was; `templates` and
    `billed` say how, `prepaid` which lines bill a long term, `last_invoice` the day of each ledger's newest invoice,
    `planned` which ledgers we post to. `seen` names what there is to see: subscriptions, prices, ledger, audit, azure,
    debts, accesses.
    """

    on: date
    lead: Lead
    held: tuple[Held, ...]
    sightings: Mapping[str, tuple[Held, ...]]
    prices: Prices
    selling: Selling
    charged: Mapping[str, Charged] = field(default_factory=dict)
    positions: Mapping[Place, tuple[Position, ...]] = field(default_factory=dict)
    price_moves: tuple[PriceMove, ...] = ()
    prepaid: Mapping[str, tuple[Prepaid, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    templates: Mapping[Place, tuple[TemplateLine, ...]] = field(default_factory=dict)
    billed: Mapping[Place, tuple[BilledLine, ...]] = field(default_factory=dict)
    last_invoice: Mapping[str, date] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()
    seat_changes: tuple[SeatChange, ...] = ()
    spend: tuple[Spend, ...] = ()
    lost_credit: tuple[LostCredit, ...] = ()
    debts: tuple[Debt, ...] = ()
    accesses: tuple[Access, ...] = ()
    seen: frozenset[str] = frozenset()

    def place_of(self, held: Held) -> Place | None:
        """Where a subscription is billed, running or not."""
        return self.places.get(held.subscription_id)

    def currency(self, held: Held) -> str:
        """The currency a subscription is priced in; "" where nobody knows."""
        charged = self.charged.get(held.subscription_id)
        return charged.currency if charged else self.selling.home


class Watch(Protocol):
    """A file in this folder: the kind it finds, what it must see (any of these), and how it looks."""

    KIND: str
    NEEDS: tuple[str, ...]
    watch: Callable[[View], Iterable[Finding]]


@cache
def watches() -> tuple[Watch, ...]:
    """All watches found in this folder, by name."""
    found = (
        importlib.import_module(f"{__name__}.{one.name}")
        for one in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name)
    )
    return tuple(cast(Watch, module) for module in found if hasattr(module, "watch"))


def judged(view: View) -> frozenset[str]:
    """The kinds that can be judged by what there is to see; findings of other kinds stay as they are."""
    return frozenset(one.KIND for one in watches() if set(one.NEEDS) <= view.seen)


def look_ahead(view: View) -> tuple[Finding, ...]:
    """Everything that is about to happen, gravest and dearest first."""
    kinds = judged(view)
    found = [finding for one in watches() if one.KIND in kinds for finding in one.watch(view)]
    order = ("critical", "warning", "info")
    return tuple(
        sorted(found, key=lambda one: (order.index(one.severity), -abs(one.impact), one.kind, one.currency, one.key))
    )

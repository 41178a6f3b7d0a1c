"""Reads which subscriptions are tied to which ledger customers and items, now and before."""

from typing import TYPE_CHECKING

from connector.bootstrap.storing import open_store

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.binding import Binding
    from connector.ports import Clock


def stored_bindings(
    settings: "Settings", subscription: str | None, customer: str | None, clock: "Clock | None" = None
) -> "tuple[Binding, ...]":
    """The ties of a subscription, of a ledger customer (`LEDGER:ID`, or `ID` in any ledger), or all standing ones."""
    from connector.adapters.clock import SystemClock

    with open_store(settings, clock or SystemClock()) as store, store.look() as unit:
        if subscription is not None:
            found = unit.bindings.of_subscription(subscription.strip().lower())
        elif customer is not None:
            ledger, _, name = customer.rpartition(":")
            ledgers = (ledger,) if ledger else (*settings.ledger_names, "")
            found = tuple(one for each in ledgers for one in unit.bindings.of_customer(each, name))
        else:
            found = tuple(sorted(unit.bindings.standing(), key=lambda one: (one.subscription_id, str(one.valid.start))))
    return tuple(one for one in found if customer is None or one.ledger_customer == customer.rpartition(":")[2])

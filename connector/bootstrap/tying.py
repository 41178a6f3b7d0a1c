"""Keeps which subscriptions our documents bill, and reads which are tied to what in the ledgers, now and before."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connector.bootstrap.storing import open_store

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.binding import Binding
    from connector.ports import Clock
    from connector.store import Store

_MARK = "ties", "posted"
# Two processes may post at once, and the one that was earlier may write later.
_OVERLAP = timedelta(days=1)


def tie_posted(store: "Store") -> int:
    """Keep which subscriptions the documents bill that were verified since the last time; how many ties are new."""
    from connector.domain.posting import State
    from connector.engine.planning.bindings import by_posting

    with store.work() as unit:
        mark = unit.watermarks.get(*_MARK)
        moved = unit.postings.posted(moved_since=datetime.fromisoformat(mark) - _OVERLAP if mark else None)
        verified = [one for one in moved if one.state is State.VERIFIED]
        if not verified:
            return 0
        unit.watermarks.set(*_MARK, max(one.at for one in verified if one.at).isoformat())
        return unit.bindings.bind(by_posting(verified))


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

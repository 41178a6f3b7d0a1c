"""Keeps plans and looks back on what was posted, for whoever plans or compares; nothing where nobody ever posted."""

from datetime import date
from typing import TYPE_CHECKING

from connector.bootstrap.storing import open_store
from connector.domain.posted import PostedBook

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.document import Plan
    from connector.ports import Clock


def posted_of(settings: "Settings", since: date | None = None) -> PostedBook:
    """All documents of ours (for periods that end on a day or later), and when each ledger was last read."""
    if settings.database is None and not (settings.state / "connector.db").exists():
        return PostedBook()
    with open_store(settings, _clock()) as store, store.look() as unit:
        documents = unit.postings.posted(since)
        marks = {name: unit.watermarks.of(f"ledger/{name}") for name in settings.ledger_names}
    closed = settings.posting.closed_until
    bills = {ledger.name: ledger.vendor_bill for ledger in settings.ledgers}
    return PostedBook(
        documents,
        {name: max(at for _, at in own.values()) for name, own in marks.items() if own},
        dict.fromkeys(settings.ledger_names, closed) if closed else {},
        {name: bill.vendor for name, bill in bills.items() if bill is not None},
    )


def keep_plan(settings: "Settings", plan: "Plan") -> str:
    """Keep a plan under its id, so that it can be approved."""
    with open_store(settings, _clock()) as store, store.work() as unit:
        return unit.plans.save(plan)


def _clock() -> "Clock":
    from connector.adapters.clock import SystemClock

    return SystemClock()

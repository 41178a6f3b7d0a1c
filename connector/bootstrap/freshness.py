"""Asks the store how far Microsoft was read, for whoever judges what was fetched."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from connector.domain.extraction import Freshness, Part, Unread

if TYPE_CHECKING:
    from connector.config.settings import Settings

SOURCE = "partner_center"
# What a comparison rests on; prices and audit records only add to it, and what is unbilled concerns no invoice.
_NEEDED = (Part.SUBSCRIPTIONS, Part.INVOICES, Part.USAGE)
_NOT_NEEDED = "unbilled "


def freshness_of(settings: "Settings", *, with_ledgers: bool) -> Freshness:
    """Say what the last syncs could not read; nothing where nobody ever fetched.

    `with_ledgers`: the ledgers are those that were fetched, not files.
    """
    if settings.partner_center is None and not settings.ledgers:
        return Freshness()
    if settings.database is None and not (settings.state / "connector.db").exists():
        return Freshness()
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.storing import open_store

    with open_store(settings, SystemClock()) as store, store.look() as unit:
        marks = {name: value for name, (value, _) in unit.watermarks.of(SOURCE).items() if value}
    needed = (*_NEEDED, Part.LEDGER) if with_ledgers else _NEEDED
    unread = []
    for name, value in sorted(marks.items()):
        kind, _, rest = name.partition("/")
        part, _, subject = rest.partition("/")
        if kind == "stale" and part in needed:
            note = json.loads(value)
            of = f"ledger {subject}" if part == Part.LEDGER and subject else subject
            unread.append(Unread(of or part, note["reason"], note["since"]))
    swept = marks.get("customers/swept")
    read = datetime.fromisoformat(swept).date() if swept else None
    return Freshness(tuple(unread), "invoices/since" in marks, read)

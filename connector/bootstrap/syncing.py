"""Joins a sync: Partner Center as the source, the warehouse and the archive to keep, the store to remember.

Whoever brings ledgers adds them to `ledger_extract`; everything else of a sync stays as it is.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.freshness import SOURCE
from connector.bootstrap.partner_center import account, microsoft, open_source
from connector.bootstrap.storing import counting_calls, open_store
from connector.domain.extraction import Extraction, Part

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.jobs.extract import LedgerExtract
    from connector.jobs.journal import Progress
    from connector.ports import Clock, VendorSource
    from connector.warehouse.intake import Intake, Reading

VENDOR_PARTS = (Part.AUDIT, Part.SUBSCRIPTIONS, Part.INVOICES, Part.USAGE, Part.PRICES)


@dataclass(frozen=True, slots=True)
class SyncTools:
    """What a sync can be given instead of the real thing: the clock, and the vendor."""

    clock: "Clock | None" = None
    source: "VendorSource | None" = None


def sync(
    settings: "Settings",
    only: Collection[Part],
    *,
    progress: "Progress",
    exit_code: Callable[[Extraction], int],
    tools: SyncTools = SyncTools(),
) -> Extraction:
    """Fetch what is new. Raises Locked where another process is at it, ConnectorError where nothing can begin."""
    from connector.adapters.clock import SystemClock
    from connector.jobs.extract import Wanted, extract

    stopping = threading.Event()
    clock = tools.clock or SystemClock(stopping)
    ledgers = ledger_extract(settings)
    parts = [part for part in only or Part if part is not Part.LEDGER or ledgers is not None]
    if settings.partner_center is None and ledgers is not None and not only:
        # A partner may fetch the ledger, and bring Microsoft's files in by hand.
        parts = [Part.LEDGER]
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings, clock))
        intake = stack.enter_context(open_intake(settings))
        # Ends the waiting of calls that are under way when this is interrupted.
        stack.callback(stopping.set)
        if parts == [Part.LEDGER]:
            source: VendorSource = unasked()
            wanted = Wanted(tuple(parts), 0, "", ())
        else:
            own = account(settings)
            source = tools.source or open_source(settings, microsoft(settings, store.tokens, clock))
            wanted = Wanted(tuple(parts), own.backfill, own.currency, (own.market, *own.more_markets))
        with counting_calls(store):
            return extract(
                source,
                intake,
                store,
                clock,
                wanted,
                ledgers=ledgers,
                progress=progress,
                exit_code=exit_code,
            )


def ledger_extract(settings: "Settings") -> "LedgerExtract | None":
    """What fetches the configured ledgers within a sync; None where none can be read over the network."""
    from connector.bootstrap.ledgers import SyncLedgers, is_reachable

    return SyncLedgers(settings) if any(map(is_reachable, settings.ledgers)) else None


def unasked() -> "VendorSource":
    """Stands where the vendor does in a sync that only reads ledgers; it is never asked."""
    return cast("VendorSource", SimpleNamespace(name=SOURCE))


@contextmanager
def open_intake(settings: "Settings") -> "Iterator[Intake]":
    """Open the warehouse of the settings, and the archive of payloads in the state folder."""
    from connector.warehouse import Warehouse
    from connector.warehouse.archive import Archive
    from connector.warehouse.intake import Intake

    engine = settings.engine
    spill = engine.spill or settings.state / "spill"
    with Warehouse(
        warehouse_folder(settings),
        memory_limit=engine.memory_limit,
        spill=spill,
        threads=engine.threads,
        lasting=True,
    ) as warehouse:
        yield Intake(warehouse, Archive(settings.state / "raw"), _read)


def _read(paths: Sequence[Path], observed_at: str, month: str | None) -> "Reading":
    from connector.adapters.files import read_any

    return read_any(paths, observed_at=observed_at, month=month)


__all__ = ["VENDOR_PARTS", "SyncTools", "ledger_extract", "open_intake", "sync"]

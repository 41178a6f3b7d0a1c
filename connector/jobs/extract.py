"""Fetches from the vendor what is new since the last time, and keeps all of it.

Every part is on its own: trouble with one is noted and the rest goes on. A mark moves only after what it stands for is
on the disk, so a run that is killed is completed by the next one, without gaps and without doubles.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from connector.domain.errors import Locked
from connector.domain.extraction import Extraction, Part
from connector.domain.run import Outcome
from connector.jobs.extract_audit import extract_audit
from connector.jobs.extract_invoices import extract_invoices, extract_usage
from connector.jobs.extract_prices import extract_prices
from connector.jobs.extract_subscriptions import extract_subscriptions
from connector.jobs.journal import Journal, Progress, unseen
from connector.jobs.run import running
from connector.ports import Clock, Intake, Memory, VendorSource

JOB = "sync"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch: which parts, how many months back the first time, the currency the vendor bills in, and the
    countries whose prices count.
    """

    parts: Collection[Part]
    backfill: int
    currency: str
    markets: tuple[str, ...]


class LedgerExtract(Protocol):
    """Fetches the ledgers' side within the same run; brought in by whoever puts a sync together."""

    def __call__(self, journal: Journal) -> None:
        """Fetch, note what was done, and note trouble as `journal.trouble`."""
        ...


def extract(
    source: VendorSource,
    intake: Intake,
    memory: Memory,
    clock: Clock,
    wanted: Wanted,
    *,
    ledgers: LedgerExtract | None = None,
    progress: Progress = unseen,
    exit_code: Callable[[Extraction], int] = lambda _: 0,
) -> Extraction:
    """Run a sync. Raises Locked where another process is at one; other trouble is told in what comes back."""
    parts = tuple(part for part in Part if part in wanted.parts)
    # What fails and what works again is told part by part.
    job = parts[0].value if len(parts) == 1 else JOB
    with running(memory, job, alone=JOB) as current:
        journal = Journal(source, intake, memory, clock, current, progress)
        touched: frozenset[str] | None = None
        for part in parts:
            current.check()
            before = len(journal.troubles)
            with journal.minding(part, ""):
                if part is Part.AUDIT:
                    touched = extract_audit(journal, wanted.backfill)
                elif part is Part.SUBSCRIPTIONS:
                    extract_subscriptions(journal, touched)
                elif part is Part.INVOICES:
                    extract_invoices(journal, wanted.backfill, wanted.currency)
                elif part is Part.USAGE:
                    extract_usage(journal, wanted.backfill, wanted.currency)
                elif part is Part.PRICES:
                    extract_prices(journal, wanted.backfill, wanted.markets)
                elif ledgers is not None:
                    ledgers(journal)
                journal.well(part, "", journal.marks())
            if len(journal.troubles) == before:
                journal.reach(f"done/{part}", journal.moment())
        told = journal.told()
        current.exit_code = exit_code(told)
        current.reasons += [str(trouble) for trouble in told.troubles]
        current.reasons += [f"customer {name} has left" for name in told.left]
        if told.troubles or told.set_aside or told.left:
            current.outcome = Outcome.PARTIAL
    return told


__all__ = ["JOB", "LedgerExtract", "Locked", "Wanted", "extract"]

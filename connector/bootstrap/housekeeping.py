"""Keeps house: forgets what nobody needs any more, and keeps sign-ins alive that nobody uses; no evidence is forgotten.

What a month, a document or a price rests on stays for ever: payloads, snapshots, plans, postings, findings, closings
and the audit trail.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.ledgers import keep_signed_in
from connector.bootstrap.storing import counting_calls, open_store
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock
    from connector.store import Store

_SLOTS_FOR = timedelta(days=400)
# Microsoft, Intuit and Business Central repeat a notice for hours, at most days.
_NOTICES_FOR = timedelta(days=90)
_SPILL_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class House:
    """What was forgotten, in numbers, and the sentences that people should read; `troubles` are what did not work."""

    interrupted_runs: int = 0
    slots: int = 0
    notices: int = 0
    files: int = 0
    estimates: int = 0
    told: tuple[str, ...] = ()
    troubles: tuple[ConnectorError, ...] = ()


def keep_house(settings: "Settings", clock: "Clock", *, only_look: bool = False) -> House:
    """Do all of it, or with `only_look` say what would be taken away from the disk; trouble stops nothing."""
    with open_store(settings, clock) as store, counting_calls(store):
        now = clock.now()
        house = House(files=_taken_away([*_spilt(settings, now), *_mailed(settings, now)], only_look=only_look))
        troubles: list[ConnectorError] = []
        try:
            house = replace(house, estimates=_estimates(settings, store, now, only_look=only_look))
        except ConnectorError as trouble:
            troubles.append(trouble)
        if only_look:
            return replace(house, troubles=tuple(troubles))
        with store.work() as unit:
            gone = unit.runs.mark_interrupted()
            slots = unit.slots.forget(now - _SLOTS_FOR)
            notices = unit.once.forget(now - _NOTICES_FOR)
        told, refused = keep_signed_in(settings, store.tokens, clock)
        return replace(
            house, interrupted_runs=len(gone), slots=slots, notices=notices, told=told, troubles=(*troubles, *refused)
        )


def _spilt(settings: "Settings", now: datetime) -> Iterator[Path]:
    """What killed computations left."""
    spill = settings.engine.spill or settings.state / "spill"
    for path in spill.glob("duckdb_temp*") if spill.is_dir() else ():
        if path.is_file() and path.stat().st_mtime < (now - _SPILL_FOR).timestamp():
            yield path


def _mailed(settings: "Settings", now: datetime) -> Iterator[Path]:
    """Workbooks that went with mails; a mail is sent or given up within days."""
    for folder in (settings.state / "mail").glob("*/"):
        if folder.stat().st_mtime < (now - settings.keep.mails).timestamp():
            yield folder


def _taken_away(paths: list[Path], *, only_look: bool) -> int:
    for path in () if only_look else paths:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return len(paths)


def _estimates(settings: "Settings", store: "Store", now: datetime, *, only_look: bool) -> int:
    """Forget estimates that others replaced, where the settings say so; how many."""
    from connector.warehouse.forgetting import forget_unbilled

    if settings.keep.unbilled is None:
        return 0
    with store.look() as unit:
        closed_at = [closing.closed_at for closing in unit.closings.all()]
    forgotten = forget_unbilled(
        warehouse_folder(settings), settings.state / "raw", now - settings.keep.unbilled, closed_at,
        only_look=only_look,
    )  # fmt: skip
    return len(forgotten.snapshots)

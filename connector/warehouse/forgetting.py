"""Forgets estimates of charges that later ones replaced, and nothing that an invoice, a sheet or a closed month needs.

Partner Center tells every day what it has not billed yet, all of it anew; of a large partner these are most of the
warehouse. An estimate is forgotten only where another one counts now, and counted at the end of its month and whenever
a month was closed.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from connector.warehouse.intake import UNBILLED
from connector.warehouse.snapshots import Snapshot, read_snapshots

_GONE = ".gone-"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The names of snapshots, and the folders or files of payloads."""

    snapshots: tuple[str, ...] = ()
    payloads: tuple[Path, ...] = ()


def forget_unbilled(
    folder: Path, raw: Path, before: datetime, closed_at: Iterable[datetime], *, only_look: bool = False
) -> Forgotten:
    """Forget estimates observed before a moment (aware) in a warehouse's folder, and their payloads in `raw`.

    `closed_at` are the moments at which months were closed. With `only_look` nothing is taken away. Raises
    UnevenTotals where a manifest is not readable; then nothing is taken away either.
    """
    snapshots = read_snapshots(folder)
    gone = [one for one in _replaced(snapshots, tuple(closed_at)) if _moment(one) < before]
    payloads = tuple(sorted(_payloads(snapshots, gone, raw)))
    if not only_look:
        for left in folder.glob(f"{_GONE}*"):
            shutil.rmtree(left, ignore_errors=True)
        for one in gone:
            # In one step: what is half there would be damaged.
            (folder / one.name).rename(folder / f"{_GONE}{one.name}")
            shutil.rmtree(folder / f"{_GONE}{one.name}", ignore_errors=True)
        for payload in payloads:
            shutil.rmtree(payload, ignore_errors=True) if payload.is_dir() else payload.unlink(missing_ok=True)
    return Forgotten(tuple(one.name for one in gone), payloads)


def _replaced(snapshots: list[Snapshot], closed_at: tuple[datetime, ...]) -> Iterator[Snapshot]:
    """The estimates that count no longer: not now, not at the end of a month, not where a month was closed."""
    estimates = [one for one in snapshots if _is_estimate(one)]
    for at, one in enumerate(estimates):
        later = [other for other in estimates[at + 1 :] if _tables(one) <= _tables(other)]
        if not later:
            continue
        observed, until = _moment(one), min(map(_moment, later))
        ends_month = (observed.year, observed.month) != (until.year, until.month)
        if not ends_month and not any(observed <= moment < until for moment in closed_at):
            yield one


def _is_estimate(snapshot: Snapshot) -> bool:
    """Whether all it holds is not billed yet, or was set aside of that."""
    return bool(_tables(snapshot)) and all(
        division == UNBILLED or table == "set_aside" for table, division, _ in snapshot.parts
    )


def _tables(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(table for table, division, _ in snapshot.parts if division == UNBILLED)


def _payloads(snapshots: list[Snapshot], gone: list[Snapshot], raw: Path) -> Iterator[Path]:
    """The payloads that only these snapshots were made of."""
    uses = Counter(place for one in snapshots for place in _places(one, raw))
    mine = Counter(place for one in gone for place in _places(one, raw))
    yield from (place for place, count in mine.items() if uses[place] == count and place.exists())


def _places(snapshot: Snapshot, raw: Path) -> frozenset[Path]:
    """Where the payloads of a snapshot lie in the archive: `ab/abcdef…`, whatever folder the archive was in then."""
    places = set()
    for origin in snapshot.origins:
        parts = Path(str(origin.get("name", ""))).parts
        for shelf, name in pairwise(parts):
            if len(shelf) == 2 and name.startswith(shelf) and len(name) >= 64:
                places.add(raw / shelf / name)
    return frozenset(places)


def _moment(snapshot: Snapshot) -> datetime:
    moment = datetime.fromisoformat(snapshot.observed_at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Takes Microsoft's files into the warehouse that the settings name, where they stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.reading import configured_profiles

if TYPE_CHECKING:
    from connector.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought into the warehouse, by table; `already_there` when the same files were in it before.

    `totals` are per table, currency and amount column, as text; `invoices` those of the lines.
    """

    snapshot: str | None
    already_there: bool
    rows: Mapping[str, int]
    totals: Mapping[str, Mapping[str, Mapping[str, str]]]
    invoices: tuple[str, ...]
    notes: tuple[str, ...]


def import_files(
    paths: Sequence[Path], settings: "Settings", totals: Mapping[str, Decimal], observed_on: date | None = None
) -> Imported:
    """Take vendor files into the warehouse of the settings; the same content again changes nothing.

    `observed_on` is the day on which they were fetched (None: now).

    Raises UnreadableInput for files that cannot be used; then nothing was taken in.
    """
    from connector.adapters.files import read_any
    from connector.adapters.files.given_totals import SOURCE, total_hash, with_totals
    from connector.warehouse import Warehouse

    engine = settings.engine
    folder = warehouse_folder(settings)
    given = {total_hash(currency, total): f"{SOURCE} {currency}={total}" for currency, total in totals.items()}
    profiles, notes = configured_profiles(settings)
    observed_at = f"{observed_on}T12:00:00+00:00" if observed_on is not None else None
    reading = read_any(paths, profiles=profiles)
    with Warehouse(
        folder, memory_limit=engine.memory_limit, spill=engine.spill, threads=engine.threads, lasting=True
    ) as warehouse:
        if warehouse.has(reading.content_hashes | given.keys()):
            return Imported(None, True, {}, {}, (), (*notes, *reading.notes))

        def sources() -> list[Mapping[str, object]]:
            return [
                *(
                    {"name": one.name, "format": one.format, "content_hash": one.content_hash}
                    for one in reading.sources
                ),
                *({"name": name, "content_hash": key} for key, name in sorted(given.items())),
            ]

        receipt = warehouse.take_in(with_totals(reading, totals), observed_at=observed_at, sources=sources)
    return Imported(
        receipt.snapshot,
        False,
        receipt.rows,
        receipt.totals,
        receipt.documents.get("charges", ()),
        (*notes, *reading.notes),
    )

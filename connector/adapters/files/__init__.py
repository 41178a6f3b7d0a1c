"""Reads vendors' and ledgers' exported files as if they were the systems themselves.

A reading is gone through once, row batch by row batch; afterwards it tells its sources and what a person should
know about them. Tables and columns are those of `connector.domain.tables`; records that cannot be used come as rows
of `set_aside`. Every function raises UnreadableInput where a file cannot be used at all.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.adapters.files.reading import Reading
    from connector.domain.rules import ExportProfile


def read_vendor(
    paths: Sequence[Path],
    *,
    profiles: "Sequence[ExportProfile]" = (),
    currency: str | None = None,
    threads: int | None = None,
) -> "Reading":
    """Read Microsoft's files or folders of them, or a distributor's through profiles; `currency` is that of files
    that name none.

    Charges, usage, headers and price rows come out. Raises UnreadableInput for anything that is not a vendor's file.
    """
    from connector.adapters.files.formats import Occasion, Role
    from connector.adapters.files.reading import Reading

    occasion = Occasion(currency=currency)
    return Reading(paths, {Role.VENDOR, Role.PRICES}, occasion=occasion, profiles=profiles, threads=threads)


def read_prices(paths: Sequence[Path], *, threads: int | None = None) -> "Reading":
    """Read Microsoft's price sheets. Raises UnreadableInput for anything else."""
    from connector.adapters.files.formats import Role
    from connector.adapters.files.reading import Reading

    return Reading(paths, {Role.PRICES}, threads=threads)


def read_subscriptions(
    paths: Sequence[Path], *, observed_at: str | None = None, threads: int | None = None
) -> "Reading":
    """Read subscriptions as seen at Microsoft; `observed_at` (ISO 8601, UTC) counts where a record has none.

    Raises UnreadableInput for anything else.
    """
    from connector.adapters.files.formats import Occasion, Role
    from connector.adapters.files.reading import Reading

    return Reading(paths, {Role.SUBSCRIPTIONS}, occasion=Occasion(observed_at=observed_at), threads=threads)


def read_ledger(
    name: str,
    paths: Sequence[Path],
    *,
    profiles: "Sequence[ExportProfile]" = (),
    currency: str | None = None,
    threads: int | None = None,
) -> "Reading":
    """Read the exported lines of the ledger of this name; `currency` is that of exports that name none.

    Raises UnreadableInput for anything that is neither in our own layout nor in that of a profile.
    """
    from connector.adapters.files.formats import Occasion, Role
    from connector.adapters.files.reading import Reading

    occasion = Occasion(ledger=name, currency=currency)
    return Reading(paths, {Role.LEDGER}, occasion=occasion, profiles=profiles, threads=threads)


def read_any(
    paths: Sequence[Path],
    *,
    observed_at: str | None = None,
    month: str | None = None,
    profiles: "Sequence[ExportProfile]" = (),
    threads: int | None = None,
) -> "Reading":
    """Read whatever a vendor gave: invoices' lines and headers, price sheets, subscriptions, and other records.

    `month` (YYYY-MM) is that of exchange rates. Raises UnreadableInput for anything else.
    """
    from connector.adapters.files.formats import Occasion, Role
    from connector.adapters.files.reading import Reading

    occasion = Occasion(observed_at=observed_at, month=month)
    roles = {Role.VENDOR, Role.PRICES, Role.SUBSCRIPTIONS, Role.RECORDS}
    return Reading(paths, roles, occasion=occasion, profiles=profiles, threads=threads)

"""Joins a watch: the warehouse as it was known on a day, the mapping, the store, and the accesses that are known."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.bootstrap.asking import FilesRequest, configured, warehouse_folder
from connector.bootstrap.storing import open_store

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.config.values import Watching
    from connector.domain.rules import Mapping as Rules
    from connector.domain.watched import Access, Lead
    from connector.jobs.looking import Asked
    from connector.jobs.watch import Watched
    from connector.ports import Clock, DatedTables
    from connector.store import Store


def watch(
    settings: "Settings",
    on: date | None = None,
    clock: "Clock | None" = None,
    *,
    ledgers: tuple[tuple[str, Path], ...] = (),
) -> "Watched":
    """Look at what is about to happen, as known at the end of a day (UTC; None: now), and record it.

    `ledgers` are exported files (name and path) that take the place of what was fetched.
    Raises InvalidConfig for a mapping with errors, Locked where another process is at it.
    """
    from connector.adapters.clock import SystemClock
    from connector.jobs.watch import watch as run

    at = clock or SystemClock()
    today = at.now().astimezone(UTC).date()
    with open_store(settings, at) as store, as_known(settings, on, ledgers) as (tables, mapping):
        return run(tables, mapping, asked(settings, on or today, store, with_accesses=on is None or on >= today), store)


_SIGN_IN = "somebody must sign in again (`connector auth`)"


@contextmanager
def as_known(
    settings: "Settings", on: date | None, ledgers: tuple[tuple[str, Path], ...] = ()
) -> "Iterator[tuple[DatedTables, Rules]]":
    """Open the warehouse as it was known at the end of a day (None: now), and read the mapping.

    Each subscription has one id in it, whichever the invoice names it by; `ledgers` are laid over it.
    """
    from connector.bootstrap.reading import readings
    from connector.config.mappings import read_mappings
    from connector.jobs.joining import JoinedDated, joined
    from connector.warehouse import Warehouse
    from connector.warehouse.workspace import Workspace

    mapping = read_mappings(settings.mappings, settings.ledger_names, settings.cache)
    before = datetime.combine(on, time(), UTC) + timedelta(days=1) if on is not None else None
    folder, engine = warehouse_folder(settings), settings.engine
    limits: dict[str, Any] = {
        "memory_limit": engine.memory_limit, "spill": engine.spill or settings.state / "spill",
        "threads": engine.threads, "known_before": before,
    }  # fmt: skip
    whole = Warehouse.temporary(over=folder, **limits) if ledgers else Warehouse(folder, **limits)
    with whole as warehouse:
        if ledgers:
            asking = configured(FilesRequest((), ledgers, settings.mappings), settings, own_mapping=False)
            for reading in readings(asking, mapping):
                warehouse.take_in(iter(reading))
        tables = Workspace(warehouse)
        view, rules = joined(tables, mapping)
        yield JoinedDated(view, tables), rules


def asked(settings: "Settings", on: date, store: "Store", *, with_accesses: bool) -> "Asked":
    """What the settings say is to be watched; nobody remembers which accesses there were on a past day."""
    from connector.jobs.looking import Asked

    home = settings.partner_center.currency if settings.partner_center else ""
    accesses = tuple(accesses_of(settings, store)) if with_accesses else None
    immediate = settings.alerts.immediate if settings.alerts else None
    planned = frozenset(settings.ledger_names if settings.posting.mode != "off" else ())
    return Asked(on, lead_of(settings.watching), home, settings.ledger_names, accesses, immediate, planned)


def lead_of(watching: "Watching") -> "Lead":
    """The settings' spans, as days."""
    from connector.domain.watched import Lead

    return Lead(
        renewal=watching.renewal.days,
        short_renewal=watching.short_renewal.days,
        window=watching.window.days,
        promotion=watching.promotion.days,
        access=watching.access.days,
        recent=watching.recent.days,
        overdue=watching.overdue.days,
        spend_percent=watching.spend_percent,
        spend_limits=watching.spend_limits,
        usual_applications=tuple(name.lower() for name in watching.usual_applications),
    )


def accesses_of(settings: "Settings", store: "Store") -> "Iterator[Access]":
    """The accesses whose end is known: sign-ins in the store, certificates, and what people wrote down."""
    from connector.domain.errors import ConnectorError
    from connector.domain.watched import Access

    for owner in store.tokens.owners():
        try:
            token = store.tokens.load(owner)
        except ConnectorError:
            # `connector status` tells of a sign-in that the key does not open.
            continue
        if token is None or token.kind != "refresh":
            continue
        if token.state != "ok":
            yield Access(owner, "sign-in", None, _SIGN_IN)
            continue
        # Each use makes a refresh token last longer, some up to a day that no use moves.
        ends = [end for end in (token.hard_expires_at, token.expires_at) if end is not None]
        if ends:
            yield Access(owner, "sign-in", min(ends).astimezone(UTC).date(), _SIGN_IN)
    yield from _certificates(settings)
    for what, last in settings.watching.endings:
        yield Access("", what, last)


def _certificates(settings: "Settings") -> "Iterator[Access]":
    from connector.adapters.entra import ClientCertificate, ends_at
    from connector.domain.errors import ConnectorError
    from connector.domain.watched import Access

    owners: list[tuple[str, object]] = [
        ("partner_center", settings.partner_center),
        *((ledger.name, ledger) for ledger in settings.ledgers),
    ]
    if settings.alerts is not None and settings.alerts.graph is not None:
        owners.append(("alerts", settings.alerts.graph))
    for name, owner in owners:
        certificate = getattr(owner, "certificate", None)
        if certificate is None:
            continue
        password = certificate.password.reveal() if certificate.password else None
        try:
            ends = ends_at(ClientCertificate(certificate.file, password))
        except ConnectorError as refused:
            yield Access(name, "certificate", None, str(refused))
            continue
        if ends is not None:
            why = f"make a new one in place of {certificate.file}"
            yield Access(name, "certificate", ends.astimezone(UTC).date(), why)

"""Joins the parts: which adapter reads, which warehouse keeps, which job runs. The only file that knows them all."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError, UnreadableInput
from connector.domain.line_rows import LineRow
from connector.domain.period import Period
from connector.domain.result import Reconciliation

if TYPE_CHECKING:
    from connector.adapters.files.reading import Reading
    from connector.config.settings import Settings
    from connector.domain.rules import Mapping as Mappings
    from connector.jobs.due import Due
    from connector.jobs.explain import Explainer
    from connector.jobs.reconcile import Request
    from connector.warehouse.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FilesRequest:
    """What to reconcile from exported files alone; ledgers are (name, path), the name empty where none was given."""

    vendor: tuple[Path, ...]
    ledgers: tuple[tuple[str, Path], ...]
    mappings: Path
    subscriptions: tuple[Path, ...] = ()
    price_sheets: tuple[Path, ...] = ()
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    taxes: Mapping[str, Decimal] = field(default_factory=dict)
    month: Period | None = None
    memory_limit: str | None = None
    spill: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reconciliation, the number of its run, and what the readers noticed.

    `lines` are those of both sides; they are read while the reconciliation is open (`reconciling`).
    """

    result: Reconciliation
    run_id: str
    notes: tuple[str, ...]
    set_aside: int
    lines: Collection[LineRow] = ()


def new_run_id() -> str:
    """A number for a run, unlike any other."""
    return secrets.token_hex(8)


def reconcile_files(request: FilesRequest) -> Outcome:
    """Reconcile exported files in a temporary warehouse: no configuration, no state.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    with reconciling(request) as outcome:
        return replace(outcome, lines=())


@contextmanager
def reconciling(request: FilesRequest) -> Iterator[Outcome]:
    """Reconcile exported files, and keep the warehouse open so that the outcome's lines can be read.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.reconcile import audit

    with _opened(request) as (opened, notes, set_aside):
        found = audit(*opened)
        yield Outcome(found.result, new_run_id(), notes, set_aside, found.lines)


@contextmanager
def expecting(request: FilesRequest) -> "Iterator[tuple[Due, tuple[str, ...], int]]":
    """Open exported files to ask which ledger lines should have been; with what the readers noticed and set aside.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.due import Due

    with _opened(request) as (opened, notes, set_aside):
        yield Due(*opened), notes, set_aside


@contextmanager
def explaining(request: FilesRequest) -> "Iterator[Explainer]":
    """Reconcile exported files, charge by charge, to explain what came of it.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.explain import Explainer

    with _opened(request) as (opened, _, _):
        yield Explainer(*opened)


@contextmanager
def _opened(request: FilesRequest) -> "Iterator[tuple[tuple[Workspace, Mappings, Request], tuple[str, ...], int]]":
    """Read the files into a temporary warehouse; what a job takes, what the readers noticed, and set aside."""
    from connector.config.mappings import read_mappings
    from connector.jobs.reconcile import Request
    from connector.warehouse import Warehouse
    from connector.warehouse.workspace import Workspace

    ledgers = tuple(name for name, _ in request.ledgers)
    mapping = read_mappings(request.mappings, tuple(name for name in ledgers if name))
    notes: list[str] = list(mapping.warnings)
    with Warehouse.temporary(memory_limit=request.memory_limit, spill=request.spill) as warehouse:
        set_aside = 0
        for reading in _readings(request):
            warehouse.take_in(iter(reading))
            notes += reading.notes
            set_aside += sum(source.set_aside for source in reading.sources)
        wanted = Request(request.month, request.totals, request.taxes, ledgers)
        yield (Workspace(warehouse), mapping, wanted), tuple(notes), set_aside


def unaudited(reason: str) -> Outcome:
    """The outcome of files that cannot be read: nothing was audited, and the result says so and why."""
    from connector.engine.reconciliation.summing import nothing_to_audit

    return Outcome(nothing_to_audit(reason), new_run_id(), (), 0)


def _readings(request: FilesRequest) -> "Iterator[Reading]":
    from connector.adapters.files import read_ledger, read_prices, read_subscriptions, read_vendor

    yield read_vendor(request.vendor)
    by_name: dict[str, list[Path]] = {}
    for name, path in request.ledgers:
        by_name.setdefault(name, []).append(path)
    for name, paths in by_name.items():
        yield read_ledger(name, paths)
    if request.subscriptions:
        yield read_subscriptions(request.subscriptions)
    if request.price_sheets:
        yield read_prices(request.price_sheets)


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


def import_files(paths: Sequence[Path], settings: "Settings", totals: Mapping[str, Decimal]) -> Imported:
    """Take vendor files into the warehouse of the settings; the same content again changes nothing.

    Raises UnreadableInput for files that cannot be used; then nothing was taken in.
    """
    from connector.adapters.files import read_any
    from connector.adapters.files.given_totals import SOURCE, total_hash, with_totals
    from connector.warehouse import Warehouse

    engine = settings.engine
    folder = _warehouse_folder(settings)
    given = {total_hash(currency, total): f"{SOURCE} {currency}={total}" for currency, total in totals.items()}
    reading = read_any(paths)
    with Warehouse(
        folder, memory_limit=engine.memory_limit, spill=engine.spill, threads=engine.threads, lasting=True
    ) as warehouse:
        if warehouse.has(reading.content_hashes | given.keys()):
            return Imported(None, True, {}, {}, (), tuple(reading.notes))

        def sources() -> list[Mapping[str, object]]:
            return [
                *(
                    {"name": one.name, "format": one.format, "content_hash": one.content_hash}
                    for one in reading.sources
                ),
                *({"name": name, "content_hash": key} for key, name in sorted(given.items())),
            ]

        receipt = warehouse.take_in(with_totals(reading, totals), sources=sources)
    return Imported(
        receipt.snapshot,
        False,
        receipt.rows,
        receipt.totals,
        receipt.documents.get("charges", ()),
        tuple(reading.notes),
    )


def _warehouse_folder(settings: "Settings") -> Path:
    if settings.warehouse is None:
        return settings.state / "warehouse"
    if "://" in settings.warehouse:
        raise ConnectorError(
            f"{settings.file}: warehouse {settings.warehouse} is an object store, and this version writes to folders "
            "only; name a folder."
        )
    return settings.file.parent / settings.warehouse


@contextmanager
def named_for_people(paths: Sequence[Path]) -> Iterator[None]:
    """Turn the operating system's refusal to open a file into a sentence."""
    try:
        yield
    except OSError as error:
        raise UnreadableInput(f"{error.filename or paths[0]}: cannot be read: {error.strerror}") from error

"""Joins the parts: which adapter reads, which warehouse keeps, which job runs. The only file that knows them all."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.domain.errors import ConnectorError, InvalidConfig, UnreadableInput
from connector.domain.line_rows import LineRow
from connector.domain.period import Period
from connector.domain.result import Reconciliation
from connector.ports import LineTables

if TYPE_CHECKING:
    from connector.adapters.files.reading import Reading
    from connector.config.settings import Settings
    from connector.config.values import Engine
    from connector.domain.coverage import Coverage
    from connector.domain.rules import ExportProfile
    from connector.domain.rules import Mapping as Rules
    from connector.jobs.due import Due
    from connector.jobs.explain import Explainer
    from connector.jobs.reconcile import Request
    from connector.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class FilesRequest:
    """What to reconcile from exported files; ledgers are (name, path), the name empty where none was given.

    Beside the files stands what the warehouse folder `stored` holds; a ledger that is given takes the place of the
    one stored under its name. `known_ledgers` are all that the mapping may name; where there are none, those given
    need not be all.
    """

    vendor: tuple[Path, ...]
    ledgers: tuple[tuple[str, Path], ...]
    mappings: Path
    subscriptions: tuple[Path, ...] = ()
    price_sheets: tuple[Path, ...] = ()
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    taxes: Mapping[str, Decimal] = field(default_factory=dict)
    month: Period | None = None
    stored: Path | None = None
    known_ledgers: tuple[str, ...] = ()
    cache: Path | None = None
    engine: "Engine | None" = None


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
    """Reconcile exported files in a temporary warehouse: no configuration, no state, unless the request names them.

    What is stored is reconciled for the newest month that has an invoice, unless the request names another. Raises
    UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
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
        # What was set aside when it was imported is known from the result alone.
        known = set_aside or sum(finding.kind == "record_set_aside" for finding in found.result.findings)
        yield Outcome(found.result, new_run_id(), notes, known, found.lines)


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
def _opened(request: FilesRequest) -> "Iterator[tuple[tuple[LineTables, Rules, Request], tuple[str, ...], int]]":
    """Read the files into a temporary warehouse; what a job takes, what the readers noticed, and set aside."""
    from connector.config.mappings import read_mappings
    from connector.jobs.reconcile import Request
    from connector.warehouse import Warehouse

    ledgers = tuple(name for name, _ in request.ledgers)
    given = tuple(sorted({name for name in ledgers if name}))
    mapping = read_mappings(request.mappings, request.known_ledgers, request.cache, given=given)
    notes: list[str] = list(mapping.warnings)
    engine = request.engine
    limits: dict[str, Any] = {}
    if engine is not None:
        limits = {"memory_limit": engine.memory_limit, "spill": engine.spill, "threads": engine.threads}
    files = (request.vendor, request.ledgers, request.subscriptions, request.price_sheets)
    if request.stored is not None and not any(files):
        # What is prepared for comparing can stay beside the lines and serve the next run.
        opened = Warehouse(request.stored, **limits)
    else:
        opened = Warehouse.temporary(over=request.stored, **limits)
    with opened as warehouse:
        set_aside = 0
        for reading in _readings(request, mapping):
            warehouse.take_in(iter(reading))
            notes += reading.notes
            set_aside += sum(source.set_aside for source in reading.sources)
        if request.stored is not None:
            _refuse_empty(warehouse, request)
        newest = request.stored is not None and request.month is None
        wanted = Request(request.month, request.totals, request.taxes, ledgers, newest=newest)
        with _bench(warehouse, engine) as tables:
            yield (tables, mapping, wanted), tuple(notes), set_aside


@contextmanager
def _bench(warehouse: "Warehouse", engine: "Engine | None") -> Iterator[LineTables]:
    """Give the engine that the settings choose, over a warehouse."""
    if engine is not None and engine.kind == "spark":
        from connector.warehouse.spark import SparkWorkspace

        limits: dict[str, Any] = {"spill": engine.spill, "threads": engine.threads}
        with SparkWorkspace(
            warehouse, engine.master or "local[*]", memory_limit=engine.memory_limit, **limits
        ) as workspace:
            yield workspace
    else:
        from connector.warehouse.workspace import Workspace

        yield Workspace(warehouse)


def _refuse_empty(warehouse: "Warehouse", request: FilesRequest) -> None:
    if not warehouse.parts("charges"):
        raise UnreadableInput(
            f"{request.stored}: the warehouse holds no invoice lines; bring Microsoft's files in with "
            "`connector import PATH`, or give them with --vendor PATH."
        )
    if not request.ledgers and not warehouse.parts("ledger_lines"):
        raise UnreadableInput(
            f"{request.stored}: the warehouse holds no ledger lines, and ledgers are not read over the network yet; "
            "give the ledger's export with --ledger [NAME=]PATH."
        )


def configured(request: FilesRequest, settings: "Settings", *, own_mapping: bool) -> FilesRequest:
    """Lay a request over the settings: their engine, and without vendor files what their warehouse holds.

    `own_mapping` says that the request names a mapping of its own; beside vendor files it may be for other ledgers
    than the settings'. Raises ConnectorError where a ledger's name is missing or unknown.
    """
    known = () if request.vendor and own_mapping else settings.ledger_names
    request = replace(request, engine=settings.engine, cache=settings.cache, known_ledgers=known)
    if request.vendor:
        # The state folder may be another's, or write-protected; files alone must not need it.
        return request
    return replace(
        request,
        stored=_warehouse_folder(settings),
        ledgers=tuple((_named(name, path, settings), path) for name, path in request.ledgers),
        engine=replace(settings.engine, spill=settings.engine.spill or settings.state / "spill"),
    )


def _named(name: str, path: Path, settings: "Settings") -> str:
    """The name of a ledger that was given: its own, or that of the only one there is."""
    known = settings.ledger_names
    if name in known or not known:
        return name
    if not name and len(known) == 1:
        return known[0]
    meant = f"there is no ledger {name} in {settings.file}" if name else f"{settings.file} has several ledgers"
    raise ConnectorError(f"--ledger {path}: {meant}; write NAME={path}, NAME being {' or '.join(known)}")


def unaudited(reason: str) -> Outcome:
    """The outcome of files that cannot be read: nothing was audited, and the result says so and why."""
    from connector.engine.reconciliation.summing import nothing_to_audit

    return Outcome(nothing_to_audit(reason), new_run_id(), (), 0)


def _readings(request: FilesRequest, mapping: "Rules") -> "Iterator[Reading]":
    from connector.adapters.files import read_ledger, read_prices, read_subscriptions, read_vendor
    from connector.config.profiles import whole_profiles

    profiles = whole_profiles(mapping.exports)
    if request.vendor:
        yield read_vendor(request.vendor, profiles=profiles)
    by_name: dict[str, list[Path]] = {}
    for name, path in request.ledgers:
        by_name.setdefault(name, []).append(path)
    for name, paths in by_name.items():
        yield read_ledger(name, paths, profiles=profiles, currency=_home_currency(mapping, name))
    if request.subscriptions:
        yield read_subscriptions(request.subscriptions)
    if request.price_sheets:
        yield read_prices(request.price_sheets)


def _home_currency(mapping: "Rules", ledger: str) -> str | None:
    """The currency of a ledger's exports that name none: the one that all its customers are billed in, else None."""
    billed = {rule.currency for rule in mapping.customers if not ledger or rule.ledger in (None, ledger)}
    return billed.pop() if len(billed) == 1 else None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a mapping covers of some files, and what the readers noticed."""

    coverage: "Coverage"
    notes: tuple[str, ...]


def survey_files(vendor: tuple[Path, ...], ledgers: tuple[tuple[str, Path], ...], mappings: Path | None) -> Surveyed:
    """Look over exported files and a mapping, or none yet, in a temporary warehouse.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mapping.
    """
    from connector.config.mappings import read_mappings
    from connector.domain.rules import Mapping as Rules
    from connector.jobs.survey import survey
    from connector.warehouse import Warehouse
    from connector.warehouse.workspace import Workspace

    names = tuple(name for name, _ in ledgers)
    mapping = read_mappings(mappings, tuple(name for name in names if name)) if mappings is not None else Rules()
    notes: list[str] = []
    with Warehouse.temporary() as warehouse:
        for reading in _readings(FilesRequest(vendor, ledgers, mappings or Path()), mapping):
            warehouse.take_in(iter(reading))
            notes += reading.notes
        coverage = survey(Workspace(warehouse), mapping, names)
    return Surveyed(coverage, tuple(notes))


def draft_profile(path: Path) -> str:
    """Draft an export profile from a file's columns, as YAML. Raises UnreadableInput where it is no table."""
    from connector.adapters.files.profiled import look_at
    from connector.config.drafting import Draft
    from connector.config.drafting import draft_profile as draft
    from connector.config.profiles import whole_profiles

    rows, fitting = look_at(path, whole_profiles(()))
    return draft(Draft(path.name, rows, fitting))


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
    profiles, notes = _configured_profiles(settings)
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

        receipt = warehouse.take_in(with_totals(reading, totals), sources=sources)
    return Imported(
        receipt.snapshot,
        False,
        receipt.rows,
        receipt.totals,
        receipt.documents.get("charges", ()),
        (*notes, *reading.notes),
    )


def _configured_profiles(settings: "Settings") -> "tuple[Sequence[ExportProfile], list[str]]":
    """The export profiles of the configured mapping, if there is one, and the shipped ones; and a note where the
    mapping has errors: Microsoft's own files need none of it.
    """
    from connector.config.mappings import read_mappings
    from connector.config.profiles import whole_profiles

    if not settings.mappings.exists():
        return whole_profiles(()), []
    try:
        mapping = read_mappings(settings.mappings, settings.ledger_names, settings.cache)
    except InvalidConfig as invalid:
        why = f"the mapping has errors, so only the shipped export profiles are known ({invalid.problems[0]})"
        return whole_profiles(()), [why]
    return whole_profiles(mapping.exports), []


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

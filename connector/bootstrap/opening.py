"""Opens the warehouse and the engine of one run, and brings the exported files into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connector.bootstrap.asking import FilesRequest
from connector.bootstrap.reading import readings
from connector.domain.errors import UnreadableInput

if TYPE_CHECKING:
    from connector.config.values import Engine
    from connector.domain.rules import Mapping as Rules
    from connector.jobs.request import Request
    from connector.ports import LineTables
    from connector.warehouse import Warehouse


@contextmanager
def opened(request: FilesRequest) -> "Iterator[tuple[tuple[LineTables, Rules, Request], tuple[str, ...], int]]":
    """Read the files into a temporary warehouse; what a job takes, what the readers noticed, and set aside."""
    from connector.config.mappings import read_mappings
    from connector.jobs.joining import joined
    from connector.jobs.request import Request
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
        whole = Warehouse(request.stored, known_before=request.known_before, **limits)
    else:
        whole = Warehouse.temporary(over=request.stored, known_before=request.known_before, **limits)
    with whole as warehouse:
        set_aside = 0
        for reading in readings(request, mapping):
            warehouse.take_in(iter(reading))
            notes += reading.notes
            set_aside += sum(source.set_aside for source in reading.sources)
        if request.stored is not None:
            _refuse_empty(warehouse, request)
        newest = request.stored is not None and request.month is None
        wanted = Request(
            request.month,
            request.totals,
            request.taxes,
            ledgers,
            newest=newest,
            freshness=request.freshness,
            posted=request.posted,
        )
        with _bench(warehouse, engine) as tables:
            view, rules = joined(tables, mapping)
            yield (view, rules, wanted), tuple(notes), set_aside


@contextmanager
def _bench(warehouse: "Warehouse", engine: "Engine | None") -> "Iterator[LineTables]":
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
    then = f" of what was known before {request.known_before:%Y-%m-%d}" if request.known_before else ""
    if not warehouse.parts("charges"):
        raise UnreadableInput(
            f"{request.stored}: the warehouse holds no invoice lines{then}; fetch them with `connector sync`, bring "
            "Microsoft's files in with `connector import PATH`, or give them with --vendor PATH."
        )
    if request.needs_ledger and not request.ledgers and not warehouse.parts("ledger_lines"):
        raise UnreadableInput(
            f"{request.stored}: the warehouse holds no ledger lines{then}; fetch them with `connector sync --only "
            "ledger`, or give the ledger's export with --ledger [NAME=]PATH."
        )

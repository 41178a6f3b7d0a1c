"""What is asked for: the exported files of one run, laid over the settings where there are any."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError
from connector.domain.extraction import Freshness
from connector.domain.period import Period
from connector.domain.posted import PostedBook

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.config.values import Engine


@dataclass(frozen=True, slots=True)
class FilesRequest:
    """What to reconcile from exported files; ledgers are (name, path), the name empty where none was given.

    Beside the files stands what the warehouse folder `stored` holds; a ledger that is given takes the place of the
    one stored under its name. `known_ledgers` are all that the mapping may name; where there are none, those given
    need not be all. `known_before` (aware) asks for the state of knowledge at a past moment; `freshness` says how far
    the vendor was read where it was fetched. Without `needs_ledger` no
    ledger's lines need be there.
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
    known_before: datetime | None = None
    freshness: Freshness = field(default_factory=Freshness)
    posted: PostedBook = field(default_factory=PostedBook)
    needs_ledger: bool = True


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
    from connector.bootstrap.freshness import freshness_of
    from connector.bootstrap.posted import posted_of

    past = request.known_before is not None
    return replace(
        request,
        stored=warehouse_folder(settings),
        freshness=Freshness() if past else freshness_of(settings, with_ledgers=not request.ledgers),
        posted=PostedBook() if past else posted_of(settings),
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


def warehouse_folder(settings: "Settings") -> Path:
    """Return the folder of the warehouse that the settings name. Raises ConnectorError for an object store."""
    if settings.warehouse is None:
        return settings.state / "warehouse"
    if "://" in settings.warehouse:
        raise ConnectorError(
            f"{settings.file}: warehouse {settings.warehouse} is an object store, and this version writes to folders "
            "only; name a folder."
        )
    return settings.file.parent / settings.warehouse

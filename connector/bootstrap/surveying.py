"""Looks over what a mapping covers of some exported files, without reconciling them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest, warehouse_folder
from connector.bootstrap.reading import readings
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a mapping covers of some files, and what the readers noticed."""

    coverage: "Coverage"
    notes: tuple[str, ...]


def survey_files(
    vendor: tuple[Path, ...], ledgers: tuple[tuple[str, Path], ...], mappings: Path | None, stored: Path | None = None
) -> Surveyed:
    """Look over exported files and a mapping, or none yet, in a temporary warehouse.

    It lies over what the warehouse folder `stored` holds, where one is named. Raises UnreadableInput for files that
    cannot be used, InvalidConfig for the mapping.
    """
    from connector.config.mappings import read_mappings
    from connector.domain.rules import Mapping as Rules
    from connector.jobs.survey import survey
    from connector.warehouse import Warehouse
    from connector.warehouse.workspace import Workspace

    names = tuple(name for name, _ in ledgers)
    given = tuple(sorted({name for name in names if name}))
    mapping = read_mappings(mappings, given=given) if mappings is not None else Rules()
    notes: list[str] = []
    with Warehouse.temporary(over=stored) as warehouse:
        for reading in readings(FilesRequest(vendor, ledgers, mappings or Path()), mapping):
            warehouse.take_in(iter(reading))
            notes += reading.notes
        coverage = survey(Workspace(warehouse), mapping, names)
    return Surveyed(coverage, tuple(notes))


def survey_stored(settings: "Settings", ledgers: tuple[tuple[str, Path], ...], mappings: Path | None) -> Surveyed:
    """Look over what was fetched and imported, by the configured mapping unless another is given.

    Raises as `survey_files` does, and ConnectorError where nothing was brought in yet.
    """
    folder = warehouse_folder(settings)
    if not folder.exists():
        raise ConnectorError(
            f"{folder}: nothing was brought in yet; fetch it with `connector sync`, or give files with --vendor and "
            "--ledger."
        )
    own = settings.mappings if settings.mappings.exists() else None
    return survey_files((), ledgers, mappings or own, folder)

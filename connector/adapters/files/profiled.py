"""Reads exports of other layouts through export profiles, as if they were written in our own or Microsoft's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from connector.adapters.files import ledger_lines, reconciliation
from connector.adapters.files.finding_files import find_files
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.grids import Sheet, read_text, read_workbook
from connector.adapters.files.layouts import Fit, find_layouts, nearest_layout
from connector.adapters.files.profile_lines import ProfileLines
from connector.adapters.files.samples import Sample, Shape
from connector.adapters.files.shaping import Rows
from connector.domain.errors import Place, UnreadableInput
from connector.domain.rules import ExportProfile

_FORMATS = {"ledger": ledger_lines.FORMAT, "vendor": reconciliation.FORMAT}
_ROLES = {"ledger": Role.LEDGER, "vendor": Role.VENDOR}


# A document, a day, a customer and an amount are the least that a line can say.
_FEWEST_COLUMNS = 4


@dataclass(slots=True)
class Profiled:
    """One file whose layout a profile knows; `notes` tell what a person should know once its rows were gone through."""

    fits: list[Fit]
    left_out: tuple[str, ...]
    occasion: Occasion
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The layout, for people."""
        return "profile " + ", ".join(sorted({fit.profile.name for fit in self.fits}))

    @property
    def digest(self) -> str:
        """The SHA-256 of what the profiles say, in hex: the same file read otherwise is another source."""
        nowhere = Place("")
        said = [repr(replace(fit.profile, place=nowhere)) for fit in self.fits]
        return sha256("\n".join(said).encode()).hexdigest()

    def rows(self) -> Iterator[Rows]:
        """Yield the rows. Raises UnreadableInput where not one line can be used, and as ProfileLines does."""
        self.notes = [f"{sheet}: is in none of the known layouts; left out." for sheet in self.left_out]
        for fit in self.fits:
            lines = ProfileLines(fit, self.occasion)
            columns = lines.read()
            usable, faults = 0, []
            for table, batch in _format(fit.profile).shape(columns, self.occasion):
                if table == "set_aside":
                    faults += batch.to_pylist()
                else:
                    usable += batch.num_rows
                yield table, batch
            if faults and not usable:
                first = faults[0]
                raise UnreadableInput(
                    f"{fit.sheet.name}:{first['line']}: by the profile {fit.profile.name} not one line can be used; "
                    f"in the first, {first['reason']} ({first['excerpt'] or 'empty'}). Correct the profile."
                )
            self.notes += lines.notes


def find_profile(
    look: Sample, profiles: Sequence[ExportProfile], roles: frozenset[Role], occasion: Occasion
) -> Profiled | str:
    """Return the file as its profile reads it; else what to tell of it: the nearest profile and what it misses.

    Raises UnreadableInput where it is a workbook that cannot be read, or two layouts fit equally well.
    """
    known = [
        profile
        for profile in profiles
        if _ROLES[profile.reads or "ledger"] in roles
        and (not profile.ledger or not occasion.ledger or profile.ledger == occasion.ledger)
    ]
    if not known or look.shape not in (Shape.CSV, Shape.WORKBOOK):
        return ""
    sheets = sheets_of(look)
    fits = find_layouts(sheets, known)
    if not fits:
        return nearest_layout(sheets, known)
    fitting = {fit.sheet.name for fit in fits}
    return Profiled(fits, tuple(sheet.name for sheet in sheets if sheet.name not in fitting), occasion)


def sheets_of(look: Sample) -> tuple[Sheet, ...]:
    """Return the rows of a file as people see them. Raises UnreadableInput where it is no table."""
    return read_workbook(look.export) if look.shape is Shape.WORKBOOK else (read_text(look.export),)


def look_at(path: Path, profiles: Sequence[ExportProfile]) -> tuple[list[tuple[int, tuple[str, ...]]], str | None]:
    """Return the rows of a file's largest sheet as (line, cells), and which of the profiles reads it, if one does.

    Raises UnreadableInput where it is no table.
    """
    if path.is_dir():
        raise UnreadableInput(f"{path}: this is a folder; name one of its files.")
    looks = find_files([path]).samples
    if not looks or looks[0].shape not in (Shape.CSV, Shape.WORKBOOK):
        raise UnreadableInput(f"{path}: is no CSV and no workbook, so it has no columns to draft a profile from.")
    sheets = [sheet for sheet in sheets_of(looks[0]) if sheet.rows]
    if not sheets:
        raise UnreadableInput(f"{path}: holds no rows to draft a profile from.")
    try:
        fits = find_layouts(sheets, profiles)
    except UnreadableInput:
        fits = []  # several fit equally well: a profile of its own is what is needed
    largest = max(sheets, key=lambda sheet: len(sheet.rows))
    if all(len(row.cells) < _FEWEST_COLUMNS for row in largest.rows):
        raise UnreadableInput(f"{path}: holds no table: a line has {_FEWEST_COLUMNS - 1} columns at most.")
    return [(row.line, row.cells) for row in largest.rows], fits[0].profile.name if fits else None


def _format(profile: ExportProfile) -> Format:
    return _FORMATS[profile.reads or "ledger"]

"""Finds out in which of the known layouts an export is written: the one whose column names are there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.adapters.files.grids import Row, Sheet
from connector.domain.errors import Place, UnreadableInput
from connector.domain.rules import ExportProfile
from connector.domain.tables import PROFILE_NEEDS

_LOOKED_AT = 60
_NEAR = 0.4
_SHIPPED = "shipped profiles "


@dataclass(frozen=True, slots=True)
class Fit:
    """A sheet that is written in a profile's layout: its header, and where each of our columns stands (from 0)."""

    profile: ExportProfile
    sheet: Sheet
    header: Row
    positions: tuple[tuple[str, int], ...]
    titled: bool = False

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """How strongly this layout is meant: the partner's own first, then by its title, then by its columns."""
        return not self.profile.place.file.startswith(_SHIPPED), self.titled, len(self.positions)


def key_of_column(name: str) -> str:
    """Return a column's name without case, blanks and punctuation, in any script."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name.strip()


def find_layouts(sheets: Sequence[Sheet], profiles: Iterable[ExportProfile]) -> list[Fit]:
    """Return for each sheet in a known layout which one; empty where there is none.

    Raises UnreadableInput where two layouts fit a sheet equally well.
    """
    known = tuple(profiles)
    found: list[Fit] = []
    for sheet in sheets:
        fits = [fit for profile in known if (fit := _fit(sheet, profile)) is not None]
        if not fits:
            continue
        best = max(fit.rank for fit in fits)
        winners = [fit for fit in fits if fit.rank == best]
        if len(winners) > 1:
            names = " and ".join(fit.profile.name for fit in winners)
            titles = " or ".join(f"'{fit.profile.titles[0]}'" for fit in winners if fit.profile.titles)
            raise UnreadableInput(
                f"{Place(sheet.name, winners[0].header.line)}: the profiles {names} fit equally well; "
                + (f"name the file {titles}, or " if titles else "")
                + "write a profile of your own under `exports:` that is `like:` the right one."
            )
        _refuse_twice(winners[0])
        found.append(winners[0])
    return found


def _refuse_twice(fit: Fit) -> None:
    """Raise UnreadableInput where a column the profile reads is there twice: nobody could say which is meant."""
    keys = [key_of_column(cell) for cell in fit.header.cells]
    for _, at in fit.positions:
        if keys.count(keys[at]) > 1:
            other = next(place for place, key in enumerate(keys) if key == keys[at] and place != at)
            raise UnreadableInput(
                f"{Place(fit.sheet.name, fit.header.line, other + 1)}: the column {fit.header.cells[at]} is there "
                f"twice (also as column {at + 1}); keep one."
            )


def nearest_layout(sheets: Sequence[Sheet], profiles: Iterable[ExportProfile]) -> str:
    """Name the profile that comes nearest and the columns it misses; empty where none is near."""
    best: tuple[float, str] = (0.0, "")
    for profile in profiles:
        names = dict(profile.columns)
        needed = [name for name in _needed(profile) if name in names]
        for sheet in sheets:
            for row in sheet.rows[:_LOOKED_AT]:
                there = {key_of_column(cell) for cell in row.cells if cell}
                missing = [ours for ours in needed if not there & {key_of_column(name) for name in names[ours]}]
                share = 1 - len(missing) / max(len(needed), 1)
                if share > best[0]:
                    wanted = ", ".join(" or ".join(names[ours]) for ours in missing)
                    many = len(missing) > 1
                    best = (
                        share,
                        f"nearest is the profile {profile.name} (row {row.line}), but the "
                        f"column{'s' if many else ''} {wanted} {'are' if many else 'is'} missing",
                    )
    return best[1] if best[0] >= _NEAR else ""


def _needed(profile: ExportProfile) -> tuple[str, ...]:
    """The columns a header must have: what nothing else in the profile says, the currency aside."""
    said = {name for name, _ in profile.fixed} | {profile.grouped_by, "currency"}
    columns = {name for name, _ in profile.columns}
    return tuple(name for name in PROFILE_NEEDS[profile.reads or "ledger"] if name in columns and name not in said)


def _fit(sheet: Sheet, profile: ExportProfile) -> Fit | None:
    needed = _needed(profile)
    above: list[str] = [sheet.title, Path(sheet.export.name).stem]
    for row in sheet.rows[:_LOOKED_AT]:
        if profile.header_row is None or row.line == profile.header_row:
            positions = _positions(row, profile)
            if needed and positions.keys() >= set(needed):
                return Fit(profile, sheet, row, tuple(positions.items()), _is_titled(profile, above))
        above += [cell for cell in row.cells if cell]
    return None


def _positions(row: Row, profile: ExportProfile) -> dict[str, int]:
    there: dict[str, int] = {}
    for at, cell in enumerate(row.cells):
        if cell:
            there.setdefault(key_of_column(cell), at)
    found: dict[str, int] = {}
    for ours, names in profile.columns:
        place = next((there[key] for name in names if (key := key_of_column(name)) in there), None)
        if place is not None:
            found[ours] = place
    return found


def _is_titled(profile: ExportProfile, texts: Iterable[str]) -> bool:
    keys = [key_of_column(text) for text in texts]
    return any(key_of_column(title) in key for title in profile.titles for key in keys)

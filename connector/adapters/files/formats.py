"""What a file format is; the formats are found by being there, modules of this folder with a `FORMAT` (`FORMATS`)."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache

from connector.adapters import files
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.samples import Sample, Shape, key_of
from connector.adapters.files.shaping import Rows
from connector.domain.errors import Place, UnreadableInput

_ENOUGH = 0.5


class Role(StrEnum):
    """What a file is for, as a person would say it."""

    VENDOR = "Microsoft's invoice lines"
    PRICES = "a price sheet"
    SUBSCRIPTIONS = "subscriptions"
    RECORDS = "Partner Center's records"
    LEDGER = "ledger lines"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the files themselves do not say: the ledger's name, when their content was seen (ISO 8601, UTC), the
    currency of exports that name none, and the month (YYYY-MM) of exchange rates.
    """

    ledger: str = ""
    observed_at: str | None = None
    currency: str | None = None
    month: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export: what tells it from others, its fields, and how its records become rows of our tables.

    `signature` are fields (our names) that together tell the format; `required` are groups of fields of which each
    needs one. A format with a `refusal` is only known in order to say why it is not read.
    """

    name: str
    role: Role
    table: str
    fields: Fields
    signature: frozenset[str]
    required: tuple[tuple[str, ...], ...]
    shape: Callable[[Columns, Occasion], Iterator[Rows]]
    shapes: frozenset[Shape] = frozenset(Shape)
    refusal: str = ""

    def recognise(self, sample: Sample) -> float:
        """Say how much a file looks like this format, from 0 to 1."""
        if sample.shape not in self.shapes:
            return 0.0
        known = self.fields.by_key()
        there = {known[key] for key in sample.keys & known.keys()}
        return len(self.signature & there) / len(self.signature)

    def check(self, sample: Sample) -> None:
        """Raise UnreadableInput, naming missing columns and what is nearest to them, or saying the refusal."""
        if self.refusal:
            raise UnreadableInput(f"{sample.export.name}: {self.refusal}")
        refuse_separator(sample)
        known = self.fields.by_key()
        there = {known[key] for key in sample.keys & known.keys()}
        missing = [group for group in self.required if not there.intersection(group)]
        if not missing:
            return
        unknown = {key_of(name): name for name in sample.names if key_of(name) not in known}
        said, hints = [], []
        for group in missing:
            names = " or ".join(self.fields.names[name][0] for name in group)
            keys = [key_of(alias) for name in group for alias in self.fields.names[name]]
            near = [match for key in keys for match in get_close_matches(key, unknown, n=1, cutoff=0.6)]
            said.append(names)
            hints += [f"the file's {unknown[near[0]]} is nearest to {names}"] if near else []
        what = "column" if sample.shape is Shape.CSV else "field"
        nearest = f" ({', '.join(hints)})" if hints else ""
        raise UnreadableInput(
            f"{Place(sample.export.name, sample.header_line)}: looks like a {self.name} file, but the {what}"
            f"{'s' if len(said) > 1 else ''} {', '.join(said)} {'are' if len(said) > 1 else 'is'} missing{nearest}; "
            "export it again with all columns, under their original names."
        )


def refuse_separator(sample: Sample) -> None:
    """Raise UnreadableInput where the columns of a CSV are not separated by commas."""
    if sample.separator:
        raise UnreadableInput(
            f"{Place(sample.export.name, sample.header_line)}: the columns are separated by {sample.separator}; "
            "export the file again with commas between the columns and a point in the numbers."
        )


@cache
def formats() -> tuple[Format, ...]:
    """Return all formats, found by being there."""
    modules = [
        importlib.import_module(f"{files.__name__}.{found.name}") for found in pkgutil.iter_modules(files.__path__)
    ]
    return tuple(
        known
        for module in modules
        for known in getattr(module, "FORMATS", (getattr(module, "FORMAT", None),))
        if known is not None
    )


def recognise(sample: Sample) -> Format | None:
    """Return the format a file looks most like, or None where it looks like none."""
    if sample.shape is Shape.WORKBOOK:
        return None
    best = max(formats(), key=lambda known: known.recognise(sample))
    return best if best.recognise(sample) >= _ENOUGH else None

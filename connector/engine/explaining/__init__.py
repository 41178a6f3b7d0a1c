"""Says why a group's two sides differ: one cause, one file; each takes its part of what is left, in order."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Protocol, cast

from connector.engine.reconciliation.comparison import Group


@dataclass(frozen=True, slots=True)
class Claim:
    """The part of a difference that one cause takes, in units of the group (positive: the partner loses)."""

    kind: str
    amount: Fraction
    cause: str
    text: str
    seats: Fraction | None = None
    lines: tuple[int, ...] = ()


class CauseModule(Protocol):
    """A file in this folder: its place in the order, and how it takes its part (the last ones take what is left)."""

    ORDER: int
    claim: Callable[[Group], Claim | None]


@cache
def causes() -> tuple[CauseModule, ...]:
    """All causes found in this folder, in their order."""
    modules = [
        cast(CauseModule, importlib.import_module(f"{__name__}.{found.name}"))
        for found in pkgutil.iter_modules(__path__)
    ]
    return tuple(sorted((module for module in modules if hasattr(module, "claim")), key=lambda module: module.ORDER))


def seat_days(group: Group, thousandths: int) -> str:
    """Write seat-days for people."""
    whole, part = divmod(abs(thousandths), 1000)
    return f"{whole}" if not part else f"{whole}.{part:03d}"

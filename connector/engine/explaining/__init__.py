"""Says why a group's two sides differ: one cause, one file; each takes its part of what is left, in order."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import ModuleType
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
    """A file in this folder: its place in the order, and how it takes its part."""

    ORDER: int
    claim: Callable[[Group], Claim | None]


class RestModule(Protocol):
    """A file in this folder that takes what the causes before it have left."""

    ORDER: int
    claim_rest: Callable[[Group, Fraction], Claim | None]


@cache
def causes() -> tuple[CauseModule, ...]:
    """All causes found in this folder that look for their own part, in their order."""
    return tuple(cast(CauseModule, module) for module in _in_order("claim"))


@cache
def rests() -> tuple[RestModule, ...]:
    """All causes found in this folder that take what is left, in their order; the last always takes it."""
    return tuple(cast(RestModule, module) for module in _in_order("claim_rest"))


def _in_order(name: str) -> list[ModuleType]:
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return sorted((module for module in modules if hasattr(module, name)), key=lambda module: int(module.ORDER))

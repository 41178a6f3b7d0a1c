"""Deals a made-up partner's month: Microsoft's files, a ledger kept by people, a mapping, and the truth.

    from connector.sandbox.scenario import generate
    generate(customers=40, months=1, seed=7, output=Path("demo"))

The sums are worked out by this package alone, from the billing rules Microsoft publishes and from the price
rules of the mapping, so that the connector can be measured against a witness that shares no code with it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from connector.sandbox.scenario.books import Books
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.deck import KINDS, deal
from connector.sandbox.scenario.folder import write_world
from connector.sandbox.scenario.subscriptions import Charging
from connector.sandbox.scenario.variants import VARIANTS, vary_world
from connector.sandbox.scenario.world import World

__all__ = ["KINDS", "VARIANTS", "Scenario", "generate", "make_world"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What was written: the folder, the truth file, and a few counts."""

    folder: Path
    truth: Path
    month: str
    vendor_lines: int
    ledger_lines: int
    findings: int
    vendor_totals: dict[str, Decimal]


def generate(
    customers: int,
    months: int,
    seed: int,
    output: Path,
    *,
    last_month: str = "2026-10",
    defects: bool | Collection[str] = True,
    variants: Collection[str] = (),
) -> Scenario:
    """Deal a world and write it into `output`; equal arguments give equal bytes.

    Arguments and errors as for `make_world`.
    """
    world = make_world(customers, months, seed, last_month=last_month, defects=defects, variants=variants)
    headers = write_world(world, output, Chance(seed, "files"), variants)
    return Scenario(
        folder=output,
        truth=output / "truth.json",
        month=str(world.month),
        vendor_lines=len(world.charges[world.month]),
        ledger_lines=len(world.books.lines),
        findings=len(world.findings),
        vendor_totals={header.currency: header.gross for header in headers},
    )


def make_world(
    customers: int,
    months: int,
    seed: int,
    *,
    last_month: str = "2026-10",
    defects: bool | Collection[str] = True,
    variants: Collection[str] = (),
) -> World:
    """Deal a world without writing it down; equal arguments deal equal worlds.

    `defects`: all kinds of `KINDS`, none, or the named ones. `variants` (of `VARIANTS`) damage the files
    themselves. Raises ValueError that names what is wrong with an argument.
    """
    kinds = _kinds(defects)
    unknown = sorted(set(variants) - set(VARIANTS))
    if unknown:
        raise ValueError(f"unknown variant {unknown[0]!r}; there are {', '.join(VARIANTS)}")
    if customers < 1 or months < 1:
        raise ValueError(f"a world needs at least one customer and one month, not {customers} and {months}")
    last = Month.parse(last_month)
    world = World(
        seed=seed,
        months=tuple(last.shift(back) for back in range(1 - months, 1)),
        chance=Chance(seed, "events"),
        books=Books(Chance(seed, "books")),
        charging=Charging(Chance(seed, "charges")),
    )
    deal(world, customers, Chance(seed, "customers"), kinds)
    if any(line.currency == "USD" for line in world.charges[last]):
        adjust(world)
    vary_world(world, variants)
    return world


def adjust(world: World) -> None:
    """An adjustment that Microsoft printed on the invoice and in no line; the mapping names it."""
    amount = Decimal("-12.50")
    world.adjustments["USD"] = amount
    world.mapping.add(
        "adjustments",
        {
            "invoice": world.invoice(world.month, "USD"),
            "amount": amount,
            "currency": "USD",
            "reason": "one-off adjustment on the PDF",
            "by": "jane",
        },
    )


def _kinds(defects: bool | Collection[str]) -> frozenset[str]:
    if isinstance(defects, bool):
        return frozenset(KINDS if defects else ())
    unknown = sorted(set(defects) - set(KINDS))
    if unknown:
        raise ValueError(f"unknown kind of defect {unknown[0]!r}; there are {', '.join(KINDS)}")
    return frozenset(defects)

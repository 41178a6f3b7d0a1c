"""What a made-up world's ledgers hold, for simulators of accounting systems: lines, and names of who and what."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connector.sandbox.scenario.books import LEDGER_COLUMNS
from connector.sandbox.scenario.world import World
from connector.sandbox.scenario.writing import ledger_rows

Row = Mapping[str, str]


@dataclass(slots=True)
class Lists:
    """Names of customers and items by their ids, beyond those that the ledger's lines name; and who pays sales tax."""

    customers: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    taxed: set[str] = field(default_factory=set)


def rows_of(world: World, ledger: str) -> Sequence[Row]:
    """A ledger's lines with the columns of the canonical CSV."""
    lines = [line for line in world.books.lines if line.ledger == ledger]
    return [dict(zip(LEDGER_COLUMNS, row, strict=True)) for row in ledger_rows(lines)]


def rows_in(folder: Path, ledger: str) -> Sequence[Row]:
    """The same from a folder that `generate` wrote."""
    with (folder / "ledger" / f"{ledger}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def lists_of(world: World, ledger: str) -> Lists:
    """The customers and items a world's mapping speaks of in one ledger."""
    lists = Lists()
    for customer in world.customers:
        if customer.ledger == ledger:
            lists.customers[customer.ledger_customer] = customer.ledger_name
            if customer.tax_percent is not None:
                lists.taxed.add(customer.ledger_customer)
    # A subscription may be billed to another customer of the same ledger, who is found by the beginning of its id.
    for rule in world.mapping.lists.get("subscriptions", []):
        payer = str(rule.get("ledger_customer") or "")
        first = payer.split("-", maxsplit=1)[0]
        if first in lists.customers:
            lists.customers.setdefault(payer, f"{lists.customers[first]} ({payer})")
            lists.taxed |= {payer} if first in lists.taxed else set()
    for key in ("products", "bundles", "own_items", "subscriptions"):
        for rule in world.mapping.lists.get(key, []):
            item = rule.get("item")
            chosen = item.get(ledger) if isinstance(item, dict) else item
            if isinstance(chosen, str):
                lists.items.setdefault(chosen, str(rule.get("name") or rule.get("description") or chosen))
    return lists


def lists_in(folder: Path, ledger: str) -> Lists:
    """The same from the mapping's files, of which each rule stands on a line of its own."""
    lists = Lists()
    for path in sorted(folder.glob("*.yaml")):
        for rule in path.read_text(encoding="utf-8").splitlines():
            name = re.search(r'\{name: "((?:[^"\\]|\\.)*)"', rule)
            payer = re.search(r'\bledger: "([^"]+)", ledger_customer: "([^"]+)"', rule)
            if payer and payer[1] == ledger:
                lists.customers.setdefault(payer[2], re.sub(r"\\(.)", r"\1", name[1]) if name else payer[2])
            item = re.search(rf'\bitem: (?:\{{[^}}]*\b{ledger}: )?"([^"]+)"', rule)
            if item:
                lists.items.setdefault(item[1], re.sub(r"\\(.)", r"\1", name[1]) if name else item[1])
    return lists

"""Lays the world out in a folder and says in truth.json what a reconciliation must find."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from connector.sandbox.scenario import sheets, writing, yaml
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.catalogue import MARKETS
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.lines import PARTNER_ID, VendorLine
from connector.sandbox.scenario.mapping import Mapping
from connector.sandbox.scenario.money import ZERO, text
from connector.sandbox.scenario.people import LEDGERS
from connector.sandbox.scenario.variants import NOT_AUDITED
from connector.sandbox.scenario.world import World

BLOBS = 3


@dataclass(frozen=True, slots=True)
class Header:
    """Microsoft's invoice of one month and currency: gross total, tax, and the sum before tax."""

    invoice: str
    month: Month
    currency: str
    gross: Decimal
    tax: Decimal
    net: Decimal


def write_world(world: World, output: Path, chance: Chance, variants: Collection[str]) -> tuple[Header, ...]:
    """Write every file; returns the headers of the reconciled month."""
    output.mkdir(parents=True, exist_ok=True)
    headers = [header for month in world.months for header in _write_vendor(world, month, output, chance)]
    last = tuple(header for header in headers if header.month == world.month)
    _write_prices(world, output)
    writing.write_lines(output / "subscriptions.jsonl", (json.dumps(seen) for seen in chance.shuffled(world.snapshots)))
    _write_partner(world, output, chance, last, variants)
    return last


def write_partner_side(world: World, output: Path, variants: Collection[str] = ()) -> None:
    """Write only what is not Microsoft's: the ledgers, the mapping and the truth."""
    headers = [
        header_of(world, world.month, currency, lines)
        for currency in MARKETS
        if (lines := [line for line in world.charges[world.month] if line.currency == currency])
    ]
    _write_partner(world, output, Chance(world.seed, "ledgers"), tuple(headers), variants)


def _write_partner(
    world: World, output: Path, chance: Chance, headers: tuple[Header, ...], variants: Collection[str]
) -> None:
    for ledger in LEDGERS.values():
        lines = chance.shuffled([line for line in world.books.lines if line.ledger == ledger])
        writing.write_ledger(output / "ledger" / f"{ledger}.csv", lines)
    customers = [yaml.customer_rule(each, each.valid_to) for each in world.customers if each.mapped]
    known = world.mapping.lists.get("customers", [])
    yaml.write_mappings(output / "mappings", Mapping({**world.mapping.lists, "customers": [*known, *customers]}))
    writing.write_json(output / "truth.json", truth(world, headers, variants))


def _write_vendor(world: World, month: Month, output: Path, chance: Chance) -> list[Header]:
    headers = []
    charged = chance.shuffled(world.charges.get(month, []))
    for currency in MARKETS:
        lines = [line for line in charged if line.currency == currency]
        if not lines:
            continue
        invoice = world.invoice(month, currency)
        header = header_of(world, month, currency, lines)
        headers.append(header)
        issued = month.shift(1).on(7)
        printed = [writing.json_line(line) for line in lines]
        writing.write_compressed(output / "vendor" / f"{invoice}.jsonl.gz", printed)
        writing.write_portal_csv(output / "vendor-csv" / f"{invoice}.csv", lines)
        writing.write_v1(output / "vendor-v1" / f"{invoice}.json", lines)
        writing.write_invoice(
            output / "invoices" / f"{invoice}.json",
            invoice,
            currency,
            header.gross,
            month.first,
            month.last,
            issued,
        )
        if month == world.month:
            folder = output / "graph" / invoice
            writing.write_manifest(folder, invoice, PARTNER_ID, printed, BLOBS, issued, chance)
            metered = [pair for pair in world.metered if pair[1].line.currency == currency]
            sheets.write_usage(output / "usage" / f"{invoice}.csv", metered)
    return headers


def header_of(world: World, month: Month, currency: str, lines: Sequence[VendorLine]) -> Header:
    """What Microsoft's invoice of a month and currency says at its head, lines missing in the file included."""
    counted = [
        *lines,
        *(line for line in world.missing if month == world.month and line.currency == currency),
    ]
    extra = adjustment = ZERO
    if month == world.month:
        extra = world.header_tax.get(currency, ZERO)
        adjustment = world.adjustments.get(currency, ZERO)
    tax = sum((line.tax for line in counted), extra)
    net = sum((line.subtotal for line in counted), ZERO)
    return Header(world.invoice(month, currency), month, currency, net + tax + adjustment, tax, net)


def _write_prices(world: World, output: Path) -> None:
    since = world.months[0].shift(-1)
    for month in (since, *world.months):
        for currency, market in MARKETS.items():
            sheets.write_price_sheet(
                output / "prices" / f"{month}-{market}.csv", currency, month, since.first, world.month
            )


def truth(world: World, headers: tuple[Header, ...], variants: Collection[str]) -> dict[str, object]:
    """What a reconciliation of the last month must say, and the files to give it."""
    result = "differences" if world.findings else "reconciled"
    if set(variants) & set(NOT_AUDITED):
        result = "not_audited"
    order = ("kind", "currency", "tenant_id", "subscription_id", "product_id", "impact")
    invoices = [header.invoice for header in headers]
    return {
        "schema": "connector.truth/1",
        "scope": str(world.month),
        "result": result,
        "vendor_totals": {header.currency: text(header.gross) for header in headers},
        "vendor_tax": {header.currency: text(header.tax) for header in headers},
        "vendor_lines": {header.currency: text(header.net) for header in headers},
        "findings": sorted(world.findings, key=lambda finding: [finding[key] or "" for key in order]),
        "arguments": {
            "vendor": [f"vendor/{invoice}.jsonl.gz" for invoice in invoices]
            + [f"usage/{invoice}.csv" for invoice in invoices],
            "invoices": [f"invoices/{invoice}.json" for invoice in invoices],
            "ledger": [f"{ledger}=ledger/{ledger}.csv" for ledger in LEDGERS.values()],
            "mappings": "mappings",
            "subscriptions": ["subscriptions.jsonl"],
            "price_sheet": [
                f"prices/{month}-{market}.csv"
                for month in (world.months[0].shift(-1), *world.months)
                for market in MARKETS.values()
            ],
            "vendor_total": {header.currency: text(header.gross) for header in headers},
            "vendor_tax": {currency: text(tax) for currency, tax in world.header_tax.items()},
        },
        "other_formats": {
            "portal_csv": [f"vendor-csv/{invoice}.csv" for invoice in invoices],
            "v1_json": [f"vendor-v1/{invoice}.json" for invoice in invoices],
            "graph_folder": [f"graph/{invoice}" for invoice in invoices],
        },
    }

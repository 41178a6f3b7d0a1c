"""The options that name exported files, for the commands that start from them."""

from pathlib import Path
from typing import Annotated

import typer

VendorPaths = Annotated[
    list[Path], typer.Option("--vendor", metavar="PATH", help="Microsoft's invoice lines: a file or a folder.")
]
LedgerPaths = Annotated[
    list[str],
    typer.Option("--ledger", metavar="[NAME=]PATH", help="The ledger's lines; with its name in the mapping."),
]
MappingsPath = Annotated[Path, typer.Option("--mappings", metavar="DIR", help="The folder (or file) of mapping rules.")]
Totals = Annotated[
    list[str] | None,
    typer.Option("--vendor-total", metavar="CUR=AMOUNT", help="The invoice's gross total, from its PDF."),
]
Taxes = Annotated[
    list[str] | None,
    typer.Option("--vendor-tax", metavar="CUR=AMOUNT", help="The invoice's tax, where its lines carry none."),
]
SubscriptionPaths = Annotated[
    list[Path] | None,
    typer.Option("--subscriptions", metavar="PATH", help="Subscriptions as Partner Center shows them."),
]
PriceSheetPaths = Annotated[
    list[Path] | None,
    typer.Option("--price-sheet", metavar="PATH", help="Microsoft's price sheet, CSV or ZIP."),
]
ScopeMonth = Annotated[
    str | None, typer.Option("--scope", metavar="YYYY-MM", help="Only vendor invoices of this month.")
]

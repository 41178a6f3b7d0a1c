"""The options that name exported files and amounts, for the commands that start from them, and how they are read."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from connector.domain.errors import ConnectorError
from connector.domain.money import to_decimal

VendorPaths = Annotated[
    list[Path], typer.Option("--vendor", metavar="PATH", help="Microsoft's invoice lines: a file or a folder.")
]
LEDGER = typer.Option("--ledger", metavar="[NAME=]PATH", help="The ledger's lines; with its name in the mapping.")
LedgerPaths = Annotated[list[str], LEDGER]
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
KnownOn = Annotated[
    str | None,
    typer.Option(
        "--as-known-on",
        metavar="YYYY-MM-DD",
        help="Use what was fetched and imported until the end of that day (UTC); mapping and ledger files as they are.",
        show_default=False,
    ),
]
ScopeMonth = Annotated[
    str | None, typer.Option("--scope", metavar="YYYY-MM", help="Only vendor invoices of this month.")
]

_AROUND = timedelta(days=180)


def a_day(text: str, option: str) -> date:
    """Read a day. Raises ConnectorError naming the option."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
        # The calendar begins in 1 and ends in 9999, and some things are looked for before and after the day.
        _ = day - _AROUND, day + _AROUND
    except (ValueError, OverflowError):
        raise ConnectorError(f"{option} {text}: expected a day like 2026-11-30") from None
    return day


def named_ledger(text: str, folder: Path = Path()) -> tuple[str, Path]:
    """Read a ledger written [NAME=]PATH, the path being relative to `folder`; a file of that very name comes first."""
    name, separator, path = text.partition("=")
    if separator and name and "/" not in name and "\\" not in name and not (folder / text).exists():
        return name, folder / path
    return "", folder / text


def amounts_by_currency(texts: list[str] | None, option: str) -> dict[str, Decimal]:
    """Read amounts written CUR=AMOUNT, one per currency. Raises ConnectorError naming the option."""
    amounts: dict[str, Decimal] = {}
    for text in texts or ():
        currency, separator, amount = text.partition("=")
        currency = currency.strip().upper()
        if not separator or len(currency) != 3 or not currency.isalpha():
            raise ConnectorError(f"{option} {text}: write it as CUR=AMOUNT, like USD=1234.50")
        if currency in amounts:
            raise ConnectorError(f"{option} names {currency} twice; give one amount per currency")
        try:
            amounts[currency] = to_decimal(amount)
        except ConnectorError as error:
            raise ConnectorError(f"{option} {text}: {error}") from None
    return amounts

"""What the commands that compare are asked: files given by hand, or what was fetched and imported before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector.cli.inputs import a_day, amounts_by_currency, named_ledger
from connector.cli.options import Options
from connector.domain.errors import ConnectorError, InvalidConfig
from connector.domain.period import Period

if TYPE_CHECKING:
    from connector.bootstrap import FilesRequest
    from connector.config.settings import Settings


def asked(
    options: Options,
    *,
    vendor: Sequence[Path] | None,
    ledger: Sequence[str] | None,
    mappings: Path | None,
    vendor_total: list[str] | None,
    vendor_tax: list[str] | None,
    subscriptions: Sequence[Path] | None,
    price_sheet: Sequence[Path] | None,
    scope: str | None,
    as_known_on: str | None,
) -> "FilesRequest":
    """Put together what is to be compared. Raises ConnectorError naming the option that is missing or wrong."""
    from connector.bootstrap import FilesRequest, configured

    settings = settings_of(options, needed=not (vendor and mappings))
    _refuse_missing(settings, vendor, ledger, mappings)
    if as_known_on and vendor:
        raise ConnectorError(
            "--as-known-on is about what was fetched or imported; leave --vendor out, or give only files of that time."
        )
    request = FilesRequest(
        vendor=tuple(vendor or ()),
        ledgers=tuple(named_ledger(text) for text in ledger or ()),
        mappings=mappings or (settings.mappings if settings else Path("mappings")),
        subscriptions=tuple(subscriptions or ()),
        price_sheets=tuple(price_sheet or ()),
        totals=amounts_by_currency(vendor_total, "--vendor-total"),
        taxes=amounts_by_currency(vendor_tax, "--vendor-tax"),
        month=Period.month(scope) if scope else None,
        known_before=day_after(as_known_on) if as_known_on else None,
    )
    return configured(request, settings, own_mapping=mappings is not None) if settings is not None else request


def day_after(text: str, option: str = "--as-known-on") -> datetime:
    """The moment a day (UTC) is over. Raises ConnectorError where the text is no day."""
    day = a_day(text, option)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def settings_of(options: Options, *, needed: bool) -> "Settings | None":
    """The settings where there are any; those that nobody named and nothing needs may be wrong."""
    file = options.config_file()
    if options.config is None and not file.exists():
        return None
    from connector.config.settings import read_settings

    try:
        return read_settings(file)
    except InvalidConfig as invalid:
        if needed or options.config is not None:
            raise
        typer.echo(f"note: {file} is not used: {invalid.problems[0]}; `connector check` tells all", err=True)
        return None


def _refuse_missing(
    settings: "Settings | None", vendor: Sequence[Path] | None, ledger: Sequence[str] | None, mappings: Path | None
) -> None:
    """Say which options are needed where there are no settings, or no warehouse, to take their place."""
    if settings is None and not vendor:
        raise ConnectorError(
            "there is nothing to compare: give Microsoft's lines with --vendor PATH, or have a config.yaml "
            "(`connector init` writes one) and fetch them with `connector sync`, or bring them in with "
            "`connector import PATH`."
        )
    if vendor and not ledger:
        raise ConnectorError("--ledger is missing: give the ledger's exported lines with --ledger [NAME=]PATH.")
    if settings is None and mappings is None:
        raise ConnectorError("--mappings is missing: give the folder of your mapping rules with --mappings DIR.")

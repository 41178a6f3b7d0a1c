"""connector reconcile: say to the cent what agrees with the ledger, what does not, and why."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.inputs import (
    LEDGER,
    PriceSheetPaths,
    SubscriptionPaths,
    Taxes,
    Totals,
    amounts_by_currency,
    named_ledger,
)
from connector.cli.options import Format, Options, options_of
from connector.domain.errors import ConnectorError, InvalidConfig, UnreadableInput
from connector.domain.period import Period

if TYPE_CHECKING:
    from connector.config.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("reconcile")
    def reconcile(
        ctx: typer.Context,
        vendor: Annotated[
            list[Path] | None,
            typer.Option(
                "--vendor",
                metavar="PATH",
                help="Microsoft's invoice lines: a file or a folder; without it what was imported.",
            ),
        ] = None,
        ledger: Annotated[list[str] | None, LEDGER] = None,
        mappings: Annotated[
            Path | None,
            typer.Option(
                "--mappings",
                metavar="DIR",
                help="The folder (or file) of mapping rules; without it the configured one.",
                show_default=False,
            ),
        ] = None,
        vendor_total: Totals = None,
        vendor_tax: Taxes = None,
        subscriptions: SubscriptionPaths = None,
        price_sheet: PriceSheetPaths = None,
        scope: Annotated[
            str | None,
            typer.Option(
                "--scope",
                metavar="YYYY-MM",
                help="Only vendor invoices of this month; of what was imported, the newest month unless told.",
            ),
        ] = None,
        expected: Annotated[
            bool,
            typer.Option(
                "--expected", help="Write the ledger lines that should have been, as CSV, and compare nothing."
            ),
        ] = False,
    ) -> None:
        """Reconcile Microsoft's invoice with your ledger, from exported files or from what was imported.

        With --vendor nothing need be configured and nothing is kept. Without it, the invoices that `connector import`
        took in are reconciled, by the configured mapping.
        """
        from connector.bootstrap import FilesRequest, configured, named_for_people, reconciling, unaudited
        from connector.cli.showing import show

        options = options_of(ctx)
        allowed = [Format.CSV] if expected else [Format.TABLE, Format.JSON, Format.HTML, Format.XLSX, Format.CSV]
        form = options.format_among(*allowed)
        settings = settings_of(options, needed=not (vendor and mappings))
        _refuse_missing(settings, vendor, ledger, mappings)
        request = FilesRequest(
            vendor=tuple(vendor or ()),
            ledgers=tuple(named_ledger(text) for text in ledger or ()),
            mappings=mappings or (settings.mappings if settings else Path("mappings")),
            subscriptions=tuple(subscriptions or ()),
            price_sheets=tuple(price_sheet or ()),
            totals=amounts_by_currency(vendor_total, "--vendor-total"),
            taxes=amounts_by_currency(vendor_tax, "--vendor-tax"),
            month=Period.month(scope) if scope else None,
        )
        if settings is not None:
            request = configured(request, settings, own_mapping=mappings is not None)
        if expected:
            from connector.cli.expected import write_expected

            raise typer.Exit(write_expected(request, options.output))
        with ExitStack() as stack:
            try:
                with named_for_people(request.vendor or (request.mappings,)):
                    outcome = stack.enter_context(reconciling(request))
            except UnreadableInput as error:
                # The result is written whatever it is, so that whoever reads it next sees that nothing was audited.
                outcome = unaudited(str(error))
            show(outcome.result, outcome.run_id, form, options.output, outcome.lines)
        for note in outcome.notes:
            typer.echo(f"note: {note}", err=True)
        raise typer.Exit(exit_code(outcome.result.result, bool(outcome.result.findings), outcome.set_aside))


def settings_of(options: Options, *, needed: bool) -> "Settings | None":
    """The settings where there are any; those that nobody named and nothing needs may be wrong."""
    from connector.config.settings import read_settings

    file = options.config_file()
    if options.config is None and not file.exists():
        return None
    try:
        return read_settings(file)
    except InvalidConfig as invalid:
        if needed or options.config is not None:
            raise
        typer.echo(f"note: {file} is not used: {invalid.problems[0]}; `connector check` tells all", err=True)
        return None


def _refuse_missing(
    settings: "Settings | None", vendor: list[Path] | None, ledger: list[str] | None, mappings: Path | None
) -> None:
    """Say which options are needed where there are no settings, or no warehouse, to take their place."""
    if settings is None and not vendor:
        raise ConnectorError(
            "there is nothing to reconcile: give Microsoft's lines with --vendor PATH, or have a config.yaml "
            "(`connector init` writes one) and bring them in with `connector import PATH`."
        )
    if vendor and not ledger:
        raise ConnectorError("--ledger is missing: give the ledger's exported lines with --ledger [NAME=]PATH.")
    if settings is None and mappings is None:
        raise ConnectorError("--mappings is missing: give the folder of your mapping rules with --mappings DIR.")


def exit_code(result: str, found: bool, set_aside: int) -> ExitCode:
    """The exit code of a result: 2 not audited, 5 records set aside, 1 differences, 0 reconciled."""
    codes = [ExitCode.DONE]
    if result == "not_audited":
        codes.append(ExitCode.TROUBLE)
    if set_aside:
        codes.append(ExitCode.SET_ASIDE)
    if found or result == "differences":
        codes.append(ExitCode.FINDINGS)
    return gravest(codes)

"""connector reconcile: say to the cent what agrees with the ledger, what does not, and why."""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, options_of
from connector.domain.errors import ConnectorError, UnreadableInput
from connector.domain.money import to_decimal
from connector.domain.period import Period


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("reconcile")
    def reconcile(
        ctx: typer.Context,
        vendor: Annotated[
            list[Path], typer.Option("--vendor", metavar="PATH", help="Microsoft's invoice lines: a file or a folder.")
        ],
        ledger: Annotated[
            list[str],
            typer.Option("--ledger", metavar="[NAME=]PATH", help="The ledger's lines; with its name in the mapping."),
        ],
        mappings: Annotated[
            Path, typer.Option("--mappings", metavar="DIR", help="The folder (or file) of mapping rules.")
        ],
        vendor_total: Annotated[
            list[str] | None,
            typer.Option("--vendor-total", metavar="CUR=AMOUNT", help="The invoice's gross total, from its PDF."),
        ] = None,
        vendor_tax: Annotated[
            list[str] | None,
            typer.Option("--vendor-tax", metavar="CUR=AMOUNT", help="The invoice's tax, where its lines carry none."),
        ] = None,
        subscriptions: Annotated[
            list[Path] | None,
            typer.Option("--subscriptions", metavar="PATH", help="Subscriptions as Partner Center shows them."),
        ] = None,
        price_sheet: Annotated[
            list[Path] | None,
            typer.Option("--price-sheet", metavar="PATH", help="Microsoft's price sheet, CSV or ZIP."),
        ] = None,
        scope: Annotated[
            str | None, typer.Option("--scope", metavar="YYYY-MM", help="Only vendor invoices of this month.")
        ] = None,
        expected: Annotated[
            bool,
            typer.Option(
                "--expected", help="Write the ledger lines that should have been, as CSV, and compare nothing."
            ),
        ] = False,
    ) -> None:
        """Reconcile Microsoft's invoice with your ledger, from exported files."""
        from connector.bootstrap import FilesRequest, named_for_people, reconciling, unaudited
        from connector.cli.showing import show

        options = options_of(ctx)
        allowed = [Format.CSV] if expected else [Format.TABLE, Format.JSON, Format.HTML, Format.XLSX, Format.CSV]
        form = options.format_among(*allowed)
        request = FilesRequest(
            vendor=tuple(vendor),
            ledgers=tuple(named_ledger(text) for text in ledger),
            mappings=mappings,
            subscriptions=tuple(subscriptions or ()),
            price_sheets=tuple(price_sheet or ()),
            totals=amounts_by_currency(vendor_total, "--vendor-total"),
            taxes=amounts_by_currency(vendor_tax, "--vendor-tax"),
            month=Period.month(scope) if scope else None,
        )
        if expected:
            from connector.cli.expected import write_expected

            raise typer.Exit(write_expected(request, options.output))
        with ExitStack() as stack:
            try:
                with named_for_people(request.vendor):
                    outcome = stack.enter_context(reconciling(request))
            except UnreadableInput as error:
                # The result is written whatever it is, so that whoever reads it next sees that nothing was audited.
                outcome = unaudited(str(error))
            show(outcome.result, outcome.run_id, form, options.output, outcome.lines)
        for note in outcome.notes:
            typer.echo(f"note: {note}", err=True)
        raise typer.Exit(exit_code(outcome.result.result, bool(outcome.result.findings), outcome.set_aside))


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


def named_ledger(text: str) -> tuple[str, Path]:
    """Read a ledger written [NAME=]PATH."""
    name, separator, path = text.partition("=")
    if separator and name and "/" not in name and "\\" not in name and not Path(text).exists():
        return name, Path(path)
    return "", Path(text)


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

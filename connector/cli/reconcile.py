"""connector reconcile: say to the cent what agrees with the ledger, what does not, and why."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.asked import asked
from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.inputs import LEDGER, KnownOn, PriceSheetPaths, SubscriptionPaths, Taxes, Totals
from connector.cli.options import Format, Options, options_of
from connector.domain.errors import UnreadableInput

if TYPE_CHECKING:
    from connector.bootstrap import FilesRequest, Outcome


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
                help="Microsoft's invoice lines: a file or a folder; without it what was fetched or imported.",
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
                help="Only vendor invoices of this month; of what was fetched, the newest month unless told.",
            ),
        ] = None,
        as_known_on: KnownOn = None,
        expected: Annotated[
            bool,
            typer.Option(
                "--expected", help="Write the ledger lines that should have been, as CSV, and compare nothing."
            ),
        ] = False,
        record: Annotated[
            bool,
            typer.Option(
                "--record/--no-record",
                help="Remember the run and its findings, where what was fetched is reconciled as configured.",
            ),
        ] = True,
    ) -> None:
        """Reconcile Microsoft's invoice with your ledger, from exported files or from what was fetched.

        With --vendor nothing need be configured and nothing is kept. Without it, the invoices that `connector sync`
        fetched or `connector import` took in are reconciled, by the configured mapping, and the run and its findings
        are remembered, unless --mappings or --as-known-on ask what would be or was.
        """
        from connector.bootstrap import named_for_people, unaudited
        from connector.cli.showing import show

        options = options_of(ctx)
        allowed = [Format.CSV] if expected else [Format.TABLE, Format.JSON, Format.HTML, Format.XLSX, Format.CSV]
        form = options.format_among(*allowed)
        request = asked(
            options, vendor=vendor, ledger=ledger, mappings=mappings, vendor_total=vendor_total, vendor_tax=vendor_tax,
            subscriptions=subscriptions, price_sheet=price_sheet, scope=scope, as_known_on=as_known_on,
        )  # fmt: skip
        if expected:
            from connector.cli.expected import write_expected

            raise typer.Exit(write_expected(request, options.output))
        with ExitStack() as stack:
            try:
                with named_for_people(request.vendor or (request.mappings,)):
                    opened = _opened(request, options, record=record, own_mapping=mappings is not None)
                    outcome = stack.enter_context(opened)
            except UnreadableInput as error:
                # The result is written whatever it is, so that whoever reads it next sees that nothing was audited.
                outcome = unaudited(str(error))
            show(outcome.result, outcome.run_id, form, options.output, outcome.lines)
        for note in outcome.notes:
            typer.echo(f"note: {note}", err=True)
        raise typer.Exit(code_of(outcome))


def _opened(
    request: "FilesRequest", options: Options, *, record: bool, own_mapping: bool
) -> "AbstractContextManager[Outcome]":
    """The reconciliation, remembered where it tells how the books stand today."""
    from connector.bootstrap import reconciling

    if not record or request.stored is None:
        return reconciling(request)
    from connector.bootstrap.remembering import is_kept, remembering
    from connector.config.settings import read_settings

    settings = read_settings(options.config_file())
    if not is_kept(request, settings, own_mapping=own_mapping):
        return reconciling(request)
    return remembering(request, settings, code_of)


def code_of(outcome: "Outcome") -> ExitCode:
    """The exit code of an outcome."""
    return exit_code(outcome.result.result, bool(outcome.result.findings), outcome.set_aside)


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

"""connector plan: say which documents should be created, what is held and what is blocked, and create nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.asked import settings_of
from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.inputs import LEDGER, PriceSheetPaths, SubscriptionPaths, named_ledger
from connector.cli.options import Format, options_of
from connector.cli.printing import few_notes
from connector.domain.errors import ConnectorError
from connector.domain.period import Period

if TYPE_CHECKING:
    from connector.bootstrap import Planned


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("plan")
    def plan(
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
        subscriptions: SubscriptionPaths = None,
        price_sheet: PriceSheetPaths = None,
        period: Annotated[
            str | None,
            typer.Option("--period", metavar="YYYY-MM", help="The month to plan; the newest invoice's unless told."),
        ] = None,
        start: Annotated[
            str | None,
            typer.Option(
                "--start", metavar="YYYY-MM", help="The first month that is ever posted; instead of posting.start."
            ),
        ] = None,
        compare: Annotated[
            Path | None,
            typer.Option("--compare", metavar="DIR", help="Other mapping rules: tell what the edit changes in money."),
        ] = None,
        catch_up: Annotated[
            list[str] | None,
            typer.Option(
                "--catch-up",
                metavar="FINDING",
                help="Put a finding about a hand-made invoice right, by an invoice or a credit memo.",
            ),
        ] = None,
        rebill: Annotated[
            bool,
            typer.Option("--rebill", help="Take back what is billed otherwise than it would be today, and bill anew."),
        ] = False,
    ) -> None:
        """Plan the month's invoices and credit memos: what should be billed, less what is billed already.

        Reads like a diff and creates nothing in any ledger. The plan is kept under its id, which `connector post`
        takes. With --vendor nothing need be configured and nothing is kept.
        """
        from connector.bootstrap import FilesRequest, configured, named_for_people, plan_files
        from connector.bootstrap.posted import keep_plan, posted_of

        options = options_of(ctx)
        form = options.format_among(Format.TABLE, Format.JSON, Format.HTML, Format.XLSX)
        settings = settings_of(options, needed=not (vendor and mappings))
        if settings is None and not vendor:
            raise ConnectorError(
                "there is nothing to plan: give Microsoft's lines with --vendor PATH, or have a config.yaml "
                "(`connector init` writes one) and bring them in with `connector import PATH`."
            )
        if settings is None and mappings is None:
            raise ConnectorError("--mappings is missing: give the folder of your mapping rules with --mappings DIR.")
        first = Period.month(start).start if start else None
        if first is None and not (settings and (settings.posting.start or settings.posting.start_by_customer)):
            raise ConnectorError(
                "--start is missing: give the first month that is ever posted with --start YYYY-MM, or posting.start "
                "in config.yaml; what was billed before it stays as it is."
            )
        request = FilesRequest(
            vendor=tuple(vendor or ()),
            ledgers=tuple(named_ledger(text) for text in ledger or ()),
            mappings=mappings or (settings.mappings if settings else Path("mappings")),
            subscriptions=tuple(subscriptions or ()),
            price_sheets=tuple(price_sheet or ()),
            month=Period.month(period) if period else None,
            needs_ledger=False,
        )
        if settings is not None:
            request = configured(request, settings, own_mapping=mappings is not None)
        kept = settings if not vendor else None
        with named_for_people(request.vendor or (request.mappings,)):
            planned = plan_files(
                request,
                settings,
                start=first,
                posted=posted_of(kept).documents if kept else (),
                compare_with=compare,
                catch_up=tuple(catch_up or ()),
                rebill=rebill,
            )
        if kept is not None and planned.plan.documents:
            keep_plan(kept, planned.plan)
        _show(planned, form, options.output)
        for note in few_notes(planned.notes):
            typer.echo(f"note: {note}", err=True)
        raise typer.Exit(exit_code(planned))


def _show(planned: "Planned", form: Format, output: Path | None) -> None:
    """Print the plan, or write it to `output`. Raises ConnectorError where a workbook has no file to go to."""
    from connector.cli.showing import write_file

    if form is Format.XLSX:
        from connector.reports.plan_tables import to_xlsx

        if output is None:
            raise ConnectorError("--format xlsx writes a file; name it with --output FILE.xlsx")
        write_file(output, to_xlsx(planned.plan, planned.effects))
        return
    if form is Format.JSON:
        from connector.reports.plan_json import to_json as written
    elif form is Format.HTML:
        from connector.reports.plan_page import to_html as written
    else:
        from connector.reports.plan_table import to_table as written
    text = written(planned.plan, planned.effects)
    if output is None:
        typer.echo(text.rstrip("\n"))
    else:
        write_file(output, text)


def exit_code(planned: "Planned") -> ExitCode:
    """The exit code of a plan: 5 records set aside, 1 there is something to post or held, 0 nothing to do."""
    codes = [ExitCode.DONE]
    if planned.set_aside:
        codes.append(ExitCode.SET_ASIDE)
    if planned.plan.documents or planned.plan.held:
        codes.append(ExitCode.FINDINGS)
    return gravest(codes)

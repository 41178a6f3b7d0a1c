"""`connector report month`: what a month comes to, for whoever closes it."""

from dataclasses import asdict
from typing import Annotated

import typer

from connector.cli.asked import day_after
from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import LEDGER, KnownOn, named_ledger
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver
from connector.domain.errors import ConnectorError
from connector.domain.period import Period


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What a month comes to.", no_args_is_help=True)
    app.add_typer(group, name="report")

    @group.callback()
    def about() -> None:
        """What a month comes to."""

    group.command("month")(month)


def month(
    ctx: typer.Context,
    scope: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="The month; the newest with an invoice unless told."),
    ] = None,
    ledger: Annotated[list[str] | None, LEDGER] = None,
    as_known_on: KnownOn = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="YYYY-MM-DD",
            help="Say what is other than was known at the end of that day; of a closed month, than was frozen.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Report a month: proof, findings, what was recovered, margins with their change, seats, credits, accruals.

    As a table, JSON, HTML, a workbook (--format xlsx), or, as --format csv, the journal of accrued and deferred
    amounts that a ledger imports. Exit code 1 when the month differs, 2 when it is not audited.
    """
    from connector.bootstrap import new_run_id
    from connector.bootstrap.closing import report_month
    from connector.cli.showing import write_file
    from connector.config.settings import read_settings
    from connector.reports.journal import journal_csv
    from connector.reports.month import month_json, month_lines
    from connector.reports.month_page import month_html, month_xlsx

    options = options_of(ctx)
    form = options.format_among(Format.TABLE, Format.JSON, Format.HTML, Format.XLSX, Format.CSV)
    settings = read_settings(options.config_file())
    made = report_month(
        settings,
        Period.month(scope) if scope else None,
        known_before=day_after(as_known_on) if as_known_on else None,
        against=day_after(against, "--against") if against else None,
        ledgers=tuple(named_ledger(text) for text in ledger or ()),
    )
    run_id, report = new_run_id(), made.report
    notes = [f"closed on {made.closing.closed_at:%Y-%m-%d} by {made.closing.closed_by}"] if made.closing else []
    if made.against:
        moved = f"{len(made.shifts):,} numbers are other than" if made.shifts else "no number is other than"
        notes.append(f"{moved} {made.against}")
    if form is Format.XLSX:
        if options.output is None:
            raise ConnectorError("--format xlsx writes a file; name it with --output FILE.xlsx")
        write_file(options.output, month_xlsx(report, made.shifts))
    elif form is Format.JSON:
        deliver(month_json(report, run_id, made.shifts, against=made.against, closed=notes[:1]), options)
    elif form is Format.HTML:
        text = month_html(report, run_id, made.shifts, notes)
        write_file(options.output, text) if options.output else typer.echo(text, nl=False)
    elif form is Format.CSV:
        text = journal_csv(report, asdict(settings.closing_accounts))
        write_file(options.output, text) if options.output else typer.echo(text, nl=False)
    else:
        deliver("\n".join(month_lines(report, run_id, made.shifts, notes)), options)
    raise typer.Exit(_EXITS.get(report.result.result, ExitCode.TROUBLE))


_EXITS = {"reconciled": ExitCode.DONE, "differences": ExitCode.FINDINGS, "not_audited": ExitCode.TROUBLE}

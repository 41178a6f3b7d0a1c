"""`connector watch`: what is about to happen, before it costs money."""

from typing import Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import LEDGER, a_day, named_ledger
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch")(watch)


def watch(
    ctx: typer.Context,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="YYYY-MM-DD",
            help="Look as of the end of that day (UTC), with what was fetched and imported by then; now unless told.",
            show_default=False,
        ),
    ] = None,
    ledger: Annotated[list[str] | None, LEDGER] = None,
) -> None:
    """Tell what is about to happen: prices that change, terms that renew, windows that close, accesses that end.

    Each is told once and is over when it is no longer so. Works on what was fetched and imported; exit code 1 when
    there is something that nobody has accepted. --ledger gives a ledger's export where it is not fetched.
    """
    from connector.bootstrap.watching import watch as run
    from connector.config.settings import read_settings
    from connector.reports.watched import watched_json, watched_lines

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    day = a_day(on, "--on") if on else None
    ledgers = tuple(named_ledger(text) for text in ledger or ())
    found = run(read_settings(options.config_file()), day, ledgers=ledgers)
    changes = {name: step.change.value for name, step in found.steps.items()}
    given = found.run_id, found.on, found.findings, changes, found.resolved, found.notes
    deliver(watched_json(*given) if machine else "\n".join(watched_lines(*given)), options)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    raise typer.Exit(ExitCode.FINDINGS if found.open else ExitCode.DONE)

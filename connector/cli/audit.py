"""connector audit: who did what to which document, mapping or finding, and that nothing of it was changed since."""

from typing import Annotated

import typer

from connector.cli.options import Format, options_of
from connector.domain.errors import ConnectorError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Who did what, when and why.", no_args_is_help=True)
    app.add_typer(group, name="audit")

    @group.callback()
    def about() -> None:
        """Who did what, when and why."""

    group.command("export")(export)


def export(
    ctx: typer.Context,
    after: Annotated[int, typer.Option("--after", metavar="NUMBER", help="Only entries behind this number.")] = 0,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help="Only what was done to this thing.")
    ] = None,
) -> None:
    """Write the audit trail as JSON Lines, and check that it is as it was written.

    Each entry's chain is a SHA-256 over it and the chain before, so that a line that is changed, lost or put in shows.
    Exit code 2 when one does, naming it; what is there is written all the same.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.storing import open_store
    from connector.cli.showing import write_file
    from connector.config.settings import read_settings
    from connector.reports.audit_lines import to_line

    options = options_of(ctx)
    options.format_among(Format.JSON)
    with open_store(read_settings(options.config_file()), SystemClock()) as store, store.look() as unit:
        lines = (f"{to_line(entry)}\n" for entry in unit.audit.entries(after=after, subject=subject))
        if options.output is None:
            for line in lines:
                typer.echo(line, nl=False)
        else:
            write_file(options.output, lines)
        broken = unit.audit.first_broken()
    if broken is not None:
        raise ConnectorError(
            f"The audit trail is not as it was written from entry {broken} on: it was changed, or entries are missing. "
            "Compare it with an export made before, and find out who could write to the database."
        )
    typer.echo("note: the chain holds from the first entry to the last", err=True)

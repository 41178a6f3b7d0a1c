"""connector restore: bring a backup back into an empty place."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.options import options_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("restore")(restore)


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    database_only: Annotated[
        bool, typer.Option("--database-only", help="Only the database, as for a move to PostgreSQL.")
    ] = False,
) -> None:
    """Bring a backup back: into the database and the folders that the settings name, which must be empty.

    The file is proved by hash first. Nothing that is there is ever overwritten.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.backups import restore as bring_back
    from connector.config.settings import read_settings
    from connector.reports.wording import counted

    settings = read_settings(options_of(ctx).config_file())
    back = bring_back(settings, file, SystemClock(), database_only=database_only)
    what = "the database" if database_only else counted(back.files, "file")
    typer.echo(f"Brought back {what} with {counted(sum(back.rows.values()), 'row')}.")

"""connector backup: copy everything the connector remembers into one file that proves itself."""

import json

import typer

from connector.cli.options import Format, options_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backup")(backup)


def backup(ctx: typer.Context) -> None:
    """Copy database, warehouse, payloads and reports into one file, while the service goes on working.

    The file is read again and proved by hash before it counts. With --output it is written there; without, into the
    folder of `backup`, where as many are kept as the settings say. The secret_key is not in it: keep that elsewhere.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.backups import back_up
    from connector.config.settings import read_settings
    from connector.reports.wording import counted

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    made = back_up(read_settings(options.config_file()), options.output, SystemClock())
    if machine:
        document = {
            "schema": "connector.backup_made/1", "file": str(made.file), "files": made.files, "bytes": made.size,
            "rows": made.rows, "deleted": [str(path) for path in made.deleted],
        }  # fmt: skip
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    sums = (counted(made.files, "file"), counted(made.size, "byte"), counted(sum(made.rows.values()), "row"))
    typer.echo(f"{made.file}: {', '.join(sums)}, proved")
    for path in made.deleted:
        typer.echo(f"deleted {path}")

"""connector housekeeping: forget what nobody needs any more, and keep sign-ins alive that nobody uses."""

import json
from typing import Annotated

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("housekeeping")(housekeeping)


def housekeeping(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken away.")] = False,
) -> None:
    """Forget what nobody needs any more, as `keep` in the settings says; the service does so every night.

    Evidence stays for ever: payloads, snapshots, plans, postings, findings, closed months, the audit trail. Sign-ins
    at ledgers that nobody used for a week are used once, so that they do not end.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.housekeeping import keep_house
    from connector.config.settings import read_settings
    from connector.reports.wording import counted

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    house = keep_house(read_settings(options.config_file()), SystemClock(), only_look=dry_run)
    counts = {
        "files": house.files, "replaced_estimates": house.estimates, "slots": house.slots, "notices": house.notices,
        "interrupted_runs": house.interrupted_runs,
    }  # fmt: skip
    if machine:
        document = {"schema": "connector.housekeeping/1", **counts, "told": list(house.told)}
        deliver(json.dumps(document, indent=2, ensure_ascii=False), options)
    else:
        verb = "would be taken away" if dry_run else "taken away"
        lines = [f"{verb}: {counted(house.files, 'file')}, {counted(house.estimates, 'replaced estimate')}"]
        if not dry_run:
            lines.append(f"forgotten: {counted(house.slots, 'slot')}, {counted(house.notices, 'notice')}")
        deliver("\n".join([*lines, *house.told]), options)
    for trouble in house.troubles:
        typer.echo(f"connector: {trouble}", err=True)
    raise typer.Exit(gravest(ExitCode(trouble.exit_code) for trouble in house.troubles))

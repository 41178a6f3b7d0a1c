"""`connector import`: takes Microsoft's files into the warehouse, where they stay for this and later runs."""

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import Totals, a_day, amounts_by_currency
from connector.cli.options import Format, options_of

if TYPE_CHECKING:
    from connector.bootstrap import Imported

_SCHEMA = "connector.import/1"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Reconciliation or usage files, invoices, price sheets, subscriptions; or folders."
        ),
    ],
    vendor_total: Totals = None,
    observed_on: Annotated[
        str | None,
        typer.Option(
            "--observed-on",
            metavar="YYYY-MM-DD",
            help="The day on which the files were fetched, for what was known when; today unless told.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take Microsoft's files into the warehouse; the same content again changes nothing.

    An invoice that comes again, with other lines, takes the place of the one before, which is kept.
    Exit code 5 when records were set aside.
    """
    from connector.bootstrap import import_files, named_for_people
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    totals = amounts_by_currency(vendor_total, "--vendor-total")
    settings = read_settings(options.config_file())
    observed = a_day(observed_on, "--observed-on") if observed_on else None
    with named_for_people(paths):
        imported = import_files(paths, settings, totals, observed)
    text = _as_json(imported) if machine else "\n".join(_as_lines(imported))
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    for note in imported.notes:
        typer.echo(f"note: {note}", err=True)
    raise typer.Exit(ExitCode.SET_ASIDE if imported.rows.get("set_aside") else ExitCode.DONE)


def _as_lines(imported: "Imported") -> list[str]:
    from connector.reports.wording import exact

    if imported.already_there:
        return ["already there: the same files were taken in before, and nothing newer replaced them"]
    lines = [f"taken in as {imported.snapshot}"]
    for table, rows in sorted(imported.rows.items()):
        sums = "; ".join(
            f"{', '.join(f'{column} {exact(Decimal(amount), currency)}' for column, amount in sums.items())} {currency}"
            for currency, sums in imported.totals[table].items()
        ).rstrip()
        lines.append(f"  {table.replace('_', ' ')}: {rows}{f' ({sums})' if sums else ''}")
    if imported.invoices:
        lines.append(f"  invoices: {', '.join(imported.invoices)}")
    return lines


def _as_json(imported: "Imported") -> str:
    document = {
        "schema": _SCHEMA,
        "snapshot": imported.snapshot,
        "already_there": imported.already_there,
        "invoices": list(imported.invoices),
        "tables": {
            table: {"rows": rows, "totals": imported.totals[table]} for table, rows in sorted(imported.rows.items())
        },
        "notes": list(imported.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)

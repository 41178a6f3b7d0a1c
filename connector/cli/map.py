"""connector map: what the mapping covers, and what names suggest for the rest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import LEDGER, named_ledger
from connector.cli.options import Format, Options, options_of
from connector.cli.printing import deliver
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.bootstrap import Surveyed

_Mappings = Annotated[
    Path | None,
    typer.Option(
        "--mappings", metavar="DIR", help="The folder (or file) of mapping rules; without it there are none yet."
    ),
]
_Vendor = Annotated[
    list[Path] | None,
    typer.Option(
        "--vendor", metavar="PATH", help="Microsoft's invoice lines: a file or a folder; without it what was fetched."
    ),
]
_Ledger = Annotated[list[str] | None, LEDGER]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What the mapping covers, and what names suggest for the rest.", no_args_is_help=True)
    app.add_typer(group, name="map")

    @group.callback()
    def about() -> None:
        """What the mapping covers, and what names suggest for the rest."""

    group.command("list")(list_coverage)
    group.command("suggest")(suggest)
    group.command("bindings")(list_bindings)


def list_coverage(
    ctx: typer.Context, vendor: _Vendor = None, ledger: _Ledger = None, mappings: _Mappings = None
) -> None:
    """Say what is mapped, what is not (with the money at risk) and what is unused.

    Of exported files, or without --vendor of what was fetched and imported; there the ledger's customers and items
    are known even where nothing was billed on them. Exit code 1 when something is not mapped.
    """
    from connector.reports.coverage import to_json, to_table, unmapped

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    surveyed = _survey(options, vendor or [], ledger or [], mappings)
    _deliver(to_json(surveyed.coverage) if machine else to_table(surveyed.coverage), surveyed, options)
    if any(True for _ in unmapped(surveyed.coverage)):
        raise typer.Exit(ExitCode.FINDINGS)


def suggest(ctx: typer.Context, vendor: _Vendor = None, ledger: _Ledger = None, mappings: _Mappings = None) -> None:
    """Suggest rules for unmapped customers and products by their names, as a YAML patch with scores and evidence.

    Nothing is applied: a person puts what is right into the mapping. Where names could mislead it says "unsure".
    """
    from connector.engine.proposing.likeness import THRESHOLD
    from connector.engine.proposing.proposing import suggest as propose
    from connector.reports.coverage import to_patch, to_suggestions

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    surveyed = _survey(options, vendor or [], ledger or [], mappings)
    found = propose(surveyed.coverage)
    _deliver((to_suggestions if machine else to_patch)(found, THRESHOLD), surveyed, options)


def list_bindings(
    ctx: typer.Context,
    subscription: Annotated[
        str | None, typer.Option("--subscription", metavar="ID", help="Only this subscription.", show_default=False)
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="[LEDGER:]ID", help="Only this ledger customer.", show_default=False),
    ] = None,
) -> None:
    """List which subscription is billed on which customer and item of a ledger, since when, and how it was before.

    As `connector watch` saw it: where a subscription became another product, or the mapping moved it, both are there.
    """
    from connector.bootstrap.tying import stored_bindings
    from connector.config.settings import read_settings
    from connector.reports.bindings import bindings_json, bindings_lines

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    found = stored_bindings(read_settings(options.config_file()), subscription, customer)
    deliver(bindings_json(found) if machine else "\n".join(bindings_lines(found)), options)


def _survey(options: Options, vendor: list[Path], ledger: list[str], mappings: Path | None) -> "Surveyed":
    """Look over files, or without --vendor what was fetched and imported."""
    from connector.bootstrap import named_for_people, survey_files, survey_stored
    from connector.config.settings import read_settings

    ledgers = tuple(named_ledger(text) for text in ledger)
    if not vendor:
        return survey_stored(read_settings(options.config_file()), ledgers, mappings)
    if not ledger:
        raise ConnectorError("--ledger is missing: give the ledger's exported lines with --ledger [NAME=]PATH.")
    with named_for_people(vendor):
        return survey_files(tuple(vendor), ledgers, mappings)


def _deliver(text: str, surveyed: "Surveyed", options: Options) -> None:
    if options.output is None:
        typer.echo(text.rstrip("\n"))
    else:
        try:
            options.output.parent.mkdir(parents=True, exist_ok=True)
            options.output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConnectorError(f"{options.output}: cannot be written: {error.strerror}") from error
    for note in surveyed.notes:
        typer.echo(f"note: {note}", err=True)

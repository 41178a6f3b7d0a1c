"""`connector schema`: the JSON Schema of the mapping files or the settings, for editors and for other programs."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from connector.cli.options import Format, options_of


class What(StrEnum):
    """What the schema is of."""

    MAPPINGS = "mappings"
    CONFIG = "config"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)


def schema(
    ctx: typer.Context,
    what: Annotated[What, typer.Argument(help="Mapping files, or the settings file.")] = What.MAPPINGS,
) -> None:
    """Print the JSON Schema of the mapping files or of config.yaml.

    Editors use it to complete, explain and check what you type.
    """
    from connector.config.schema import mappings_schema, settings_schema

    options = options_of(ctx)
    options.format_among(Format.JSON)
    chosen = mappings_schema() if what is What.MAPPINGS else settings_schema()
    text = json.dumps(chosen, indent=2, ensure_ascii=False)
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")

"""`connector resolve`: settle a posting that the connector cannot settle by itself."""

import json
from typing import Annotated

import typer

from connector.cli.options import Format, options_of
from connector.cli.printing import deliver, user_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resolve")(resolve)


def resolve(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="The posting's key, as `connector status` shows it.")],
    meant: Annotated[
        str,
        typer.Option("--as", metavar="posted:ID|absent|cancelled", help="How it is: in the ledger, not, or withdrawn."),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept for ever.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; without it the user's name.")] = "",
) -> None:
    """Settle a posting that is in conflict, rejected or parked.

    The ledger is asked first: what it holds is not absent. `absent` sends the same document again, `cancelled` lets go
    of its charges, so that the next plan bills them anew.
    """
    from connector.bootstrap.posting import open_desk
    from connector.config.settings import read_settings
    from connector.reports.postings import posting_json, posting_lines

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    with open_desk(read_settings(options.config_file())) as desk:
        after = desk.resolve(key, meant, reason, by or user_name())
    if machine:
        deliver(
            json.dumps({"schema": "connector.resolve/1", **posting_json(after)}, indent=2, ensure_ascii=False), options
        )
    else:
        deliver("\n".join(posting_lines([after])), options)

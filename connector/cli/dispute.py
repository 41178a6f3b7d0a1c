"""`connector dispute`: what Microsoft charged too much, with all it rests on, and what became of it."""

from decimal import Decimal
from typing import Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver, user_name
from connector.domain.dispute import Standing
from connector.domain.money import to_decimal


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What Microsoft charged too much.", no_args_is_help=True)
    app.add_typer(group, name="dispute")

    @group.callback()
    def about() -> None:
        """What Microsoft charged too much."""

    group.command("list")(list_disputes)
    group.command("set")(set_state)


def list_disputes(ctx: typer.Context) -> None:
    """List what Microsoft charged too much by its own price sheets, and how each dispute stands.

    --format csv is the pack for Microsoft: every line with its id, the rule, what was expected and charged, and the
    row of the sheet. Exit code 1 when something is neither credited nor refused.
    """
    from connector.bootstrap.disputing import cases
    from connector.cli.showing import write_file
    from connector.config.settings import read_settings
    from connector.reports.disputes import case_lines, cases_csv, cases_json

    options = options_of(ctx)
    form = options.format_among(Format.TABLE, Format.JSON, Format.CSV)
    found = cases(read_settings(options.config_file()), with_lines=form is not Format.TABLE)
    if form is Format.CSV:
        text = cases_csv(found)
        write_file(options.output, text) if options.output else typer.echo(text, nl=False)
    else:
        deliver(cases_json(found) if form is Format.JSON else "\n".join(case_lines(found)), options)
    pending = any(one.state in (Standing.OPEN, Standing.RAISED) for one in found)
    raise typer.Exit(ExitCode.FINDINGS if pending else ExitCode.DONE)


def set_state(
    ctx: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The finding's fingerprint, or its first digits.")],
    state: Annotated[Standing, typer.Option("--state", help="How it stands now.")],
    amount: Annotated[
        str | None,
        typer.Option("--amount", metavar="AMOUNT", help="What is claimed when raised, what came back when credited."),
    ] = None,
    case: Annotated[str, typer.Option("--case", metavar="TEXT", help="Microsoft's case number.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What others should know.")] = "",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; you unless told.")] = None,
) -> None:
    """Write down how a dispute stands: raised, credited (with what came back) or refused. Every step is kept."""
    from connector.bootstrap.disputing import set_dispute
    from connector.config.settings import read_settings

    options = options_of(ctx)
    options.format_among(Format.TABLE)
    money: Decimal | None = to_decimal(amount) if amount is not None else None
    made = set_dispute(
        read_settings(options.config_file()), finding, state, by or user_name(), amount=money, case=case, note=note
    )
    back = f", {made.recovered:,f} {made.currency} came back" if made.recovered else ""
    deliver(f"{made.fingerprint} is {made.state}: {made.claimed:,f} {made.currency} claimed{back}", options)
    raise typer.Exit(ExitCode.DONE)

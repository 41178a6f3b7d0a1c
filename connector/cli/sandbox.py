"""connector sandbox generate: make up customers, charges, a ledger and its mistakes, with the truth beside."""

from typing import Annotated

import typer

from connector.cli.options import options_of
from connector.domain.errors import ConnectorError


def register(app: typer.Typer) -> None:
    """Add the command."""
    sandbox = typer.Typer(help="A made-up world to rehearse in; nothing in it is real.", no_args_is_help=True)
    app.add_typer(sandbox, name="sandbox")

    @sandbox.callback()
    def about() -> None:
        """A made-up world to rehearse in; nothing in it is real."""

    @sandbox.command("generate")
    def generate(
        ctx: typer.Context,
        customers: Annotated[int, typer.Option("--customers", min=1, max=100_000, help="How many customers.")] = 40,
        months: Annotated[int, typer.Option("--months", min=1, max=24, help="How many months of history.")] = 1,
        seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same world.")] = 1,
    ) -> None:
        """Make up a world: Microsoft's files, a ledger kept by fallible people, a mapping, and truth.json."""
        from connector.sandbox.scenario import generate as make

        output = options_of(ctx).output
        if output is None:
            raise ConnectorError("say where the world is to be written: --output DIR, an empty or new folder")
        if output.exists() and any(output.iterdir()):
            raise ConnectorError(f"{output} is not empty; name a new folder so that nothing of yours is overwritten")
        make(customers, months, seed, output)
        typer.echo(f"Written to {output}: truth.json says what was put wrong and how to reconcile these files.")

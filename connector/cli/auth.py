"""connector auth: sign in where a person is needed, once; from then on the connector stays signed in by itself."""

from typing import Annotated

import typer

from connector.cli.auth_partner_center import partner_center
from connector.cli.options import options_of

REDIRECT = "http://localhost:8765/callback"


def register(app: typer.Typer) -> None:
    """Add the commands; each is a function of its own below."""
    group = typer.Typer(help="Sign in at a service for which a person is needed.", no_args_is_help=True)
    app.add_typer(group, name="auth")

    @group.callback()
    def about() -> None:
        """Sign in at a service for which a person is needed."""

    group.command("partner-center")(partner_center)
    group.command("quickbooks")(quickbooks)


def quickbooks(
    ctx: typer.Context,
    ledger: Annotated[str, typer.Argument(help="The name of the ledger in the settings.")],
    redirect: Annotated[
        str,
        typer.Option(
            "--redirect",
            metavar="URL",
            help="Where Intuit sends the browser afterwards; it must be among the app's redirect URIs there.",
        ),
    ] = REDIRECT,
    paste: Annotated[
        bool,
        typer.Option("--paste", help="Do not wait for the browser: paste the address that it shows afterwards."),
    ] = False,
) -> None:
    """Give the connector access to a QuickBooks company: open the address it prints, and choose the company.

    Where the browser runs on another machine, or Intuit sends it to an https address, add --paste. The connector then
    stays signed in by itself, for up to five years. Exit code 4 when nobody gave access.
    """
    from connector.bootstrap.authorizing import sign_in_at_quickbooks
    from connector.config.settings import read_settings

    settings = read_settings(options_of(ctx).config_file())

    def show(address: str) -> None:
        typer.echo(f"Open this address in a browser and choose the company of {ledger}:\n\n{address}\n", err=True)

    def ask() -> str:
        answer: str = typer.prompt("The address that the browser shows afterwards", err=True)
        return answer

    company = sign_in_at_quickbooks(settings, ledger, redirect, show, ask if paste else None)
    typer.echo(f"{ledger}: signed in at {company}")

"""connector auth: sign in where a person is needed, once; from then on the connector stays signed in by itself."""

import typer

from connector.cli.auth_partner_center import partner_center


def register(app: typer.Typer) -> None:
    """Add the commands; each is a function of its own."""
    group = typer.Typer(help="Sign in at a service for which a person is needed.", no_args_is_help=True)
    app.add_typer(group, name="auth")

    @group.callback()
    def about() -> None:
        """Sign in at a service for which a person is needed."""

    group.command("partner-center")(partner_center)

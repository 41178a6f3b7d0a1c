"""connector health: ask the running service how it is; made for a container's health check."""

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.options import options_of
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("health")(health)


def health(
    ctx: typer.Context,
    ready: Annotated[bool, typer.Option("--ready", help="Ask whether it is ready to work, not only alive.")] = False,
) -> None:
    """Ask the service that runs under the same configuration how it is. Exit code 2 when it is not well."""
    from connector.config.settings import read_settings

    code, told = _asked(read_settings(options_of(ctx).config_file()), "/readyz" if ready else "/livez")
    typer.echo(told)
    raise typer.Exit(ExitCode.DONE if code == 200 else ExitCode.TROUBLE)


def _asked(settings: "Settings", path: str) -> tuple[int, str]:
    from http.client import HTTPConnection, HTTPException

    host, _, port = settings.http.listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104 - asked, not listened to
    connection = HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(10_000).decode("utf-8", "replace").strip()
    except (OSError, HTTPException) as failure:
        raise ConnectorError(f"{settings.http.listen}: the service does not answer ({failure}).") from None
    finally:
        connection.close()

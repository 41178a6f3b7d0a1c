"""connector auth partner-center: sign in at Microsoft with a code, once, for what an app alone may not read."""

import typer

from connector.cli.options import options_of
from connector.domain.errors import ConnectorError


def partner_center(ctx: typer.Context) -> None:
    """Sign in at Microsoft for a person: open the address it prints in any browser and enter the code.

    Needed for price sheets, and for every API whose `auth` is app_user. The connector then stays signed in by itself
    as long as it runs once in 90 days. Exit code 4 when nobody signed in.
    """
    from connector.bootstrap.authorizing_microsoft import sign_in_at_microsoft
    from connector.config.settings import read_settings

    settings = read_settings(options_of(ctx).config_file())
    if settings.secret_key is None:
        raise ConnectorError(
            f"{settings.file}: there is no secret_key, so a sign-in could not be kept sealed; make one "
            '(`python -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())"`), '
            "put it into the environment and name it as config.example.yaml shows."
        )
    for line in sign_in_at_microsoft(settings, lambda sentence: typer.echo(sentence, err=True)):
        typer.echo(line)

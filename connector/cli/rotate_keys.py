"""connector rotate-keys: seal all sign-ins with a new secret_key, so that the old one can go."""

import json
from typing import Annotated

import typer

from connector.cli.options import Format, options_of
from connector.cli.printing import deliver, user_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rotate-keys")(rotate_keys)


def rotate_keys(
    ctx: typer.Context,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; without it the user's name.")] = "",
) -> None:
    """Seal all sign-ins with a new secret_key, or prove that they open with the one there is.

    Set `secret_key` to the new and the old key with a comma between them, and run this: all sign-ins are sealed with
    the new one, or none is, and the audit trail keeps who did it. Leave the old key out and run it again: it opens
    every sign-in with the new one alone, and changes nothing. Exit code 2 where one does not open.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.rotating import rotate_keys as rotate
    from connector.bootstrap.storing import open_store
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    settings = read_settings(options.config_file())
    with open_store(settings, SystemClock()) as store:
        done = rotate(settings, store, by or user_name())
    if machine:
        document = {"schema": "connector.rotate_keys/1", "sign_ins": done.sign_ins, "sealed_anew": done.anew}
        deliver(json.dumps(document, indent=2), options)
    elif done.anew:
        deliver(
            f"{done.sign_ins:,} sign-ins are sealed with the new key. Restart what runs, leave the old key out, and "
            "run this again to see that it is not needed.",
            options,
        )
    else:
        deliver(
            f"{done.sign_ins:,} sign-ins open with this key. To change it, set secret_key to the new and the old key "
            "with a comma between them.",
            options,
        )

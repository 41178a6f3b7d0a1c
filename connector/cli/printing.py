"""Where a command's result goes, and what the person at the keyboard is called."""

import getpass

import typer

from connector.cli.options import Options


def deliver(text: str, options: Options) -> None:
    """Print a result, or write it into the file that was asked for."""
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")


def user_name() -> str:
    """The name a person is logged in under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

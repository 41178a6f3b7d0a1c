"""`connector init`: puts a settings file and an example mapping into a folder, to be changed by its owner."""

from pathlib import Path
from typing import Annotated

import typer

from connector.domain.errors import ConnectorError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; here unless told.")] = Path(),
) -> None:
    """Write config.yaml and mappings/example.yaml, commented and valid, into a folder.

    Nothing that exists is overwritten.
    """
    from connector.config.starting import starting_files

    files = {folder / name: text for name, text in starting_files().items()}
    present = [path.as_posix() for path in files if path.exists()]
    if present:
        raise ConnectorError(
            f"{' and '.join(present)} {'is' if len(present) == 1 else 'are'} there already; nothing was written. "
            "Move it away, or name another folder."
        )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        typer.echo(f"wrote {path.as_posix()}")
    typer.echo("Change them, then run `connector check`.")

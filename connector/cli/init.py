"""`connector init`: puts a settings file and an example mapping into a folder, to be changed by its owner."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.options import options_of
from connector.domain.errors import ConnectorError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; here unless told.")] = Path(),
    profile_from: Annotated[
        Path | None,
        typer.Option(
            "--profile-from",
            metavar="FILE",
            help="Draft an export profile from the columns of this file instead, to stdout or --output.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write config.yaml and mappings/example.yaml, commented and valid, into a folder.

    Nothing that exists is overwritten.
    """
    if profile_from is not None:
        _draft(profile_from, options_of(ctx).output)
        return
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


def _draft(file: Path, output: Path | None) -> None:
    """Print the draft of an export profile, or write it to a new file."""
    from connector.bootstrap import draft_profile, named_for_people

    with named_for_people([file]):
        text = draft_profile(file)
    if output is None:
        typer.echo(text.rstrip("\n"))
        return
    if output.exists():
        raise ConnectorError(f"{output} is there already; nothing was written. Name another file with --output.")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {output}")

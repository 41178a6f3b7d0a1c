"""Where a command's result goes, and what the person at the keyboard is called."""

import getpass
from collections.abc import Iterator, Sequence

import typer

from connector.cli.options import Options

_FEW = 3


def deliver(text: str, options: Options) -> None:
    """Print a result, or write it into the file that was asked for."""
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")


def few_notes(notes: Sequence[str]) -> Iterator[str]:
    """What was noticed; of many rules that are not used only the first ones."""
    unused = [note for note in notes if "is not used" in note]
    left = set(unused[_FEW:])
    yield from (note for note in notes if note not in left)
    if left:
        yield f"{len(left)} more rules are not used; `connector check` lists them"


def user_name() -> str:
    """The name a person is logged in under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

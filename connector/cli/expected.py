"""Writes the ledger lines that should have been: what `connector reconcile --expected` does."""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector.bootstrap import FilesRequest, expecting, named_for_people
from connector.cli.exit_codes import ExitCode
from connector.cli.showing import write_file
from connector.domain.due_line import DueLine
from connector.domain.errors import ConnectorError
from connector.domain.money import exponent, trimmed
from connector.reports.ledger_csv import to_ledger_csv
from connector.reports.wording import counted, money

if TYPE_CHECKING:
    from connector.jobs.due import Due


def write_expected(request: FilesRequest, output: Path | None) -> ExitCode:
    """Write the lines to `output`, or to stdout; a file of its own for each ledger where there are several.

    Raises ConnectorError where lines of several ledgers have no file to go to, or a file cannot be written.
    """
    with ExitStack() as stack:
        with named_for_people(request.vendor):
            due, notes, set_aside = stack.enter_context(expecting(request))
        day = due.scope.audited[-1].last
        names = sorted({name for name, _ in request.ledgers})
        if len(names) > 1:
            _write_apart(due, names, output, day)
        elif output is None:
            for piece in to_ledger_csv(due.lines(), day):
                typer.echo(piece, nl=False)
        else:
            write_file(output, to_ledger_csv(due.lines(), day))
        for each in due.blocked():
            cost = money(trimmed(each.amount, exponent(each.currency)), each.currency)
            typer.echo(
                f"note: {counted(each.charges, 'charge')} at a cost of {cost} have no line: {each.verdict}", err=True
            )
        for note in (*notes, *due.notes()):
            typer.echo(f"note: {note}", err=True)
    return ExitCode.SET_ASIDE if set_aside else ExitCode.DONE


def _write_apart(due: "Due", names: Iterable[str], output: Path | None, day: date) -> None:
    """Write a file for each ledger beside each other: customers of two ledgers may have the same id."""
    if output is None:
        raise ConnectorError("--expected writes a file for each of several ledgers; name the first part with --output")
    lines: dict[str, list[DueLine]] = {name: [] for name in names}
    for line in due.lines():
        lines.setdefault(line.ledger, []).append(line)
    for name, own in sorted(lines.items()):
        path = output.with_name(f"{output.stem}-{name}{output.suffix or '.csv'}") if name else output
        write_file(path, to_ledger_csv(own, day))
        typer.echo(f"note: {counted(len(own), 'line')} for {name or 'the ledger'} in {path}", err=True)

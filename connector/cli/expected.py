"""Writes the ledger lines that should have been: what `connector reconcile --expected` does."""

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

from connector.bootstrap import FilesRequest, expecting, named_for_people
from connector.cli.exit_codes import ExitCode
from connector.cli.showing import write_file
from connector.domain.errors import ConnectorError
from connector.domain.money import exponent, trimmed
from connector.reports.ledger_csv import LedgerCsv, to_ledger_csv
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
    with ExitStack() as stack:
        files: dict[str, tuple[LedgerCsv, IO[str], Path]] = {}
        counts: Counter[str] = Counter()

        def opened(name: str) -> tuple[LedgerCsv, IO[str], Path]:
            if name not in files:
                path = output.with_name(f"{output.stem}-{name}{output.suffix or '.csv'}") if name else output
                path.parent.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
                files[name] = LedgerCsv(day), file, path
                file.write(files[name][0].head())
            return files[name]

        for name in names:
            opened(name)
        for line in due.lines():
            rows, file, _ = opened(line.ledger)
            file.write(rows.row(line))
            counts[line.ledger] += 1
        for name, (_, _, path) in sorted(files.items()):
            typer.echo(f"note: {counted(counts[name], 'line')} for {name or 'the ledger'} in {path}", err=True)

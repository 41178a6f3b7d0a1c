"""Writes a reconciliation where it was asked for: the terminal, a file, or several files beside it."""

from collections.abc import Collection, Iterator
from pathlib import Path

import typer

from connector.cli.options import Format
from connector.domain.errors import ConnectorError
from connector.domain.line_rows import LineRow
from connector.domain.result import Reconciliation

_SET_ASIDE_TOLD = 5


def show(
    result: Reconciliation, run_id: str, form: Format, output: Path | None, lines: Collection[LineRow] = ()
) -> None:
    """Print the result, or write it to `output`; why nothing was audited, or a record not used, also goes to stderr.

    `lines` are those of both sides; the page, the workbook and the CSV files show them. Where they are too many for
    a page or a sheet, they lie beside it as CSV. Raises ConnectorError where a file cannot be written.
    """
    if form is Format.CSV:
        from connector.reports.result_csv import csv_files

        if output is None:
            raise ConnectorError("--format csv writes several files; name the first with --output FILE.csv")
        for name, pieces in csv_files(result, output.name, lines):
            write_file(output.with_name(name), pieces)
    elif form is Format.XLSX:
        _write_workbook(result, run_id, output, lines)
    elif form is Format.HTML:
        _write_page(result, run_id, output, lines)
    else:
        _put(_text(result, run_id, form), output)
    if result.result == "not_audited":
        for reason in result.because:
            typer.echo(f"not audited: {reason}", err=True)
    _say_what_was_set_aside(result)


def _say_what_was_set_aside(result: Reconciliation) -> None:
    told = [finding for finding in result.findings if finding.kind == "record_set_aside"]
    for finding in told[:_SET_ASIDE_TOLD]:
        place = "".join(f"{one.ref}:{one.line}: " for one in finding.evidence[:1])
        typer.echo(f"set aside: {place}{finding.causes[0].text}", err=True)
    if len(told) > _SET_ASIDE_TOLD:
        typer.echo(f"set aside: {len(told) - _SET_ASIDE_TOLD:,} other reasons are in the result", err=True)


def _write_workbook(result: Reconciliation, run_id: str, output: Path | None, lines: Collection[LineRow]) -> None:
    from connector.reports.workbook import fits_sheets, to_xlsx

    if output is None:
        raise ConnectorError("--format xlsx writes a file; name it with --output FILE.xlsx")
    beside = _beside(output)
    write_file(output, to_xlsx(result, run_id, lines, beside.name))
    if not fits_sheets(lines):
        _write_lines(beside, lines)


def _write_page(result: Reconciliation, run_id: str, output: Path | None, lines: Collection[LineRow]) -> None:
    from connector.reports.page import make_page

    if output is None:
        typer.echo(make_page(result, run_id, lines).html.rstrip("\n"))
        return
    beside = _beside(output)
    page = make_page(result, run_id, lines, beside.name)
    write_file(output, page.html)
    if not page.holds_all:
        _write_lines(beside, lines)


def _beside(output: Path) -> Path:
    return output.with_name(f"{output.stem}-lines.csv")


def _write_lines(path: Path, lines: Collection[LineRow]) -> None:
    """Write all lines of both sides, and say where."""
    from connector.reports.result_csv import csv_pieces
    from connector.reports.tables import all_lines

    write_file(path, csv_pieces(all_lines(lines)))
    typer.echo(f"note: all {len(lines):,} lines are in {path}", err=True)


def _text(result: Reconciliation, run_id: str, form: Format) -> str:
    if form is Format.JSON:
        from connector.reports.result_json import to_json

        return to_json(result, run_id)
    from connector.reports.result_table import to_table

    return to_table(result)


def _put(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text.rstrip("\n"))
    else:
        write_file(output, text if text.endswith("\n") else text + "\n")


def write_file(path: Path, content: str | bytes | Iterator[str]) -> None:
    """Write a file from a text, from bytes, or piece by piece. Raises ConnectorError where that fails."""
    pieces = iter([content]) if isinstance(content, str | bytes) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8") if isinstance(piece, str) else piece)
    except OSError as error:
        raise ConnectorError(f"{path}: cannot be written: {error.strerror}") from error

"""Writes a reconciliation where it was asked for: the terminal, a file, or several files beside it."""

from pathlib import Path

import typer

from connector.cli.options import Format
from connector.domain.errors import ConnectorError
from connector.domain.result import Reconciliation


def show(result: Reconciliation, run_id: str, form: Format, output: Path | None) -> None:
    """Print the result, or write it to `output`; on not_audited the reasons also go to stderr.

    Raises ConnectorError where the file cannot be written.
    """
    if form is Format.CSV:
        from connector.reports.result_csv import to_csv

        if output is None:
            raise ConnectorError("--format csv writes several files; name the first with --output FILE.csv")
        for name, text in to_csv(result, output.name).items():
            _write(output.with_name(name), text)
    elif form is Format.XLSX:
        from connector.reports.workbook import to_xlsx

        if output is None:
            raise ConnectorError("--format xlsx writes a file; name it with --output FILE.xlsx")
        _write(output, to_xlsx(result, run_id))
    else:
        _put(_text(result, run_id, form), output)
    if result.result == "not_audited":
        for reason in result.because:
            typer.echo(f"not audited: {reason}", err=True)


def _text(result: Reconciliation, run_id: str, form: Format) -> str:
    if form is Format.JSON:
        from connector.reports.result_json import to_json

        return to_json(result, run_id)
    if form is Format.HTML:
        from connector.reports.page import to_html

        return to_html(result, run_id)
    from connector.reports.result_table import to_table

    return to_table(result)


def _put(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text.rstrip("\n"))
    else:
        _write(output, text if text.endswith("\n") else text + "\n")


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        raise ConnectorError(f"{path}: cannot be written: {error.strerror}") from error

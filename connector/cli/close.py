"""`connector close`: freeze a month as it stands, with what it was made of, for whoever asks later."""

import json
from typing import Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import LEDGER, named_ledger
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver
from connector.domain.errors import ConnectorError
from connector.domain.period import Period


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close")(close)


def close(
    ctx: typer.Context,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who closes it.")],
    ledger: Annotated[list[str] | None, LEDGER] = None,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why, where it is not audited or was closed before."),
    ] = "",
) -> None:
    """Freeze a month: its report word by word, the hashes of what it was made of, and of the mapping.

    `connector report month` then says what has become other since. Exit code 2 when the month is not audited, or is
    closed already, and no reason is given.
    """
    from connector.bootstrap.closing import close_month
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    if not by.strip():
        raise ConnectorError("--by is empty: say who closes the month.")
    closing, report = close_month(
        read_settings(options.config_file()),
        Period.month(month),
        by.strip(),
        reason.strip(),
        ledgers=tuple(named_ledger(text) for text in ledger or ()),
    )
    if machine:
        document = {
            "schema": "connector.closing/1",
            "month": closing.month,
            "number": closing.number,
            "closed_at": closing.closed_at.isoformat(timespec="seconds"),
            "closed_by": closing.closed_by,
            "reason": closing.reason,
            "run_id": closing.run_id,
            "result": closing.result,
            "report_sha256": closing.digest,
            "inputs": json.loads(closing.inputs),
            "mapping_digest": closing.mapping_digest,
            "config_digest": closing.config_digest,
        }
        deliver(json.dumps(document, ensure_ascii=False, indent=1), options)
    else:
        lines = [
            f"{closing.month} is closed: {closing.result.replace('_', ' ')}, {len(report.result.findings):,} findings",
            f"made of {len(json.loads(closing.inputs)):,} inputs, mapping {closing.mapping_digest[:12]}, report "
            f"{closing.digest[:12]}",
            f"closing {closing.number} by {closing.closed_by}, run {closing.run_id}",
        ]
        deliver("\n".join(lines), options)
    raise typer.Exit(ExitCode.DONE)

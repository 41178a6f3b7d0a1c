"""connector sync: fetch from Partner Center what is new, and keep all of it."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, options_of
from connector.domain.extraction import Extraction, Part

if TYPE_CHECKING:
    from connector.cli.options import Options

_SCHEMA = "connector.sync/1"
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sync")(sync)


def sync(
    ctx: typer.Context,
    only: Annotated[
        list[Part] | None,
        typer.Option("--only", help="Fetch this alone; may be given several times. Everything unless told."),
    ] = None,
) -> None:
    """Fetch customers, subscriptions, invoices with their lines, usage, prices and audit records from Microsoft.

    What is there already is not fetched again, and a second run without a change writes nothing. Exit code 5 when
    records were set aside or a customer has left, 2 when something could not be read, 4 when somebody must sign in.
    """
    from connector.bootstrap.syncing import sync as run
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    settings = read_settings(options.config_file())
    line = _Line()
    try:
        told = run(settings, tuple(only or ()), progress=line.show, exit_code=exit_code)
    finally:
        line.clear()
    _deliver(_as_json(told) if machine else "\n".join(_as_lines(told)), options)
    for trouble in told.troubles[:_SHOWN]:
        typer.echo(f"not read: {trouble}", err=True)
    if len(told.troubles) > _SHOWN:
        typer.echo(f"and {len(told.troubles) - _SHOWN:,} more; --format json lists them all", err=True)
    for name in told.left[:_SHOWN]:
        typer.echo(f"note: customer {name} has ended the relationship", err=True)
    raise typer.Exit(exit_code(told))


def exit_code(told: Extraction) -> int:
    """The exit code of a sync: what could not be read weighs most, then what was set aside and who has left."""
    codes = [ExitCode.DONE]
    unread = [ExitCode(trouble.exit_code) for trouble in told.troubles]
    done = any(step.changed for step in told.steps)
    # 75 promises that nothing was written and that the same may succeed later.
    later = bool(unread) and not done and all(code is ExitCode.TRY_LATER for code in unread)
    codes += [ExitCode.TROUBLE if code is ExitCode.TRY_LATER and not later else code for code in unread]
    if told.set_aside or told.left:
        codes.append(ExitCode.SET_ASIDE)
    return gravest(codes)


class _Line:
    """One line on the terminal that says how far the sync is; nothing where the output goes elsewhere."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = 0
        self._next = 0.0

    def show(self, part: Part, what: str, done: int, total: int | None) -> None:
        """Write over the line of before, a few times a second."""
        if not self._on or (done != total and time.monotonic() < self._next):
            return
        self._next = time.monotonic() + 0.2
        of = f" of {total:,}" if total is not None else ""
        text = f"{part}: {done:,}{of} {what}"
        sys.stderr.write(f"\r{text.ljust(self._shown)}")
        sys.stderr.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write(f"\r{' ' * self._shown}\r")
            sys.stderr.flush()


def _as_lines(told: Extraction) -> list[str]:
    lines = []
    for part in Part:
        steps = [step for step in told.steps if step.part is part]
        lines += [f"{part.value if not count else '':<14}{step.text}" for count, step in enumerate(steps)]
    lines += [f"{'skipped' if not n else '':<14}{name}: {count:,}" for n, (name, count) in enumerate(_skipped(told))]
    if told.interrupted:
        lines.append(f"{'completed':<14}what run {', '.join(told.interrupted)} had begun")
    if not any(step.changed for step in told.steps):
        lines.append("nothing new" if not told.troubles else "nothing new could be read")
    lines.append(f"run {told.run_id}")
    return lines


def _skipped(told: Extraction) -> list[tuple[str, int]]:
    return sorted(told.skipped.items())


def _as_json(told: Extraction) -> str:
    document = {
        "schema": _SCHEMA,
        "run_id": told.run_id,
        "steps": [{"part": step.part, "text": step.text, "changed": step.changed} for step in told.steps],
        "not_read": [
            {"part": one.part, "subject": one.subject, "reason": one.reason, "exit_code": one.exit_code}
            for one in told.troubles
        ],
        "left": list(told.left),
        "read": dict(told.read),
        "written": dict(told.written),
        "skipped": dict(told.skipped),
        "set_aside": told.set_aside,
        "completes": list(told.interrupted),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _deliver(text: str, options: "Options") -> None:
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")

"""connector sandbox: a made-up Microsoft and QuickBooks to rehearse with, and made-up months as files."""

import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import choosing, options_of
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.faults import Faults
    from connector.sandbox.running import Running

_SERVICES = ("authority", "api", "graph", "pricing", "blobs", "books", "central")
# Microsoft takes minutes; whoever rehearses by the clock on the wall need not wait for it.
_EXPORT_TAKES = timedelta(seconds=2)
_BEFORE = "say where the world is to be written: --output DIR, an empty or new folder"

Customers = Annotated[int, typer.Option("--customers", min=1, max=100_000, help="How many customers.")]
Months = Annotated[int, typer.Option("--months", min=1, max=24, help="How many months of history.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same world.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    sandbox = typer.Typer(help="A made-up world to rehearse in; nothing in it is real.", invoke_without_command=True)
    app.add_typer(sandbox, name="sandbox")
    sandbox.callback()(choosing(run))
    sandbox.command("generate")(generate)


def run(
    ctx: typer.Context,
    customers: Customers = 40,
    months: Months = 3,
    seed: Seed = 1,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="MOMENT",
            help="Begin at this moment, such as 2026-11-09T08:00Z, and go on from there; now unless told.",
            show_default=False,
        ),
    ] = None,
    last_month: Annotated[
        str | None,
        typer.Option(
            "--last-month",
            metavar="YYYY-MM",
            help="The month with the mistakes; the latest with an invoice unless told.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65_529, help="First of seven ports in a row; free ones unless told."),
    ] = 0,
    faults: Annotated[
        Path | None,
        typer.Option("--faults", metavar="FILE", help="JSON list of trouble to make.", show_default=False),
    ] = None,
    ledger: Annotated[
        str,
        typer.Option("--ledger", help="Where the books are: quickbooks, business_central, or both (dollars, euros)."),
    ] = "quickbooks",
    older: Annotated[bool, typer.Option("--older", help="With invoices of before new commerce as well.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse calls that lack a documented header.")] = False,
) -> None:
    """Run a made-up Microsoft (Entra, Partner Center, Graph, prices) and the partner's books until it is interrupted.

    Writes config.yaml, a certificate authority, secrets.env, a mapping and ledgers into --output DIR.
    """
    if ctx.invoked_subcommand is not None:
        return
    from connector.sandbox.books import SYSTEMS, Books
    from connector.sandbox.manners import Manners
    from connector.sandbox.rehearsal import Occupied, claim, write_rehearsal
    from connector.sandbox.running import Deal, start
    from connector.sandbox.tokens import Tokens

    output = options_of(ctx).output
    if output is None:
        raise ConnectorError(_BEFORE)
    if ledger not in SYSTEMS:
        raise ConnectorError(f"--ledger {ledger} is not one of {', '.join(SYSTEMS)}")
    clock, newest = _clock(at)
    try:
        claim(output)
        world = Deal(customers, months, seed, last_month or newest, older=older)
        ports = dict(zip(_SERVICES, range(port, port + len(_SERVICES)), strict=True)) if port else {}
        books = Books(Tokens(clock), ledger)
        manners = Manners(strict_headers=strict, operation_takes=_EXPORT_TAKES, poll_after=1)
        with start(
            world,
            clock,
            _faults(faults),
            manners=manners,
            folder=output,
            ports=ports,
            also=books.services(),
            tokens=books.tokens,
        ) as running:
            write_rehearsal(running, books, output)
            typer.echo(_told(running, output))
            _wait()
    except Occupied:
        raise ConnectorError(f"{output} holds something else; name a new folder with --output") from None
    except ValueError as wrong:
        raise ConnectorError(str(wrong)) from wrong
    except OSError as wrong:
        raise ConnectorError(f"the sandbox cannot start: {wrong.strerror}; choose other ports with --port") from wrong
    typer.echo("The sandbox has stopped.")


def generate(ctx: typer.Context, customers: Customers = 40, months: Months = 1, seed: Seed = 1) -> None:
    """Make up a world: Microsoft's files, a ledger kept by fallible people, a mapping, and truth.json."""
    from connector.sandbox.scenario import generate as make

    output = options_of(ctx).output
    if output is None:
        raise ConnectorError(_BEFORE)
    if output.exists() and any(output.iterdir()):
        raise ConnectorError(f"{output} is not empty; name a new folder so that nothing of yours is overwritten")
    make(customers, months, seed, output)
    typer.echo(f"Written to {output}: truth.json says what was put wrong and how to reconcile these files.")


def _clock(at: str | None) -> "tuple[SandboxClock, str]":
    """The clock, and the latest month whose invoice is out by then."""
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.live.billing import issue_of
    from connector.sandbox.scenario.calendar import month_of

    try:
        begin = datetime.fromisoformat(at) if at else datetime.now(UTC)
    except ValueError:
        raise ConnectorError(f"--at {at} is not a moment; write it like 2026-11-09T08:00Z") from None
    begin = begin if begin.tzinfo is not None else begin.replace(tzinfo=UTC)
    month = month_of(begin.date()).shift(-1)
    return SandboxClock(begin, following=True), str(month if issue_of(month) <= begin else month.shift(-1))


def _faults(path: Path | None) -> "Faults":
    from connector.sandbox.faults import Faults

    if path is None:
        return Faults()
    try:
        rules = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise ConnectorError(f"{path} is not a readable JSON file: {wrong}") from wrong
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise ConnectorError(f'{path} must hold a list such as [{{"on": "GET /v1/customers", "do": "status:429:5"}}]')
    return Faults(rules)


def _told(running: "Running", folder: Path) -> str:
    from connector.sandbox.rehearsal import SECRETS

    known = (name for name in _SERVICES if name in running.servers)
    addresses = "".join(f"  {name:<10}{running.servers[name].url}\n" for name in known)
    commands = "".join(
        f"  connector {command} --config {folder / 'config.yaml'}\n"
        for command in ("check", "auth partner-center", "sync", "reconcile")
    )
    config, now = running.config, f"{running.clock.now():%Y-%m-%d %H:%M} UTC"
    return (
        f"A made-up Microsoft and the partner's books are running; it is {now} there.\n"
        f"{addresses}"
        f"Written to {folder}: config.yaml, {SECRETS}, ca.pem, client.pem, mappings, ledger, truth.json.\n"
        f"  set -a; . {folder / SECRETS}; set +a\n"
        f"{commands}"
        f"People sign in as {config.user}: a code is entered on {config.authority}/devicelogin.\n"
        "Press Ctrl-C to stop."
    )


def _wait() -> None:
    """Until somebody interrupts, or asks the process to end."""
    ended = threading.Event()
    earlier = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not ended.wait(0.2):
            pass
    finally:
        for number, way in earlier.items():
            signal.signal(number, way)

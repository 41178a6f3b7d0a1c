"""connector findings: what is open, accepted or resolved, and letting a finding stay or taking that back."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.options import Format, Options, options_of
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.standing import Standing
    from connector.store import Store

_Fingerprint = Annotated[str, typer.Argument(metavar="FINDING", help="The finding's fingerprint, or its first digits.")]
_By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides; the user of this machine unless told.")
]


class Which(StrEnum):
    """Which findings are listed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What was found, and what became of it.", no_args_is_help=True)
    app.add_typer(group, name="findings")

    @group.callback()
    def about() -> None:
        """What was found, and what became of it."""

    group.command("list")(list_findings)
    group.command("show")(show)
    group.command("accept")(accept)
    group.command("reopen")(reopen)


def list_findings(
    ctx: typer.Context,
    which: Annotated[Which, typer.Option("--life", help="Which findings.")] = Which.OPEN,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only this kind.")] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="NAME", help="Only of customers whose name or id has this in it."),
    ] = None,
) -> None:
    """List findings with their money and life, the gravest first. Exit code 1 when one of them is open."""
    from connector.domain.standing import Life
    from connector.reports.standings import customer_of, in_order, to_json, to_table

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    life = None if which is Which.ALL else Life(which.value)
    with _store(options) as (_, store), store.look() as unit:
        found = unit.findings.all(life=life, kind=kind)
    if customer is not None:
        found = tuple(one for one in found if customer.casefold() in customer_of(one).casefold())
    ordered = in_order(found)
    _deliver(to_json(ordered) if machine else to_table(ordered), options)
    if any(one.life is Life.OPEN for one in found):
        raise typer.Exit(ExitCode.FINDINGS)


def show(ctx: typer.Context, finding: _Fingerprint) -> None:
    """Show a finding with its causes, evidence and advice, and how it came to stand as it does."""
    from connector.reports.standings import one_to_json, one_to_table

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    with _store(options) as (_, store), store.look() as unit:
        standing = unit.findings.get(finding)
        if standing is None:
            raise ConnectorError(f"There is no finding {finding}; `connector findings list --life all` shows them.")
        events = list(unit.findings.events(fingerprint=standing.fingerprint))
    _deliver(one_to_json(standing, events) if machine else one_to_table(standing, events), options)


def accept(
    ctx: typer.Context,
    finding: _Fingerprint,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it may stay; others will read it.")],
    by: _By = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="YYYY-MM-DD", help="The last day on which it is accepted; for good unless told."
        ),
    ] = None,
) -> None:
    """Let a finding stay as large as it is; prints it as YAML for those who keep the mapping in git.

    It opens again when it grows, when it comes back after it was gone, and after its last day.
    """
    from connector.reports.standings import to_patch

    last = _day(until) if until else None

    def change(store: "Store", who: str, digest: str) -> "Standing":
        with store.work() as unit:
            standing = unit.findings.accept(finding, reason=_said(reason), by=who, until=last)
            detail = {"until": last.isoformat()} if last else {}
            unit.audit.add(
                who, "accept", "finding", standing.fingerprint, reason=reason, detail=detail, config_digest=digest
            )
            return standing

    options = options_of(ctx)
    standing = _changed(options, by, change)
    _answer(options, standing, to_patch(standing))
    typer.echo(
        "note: it is remembered; the lines above are for the mapping, where results are to leave it out", err=True
    )


def reopen(
    ctx: typer.Context,
    finding: _Fingerprint,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it may not stay any more.")],
    by: _By = None,
) -> None:
    """Take the acceptance of a finding back. What the mapping accepts is to be taken out there as well."""

    def change(store: "Store", who: str, digest: str) -> "Standing":
        with store.work() as unit:
            standing = unit.findings.reopen(finding, reason=_said(reason), by=who)
            unit.audit.add(who, "reopen", "finding", standing.fingerprint, reason=reason, config_digest=digest)
            return standing

    options = options_of(ctx)
    standing = _changed(options, by, change)
    _answer(options, standing, f"{standing.fingerprint} is open again\n")


def _changed(options: Options, by: str | None, change: "Callable[[Store, str, str], Standing]") -> "Standing":
    from connector.bootstrap.remembering import config_digest

    with _store(options) as (settings, store):
        return change(store, _said(by) if by is not None else getpass.getuser(), config_digest(settings))


def _answer(options: Options, standing: "Standing", text: str) -> None:
    from connector.reports.standings import to_json

    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    _deliver(to_json([standing]) if machine else text, options)


@contextmanager
def _store(options: Options) -> "Iterator[tuple[Settings, Store]]":
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.storing import open_store
    from connector.config.settings import read_settings

    settings = read_settings(options.config_file())
    with open_store(settings, SystemClock()) as store:
        yield settings, store


def _deliver(text: str, options: Options) -> None:
    from connector.cli.showing import write_file

    if options.output is None:
        typer.echo(text.rstrip("\n"))
    else:
        write_file(options.output, text)


def _said(text: str) -> str:
    if not text.strip():
        raise ConnectorError("A reason and a name cannot be empty; others will read them.")
    return text.strip()


def _day(text: str) -> date:
    from connector.adapters.clock import SystemClock

    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConnectorError(f"--until {text}: expected a day like 2026-12-31") from None
    if day < SystemClock().now().date():
        raise ConnectorError(f"--until {text}: that day is over, so nothing would be accepted; name one to come.")
    return day

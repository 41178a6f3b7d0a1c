"""`connector post`: create the documents of an approved plan in the ledger, each exactly once."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, Options, options_of
from connector.cli.printing import deliver, user_name
from connector.domain.errors import ConnectorError
from connector.domain.period import Period

if TYPE_CHECKING:
    from connector.bootstrap.post_requests import Outcome, Prepared
    from connector.jobs.post import Carried


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("post")(post)


def post(
    ctx: typer.Context,
    plan_id: Annotated[
        str | None, typer.Argument(metavar="[PLAN_ID]", help="The plan, by the id it was shown with.")
    ] = None,
    period: Annotated[
        str | None, typer.Option("--period", metavar="YYYY-MM", help="The newest plan of this month, instead of an id.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CUSTOMER", help="Only this customer (ledger id, name or tenant); repeatable."),
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves; without it the user's name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before sending.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the outcome of every sending is known (some minutes).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")] = False,
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release", metavar="GUARD", help="Let a guard pass that holds the plan, by its name; repeatable."
        ),
    ] = None,
) -> None:
    """Create the documents of a plan in the ledger, each exactly once, whatever fails on the way.

    Without PLAN_ID and --period it goes on with what was approved before. Exit code 1 when something is held, refused
    or waits for a person, 75 while the outcome of a sending must still settle: the same command again goes on.
    """
    from connector.bootstrap.post_requests import PostRequest
    from connector.bootstrap.posting import open_desk
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    if plan_id and period:
        raise ConnectorError("give a plan's id or --period, not both.")
    settings = read_settings(options.config_file())
    request = PostRequest(
        plan_id,
        Period.month(period) if period else None,
        tuple(only or ()),
        by or user_name(),
        tuple(release or ()),
        wait,
    )
    with open_desk(settings) as desk:
        plan = desk.plan(request)
        prepared = desk.prepare(plan, request) if plan is not None else None
        if dry_run or (prepared is not None and not prepared.documents):
            _show_prepared(prepared, options, machine=machine)
            raise typer.Exit(ExitCode.FINDINGS if prepared is not None and prepared.wanted else ExitCode.DONE)
        if prepared is not None and not yes:
            _confirm(prepared)
        outcome = desk.post(request, prepared, _Line().heard)
        _show(prepared, outcome, options, machine=machine)
    raise typer.Exit(exit_code(prepared, outcome))


def exit_code(prepared: "Prepared | None", outcome: "Outcome") -> ExitCode:
    """What the end of a posting means for a script."""
    from connector.engine.posting_rules import FOR_A_PERSON

    codes = [ExitCode.DONE]
    for end in outcome.ends.values():
        if end.trouble is not None:
            codes.append(ExitCode(end.trouble.exit_code))
        if end.waiting:
            codes.append(ExitCode.TRY_LATER)
    stuck = any(one.state in FOR_A_PERSON for one in outcome.postings)
    if stuck or outcome.refused or (prepared is not None and prepared.held):
        codes.append(ExitCode.FINDINGS)
    return gravest(codes)


def _confirm(prepared: "Prepared") -> None:
    from connector.reports.postings import planned_lines

    for line in planned_lines(prepared.documents, prepared.held):
        typer.echo(line, err=True)
    if not sys.stdin.isatty():
        raise ConnectorError("nobody can be asked here; add --yes to send this, or --dry-run to look at it only.")
    count = len(prepared.documents)
    typer.confirm(f"Create {count} document{'' if count == 1 else 's'} in the ledger?", abort=True, err=True)


def _show_prepared(prepared: "Prepared | None", options: Options, *, machine: bool) -> None:
    from connector.reports.postings import held_json, planned_lines

    documents, held = (prepared.documents, prepared.held) if prepared is not None else ((), ())
    plan_id = prepared.plan.plan_id if prepared is not None else None
    if machine:
        found: dict[str, Any] = {
            "schema": "connector.post/1",
            "plan_id": plan_id,
            "dry_run": True,
            "would_send": [
                {"key": one.key, "customer": one.customer, "total": f"{one.total:f}", "currency": one.currency}
                for one in documents
            ],
            "held": held_json(held),
        }
        deliver(json.dumps(found, indent=2, ensure_ascii=False), options)
    else:
        lines = planned_lines(documents, held) or ["nothing to post"]
        deliver("\n".join(lines), options)


def _show(prepared: "Prepared | None", outcome: "Outcome", options: Options, *, machine: bool) -> None:
    from connector.reports.postings import held_json, posting_json, posting_lines

    held = prepared.held if prepared is not None else ()
    if machine:
        found: dict[str, Any] = {
            "schema": "connector.post/1",
            "run_id": outcome.run_id,
            "plan_id": prepared.plan.plan_id if prepared is not None else None,
            "postings": [posting_json(one) for one in outcome.postings],
            "held": held_json(held),
            "refused": [{"key": key, "text": text} for key, text in outcome.refused],
            "ledgers": {
                name: {
                    "waiting": end.waiting,
                    "next_at": end.next_at.isoformat(timespec="seconds") if end.next_at else None,
                    "trouble": str(end.trouble) if end.trouble else None,
                }
                for name, end in outcome.ends.items()
            },
        }
        deliver(json.dumps(found, indent=2, ensure_ascii=False), options)
        return
    lines = [line for one in _worth_telling(outcome) for line in posting_lines([one])]
    lines += [f"refused   {key}: {text}" for key, text in outcome.refused]
    lines += [f"held ({one.guard}){f' {one.key}' if one.key else ''}: {one.text}" for one in held]
    documents = [one for one in outcome.postings if not one.about]
    done = sum(one.state == "verified" for one in documents)
    lines.append(f"{done} of {len(documents)} in the ledger and read back equal")
    for name, end in outcome.ends.items():
        if end.waiting:
            until = f", from {end.next_at:%H:%M:%S} UTC on" if end.next_at else ""
            lines.append(f"ledger {name}: {end.waiting} still on their way; run `connector post` again{until}")
        if end.trouble is not None:
            typer.echo(f"ledger {name}: {end.trouble}", err=True)
    deliver("\n".join(lines), options)


def _worth_telling(outcome: "Outcome") -> Iterable[Any]:
    """All documents, and of annexes and mails those that are not done."""
    return [one for one in outcome.postings if not one.about or one.state != "verified"]


class _Line:
    """One line on the terminal that says how far it is; nothing where the output goes elsewhere."""

    def __init__(self) -> None:
        self._count = 0

    def heard(self, carried: "Carried") -> None:
        """A posting was carried."""
        self._count += carried.posting is not None
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._count:,} done\r")
            sys.stderr.flush()

"""connector alert: tell people what happened, by mail; what is due now, and what has not left yet."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, options_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.jobs.alert import Alerted
    from connector.jobs.composing import Composed

_SCHEMA = "connector.alert/1"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("alert")(alert)


def alert(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the mails that would be written now, and write and send none.")
    ] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Send the digest now, whatever the time.")] = False,
) -> None:
    """Send the mails that are due: findings that do not wait, failures, months, and once a day the digest.

    May be run as often as one likes; each thing is told once. Exit code 75 when the mail server is away (the mails
    wait and are sent later), 5 when one was refused.
    """
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.alerting import alerts_of, open_alerting
    from connector.bootstrap.storing import open_store
    from connector.cli.showing import write_file
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    settings = read_settings(options.config_file())
    alerts_of(settings)
    clock = SystemClock()
    codes = [ExitCode.DONE]
    with open_store(settings, clock) as store:
        alerting = open_alerting(settings, store, clock)
        if dry_run:
            composed = alerting.rehearse(digest_now=digest)
            text = _json(composed, None) if machine else _mails(composed)
        else:
            told = alerting.run(digest_now=digest)
            text = _json(told.composed, told) if machine else _summary(told)
            codes += [ExitCode.TRY_LATER] * bool(told.away) + [ExitCode.SET_ASIDE] * bool(told.refused)
            for reason in (told.away, *told.refused):
                if reason:
                    typer.echo(f"not sent: {reason}", err=True)
    if options.output is None:
        typer.echo(text.rstrip("\n"))
    else:
        write_file(options.output, text)
    raise typer.Exit(gravest(codes))


def _mails(composed: "Sequence[Composed]") -> str:
    if not composed:
        return "There is nothing to tell now.\n"
    return ("\n" + "=" * 72 + "\n").join(
        f"To: {', '.join(one.draft.recipients)}\nSubject: {one.draft.subject}\n\n{one.draft.plain}" for one in composed
    )


def _summary(told: "Alerted") -> str:
    lines = [f"written   {', '.join(one.draft.recipients)}: {one.draft.subject}" for one in told.composed]
    lines += [f"sent      {', '.join(mail.draft.recipients)}: {mail.draft.subject}" for mail in told.sent]
    if told.waiting:
        lines.append(f"waiting   {told.waiting}")
    return "\n".join(lines or ["There was nothing to tell."]) + "\n"


def _json(composed: "Sequence[Composed]", told: "Alerted | None") -> str:
    document: dict[str, Any] = {
        "schema": _SCHEMA,
        "dry_run": told is None,
        "written": [
            {
                "kind": one.kind, "to": list(one.draft.recipients), "subject": one.draft.subject,
                "message_id": one.draft.message_id, "attachments": list(one.draft.attachments),
                "tells": [each.key for each in one.alerts], "plain": one.draft.plain,
            }
            for one in composed
        ],
    }  # fmt: skip
    if told is not None:
        document |= {
            "sent": [mail.draft.message_id for mail in told.sent],
            "waiting": told.waiting,
            "refused": told.refused,
            "away": told.away or None,
        }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

"""`connector status`: how things stand, first of all what waits for a person."""

import json
from typing import TYPE_CHECKING, Any

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.options import Format, options_of
from connector.cli.printing import deliver

if TYPE_CHECKING:
    from connector.bootstrap.standing import Standing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(ctx: typer.Context) -> None:
    """Say how things stand: what waits for a person, postings, open findings with money, jobs, sources, sign-ins.

    Exit code 1 when a posting or a plan waits for a person.
    """
    from connector.bootstrap.standing import standing
    from connector.config.settings import read_settings

    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    found = standing(read_settings(options.config_file()))
    deliver(json.dumps(_as_json(found), indent=2, ensure_ascii=False) if machine else "\n".join(_lines(found)), options)
    raise typer.Exit(ExitCode.FINDINGS if found.for_a_person or found.held_plans else ExitCode.DONE)


def _lines(found: "Standing") -> list[str]:
    from connector.cli.standing import standing_lines
    from connector.reports.postings import posting_lines, state_lines

    lines = state_lines(found.counts) or ["nothing was posted yet"]
    if found.uncertain:
        lines += ["", "Sent, outcome not known yet:", *posting_lines(found.uncertain)]
    if found.for_a_person:
        lines += ["", "Waiting for a person:", *posting_lines(found.for_a_person)]
    lines += [f"plan {plan} waits for a person: `connector post {plan}`" for plan in found.held_plans]
    if found.in_flight:
        lines.append(f"{found.in_flight:,} on their way")
    lines += standing_lines(found)
    if found.runs:
        lines += ["", "Last runs:"]
    for run in found.runs:
        ended = f"{run.outcome}, exit code {run.exit_code}" if run.finished_at else "at work"
        why = f" ({run.reasons[0]})" if run.reasons else ""
        lines.append(f"{run.job:<14}{run.started_at:%Y-%m-%d %H:%M} UTC  {ended}{why}")
    if found.sign_ins:
        lines += ["", "Sign-ins:"]
    for one in found.sign_ins:
        until = f", until {one.until:%Y-%m-%d} at the longest" if one.until else ""
        lines.append(f"{one.owner}: {one.state.replace('_', ' ')}{until}")
    return lines


def _as_json(found: "Standing") -> dict[str, Any]:
    from connector.cli.standing import standing_json
    from connector.domain.money import exponent, round_half_up
    from connector.reports.postings import posting_json

    return {
        "schema": "connector.status/1",
        "at": found.at.isoformat(timespec="seconds"),
        "postings": [
            {
                "ledger": ledger,
                "what": what,
                "state": state,
                "currency": currency,
                "count": count,
                "total": f"{round_half_up(total, exponent(currency)):f}",
            }
            for (ledger, what, state, currency), (count, total) in sorted(found.counts.items())
        ],
        "waiting_for_a_person": [posting_json(one) for one in found.for_a_person],
        "uncertain": [posting_json(one) for one in found.uncertain],
        "runs": [
            {
                "job": run.job,
                "run_id": run.run_id,
                "started_at": run.started_at.isoformat(timespec="seconds"),
                "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
                "outcome": run.outcome.value if run.outcome else None,
                "exit_code": run.exit_code,
                "reasons": list(run.reasons),
            }
            for run in found.runs
        ],
        "sign_ins": [
            {"owner": one.owner, "state": one.state, "until": one.until.isoformat() if one.until else None}
            for one in found.sign_ins
        ],
        **standing_json(found),
    }

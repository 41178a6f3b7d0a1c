"""Writes the part of `connector status` that is about the service: findings, jobs, sources and mails."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector.bootstrap.standing import Standing


def standing_lines(found: "Standing") -> list[str]:
    """In words."""
    from connector.domain.money import exponent, round_half_up

    lines: list[str] = []
    if found.findings:
        lines += ["", "Open findings (positive: you lose, negative: the customer is over-charged):"]
    for (kind, currency), (count, money) in found.findings.items():
        lines.append(f"{kind:<30}{count:>6,}  {round_half_up(money, exponent(currency)):>16,f} {currency}")
    if found.failed or found.awaited:
        lines += ["", "Jobs that need a look, wait or run:"]
    for slot in found.failed:
        lines.append(f"{slot.job:<14}failed for {_moment(slot.scheduled_for)}: {slot.why or 'no reason given'}")
    for slot in found.awaited:
        again = f", again at {_moment(slot.not_before)}" if slot.not_before else ""
        why = f": {slot.why}" if slot.why else ""
        lines.append(f"{slot.job:<14}{slot.state.value} (due {_moment(slot.scheduled_for)}{again}){why}")
    if found.last_good:
        lines += ["", "Last good run:"]
    lines += [f"{job:<14}{_moment(at)}  ({_ago(found.at - at)})" for job, at in found.last_good.items()]
    if found.read_at:
        lines += ["", "Sources were last read:"]
    lines += [f"{name:<20}{_moment(at)}  ({_ago(found.at - at)})" for name, at in sorted(found.read_at.items())]
    if found.mails:
        lines += ["", "Mails: " + ", ".join(f"{count:,} {state}" for state, count in sorted(found.mails.items()))]
    return lines


def standing_json(found: "Standing") -> dict[str, Any]:
    """For programs."""
    from connector.domain.money import exponent, round_half_up

    return {
        "findings": [
            {
                "kind": kind, "currency": currency, "count": count,
                "impact": f"{round_half_up(money, exponent(currency)):f}",
            }
            for (kind, currency), (count, money) in found.findings.items()
        ],
        "held_plans": list(found.held_plans),
        "in_flight": found.in_flight,
        "jobs": [
            {"job": job, "last_good": _iso(at), "age_seconds": int((found.at - at).total_seconds())}
            for job, at in found.last_good.items()
        ],
        "slots": [
            {
                "job": slot.job, "due": _iso(slot.scheduled_for), "state": slot.state.value, "attempts": slot.attempts,
                "again_at": _iso(slot.not_before) if slot.not_before else None, "exit_code": slot.exit_code,
                "why": slot.why or None,
            }
            for slot in (*found.failed, *found.awaited)
        ],
        "sources": [
            {"source": name, "read_at": _iso(at), "age_seconds": int((found.at - at).total_seconds())}
            for name, at in sorted(found.read_at.items())
        ],
        "mails": dict(sorted(found.mails.items())),
    }  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _ago(span: timedelta) -> str:
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 72 * 60 else f"{minutes // 1440} days ago"

"""Findings with their life, for a terminal and for programs: open, accepted or resolved, since when, and the money."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.finding import Finding
from connector.domain.kinds import KINDS, SEVERITIES
from connector.domain.standing import FindingEvent, Life, Standing
from connector.reports.finding_reading import finding_from
from connector.reports.terminal import both_ends, wrapped
from connector.reports.wording import (
    counted,
    customer_name,
    exact,
    figures,
    kind_of,
    money,
    period,
    plain,
    product_name,
    stake,
)

SCHEMA = "connector.findings/1"
_SHOWN_EVIDENCE = 10


def in_order(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Open ones first, then the gravest, then the most money."""
    lives, gravities = list(Life), list(SEVERITIES)

    def rank(one: Standing) -> tuple[int, int, str, Decimal, str]:
        gravity = gravities.index(one.severity) if one.severity in gravities else len(gravities)
        return lives.index(one.life), gravity, one.currency, -abs(one.impact), one.fingerprint

    return tuple(sorted(standings, key=rank))


def told(standing: Standing) -> Finding | None:
    """The finding as last told, with its money in all its scopes; None where it is resolved."""
    if not standing.told:
        return None
    return replace(finding_from(standing.told[max(standing.told)].text), impact=standing.impact)


def customer_of(standing: Standing) -> str:
    """The customer of a finding, by name or id; empty where it is resolved."""
    finding = told(standing)
    return customer_name(finding) if finding is not None else ""


def to_table(standings: Sequence[Standing]) -> str:
    """Write a list for a terminal."""
    if not standings:
        return "There are none.\n"
    lines: list[str] = []
    for one in standings:
        finding = told(one)
        lines += both_ends(f"{one.fingerprint}  {_title(one)}", _stake(one))
        about = [customer_name(finding), product_name(finding)] if finding is not None else []
        about += [f"{one.life.value} since {_since(one):%Y-%m-%d}", *sorted(scope for scope in one.told if scope)]
        lines += wrapped(" · ".join(text for text in about if text), indent="    ")
        if one.acceptance is not None:
            lines += wrapped(f"    {_acceptance(one)}", hang="    ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def to_json(standings: Iterable[Standing]) -> str:
    """Write a list for programs."""
    document = {"schema": SCHEMA, "findings": [_document(one) for one in standings]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def one_to_table(standing: Standing, events: Iterable[FindingEvent]) -> str:
    """Write one finding with all that is known of it, and how it came to stand as it does."""
    finding = told(standing)
    lines = [*both_ends(_title(standing), _stake(standing)), f"finding {standing.fingerprint}, {standing.kind}"]
    if finding is not None:
        lines += _about(finding)
    if standing.acceptance is not None:
        lines += ["", *wrapped(_acceptance(standing))]
    lines += ["", "Its life:"]
    for event in events:
        by = f", by {plain(event.by)}" if event.by else ""
        scope = f", {event.scope}" if event.scope else ""
        run = f", run {event.run_id}" if event.run_id else ""
        why = f" ({plain(event.why)})" if event.why else ""
        lines += wrapped(
            f"  {event.at:%Y-%m-%d %H:%M}  {event.change}{why}: {money(event.before, event.currency)} → "
            f"{money(event.after, event.currency)}{scope}{by}{run}",
            hang="      ",
        )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def one_to_json(standing: Standing, events: Iterable[FindingEvent]) -> str:
    """Write one finding for programs: as in the list, and its events."""
    document = {"schema": "connector.finding/1", **_document(standing), "events": [_event(one) for one in events]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_patch(standing: Standing) -> str:
    """An acceptance as it is written in the mapping, for those who keep it in git; empty where there is none."""
    yes = standing.acceptance
    if yes is None:
        return ""
    # A text in JSON is a text in YAML too, whatever is in it.
    rows = [
        f"- finding: {json.dumps(standing.fingerprint)}",
        f"  reason: {json.dumps(plain(yes.reason), ensure_ascii=False)}",
        f"  by: {json.dumps(plain(yes.by), ensure_ascii=False)}",
    ]
    if yes.until is not None:
        rows.append(f"  until: {yes.until.isoformat()}")
    return "\n".join(("accepted:", *rows)) + "\n"


def _about(finding: Finding) -> Iterator[str]:
    yield from wrapped(
        " · ".join(
            text
            for text in (customer_name(finding), product_name(finding), period(finding.first, finding.last))
            if text
        )
    )
    yield ""
    yield from wrapped(kind_of(finding).meaning)
    if finding.expected.amount is not None or finding.actual.amount is not None:
        expected, actual = (figures(side, finding.currency) for side in (finding.expected, finding.actual))
        yield from wrapped(f"  expected {expected}; billed {actual}", hang="    ")
    for cause in finding.causes:
        amount = f"{money(cause.amount, finding.currency)}: " if finding.currency else ""
        yield from wrapped(f"  because {amount}{plain(cause.text) or plain(cause.cause)}", hang="    ")
    for each in finding.evidence[:_SHOWN_EVIDENCE]:
        yield from wrapped(
            f"  {each.source}: {plain(each.ref)}{f', line {each.line}' if each.line else ''}", hang="    "
        )
    if len(finding.evidence) > _SHOWN_EVIDENCE:
        yield f"  and {counted(len(finding.evidence) - _SHOWN_EVIDENCE, 'more line')}"
    yield from wrapped(f"What to do: {plain(finding.advice)}", hang="    ")


def _document(standing: Standing) -> dict[str, Any]:
    yes = standing.acceptance
    return {
        "fingerprint": standing.fingerprint,
        "kind": standing.kind,
        "measures": standing.measures,
        "severity": standing.severity,
        "life": standing.life.value,
        "impact": exact(standing.impact, standing.currency),
        "currency": standing.currency,
        "first_seen": _moment(standing.first_seen),
        "last_seen": _moment(standing.last_seen),
        "resolved_at": _moment(standing.resolved_at),
        "returns": standing.returns,
        "acceptance": None
        if yes is None
        else {
            "reason": yes.reason, "by": yes.by, "at": _moment(yes.at),
            "until": yes.until.isoformat() if yes.until else None, "low": exact(yes.low, standing.currency),
            "high": exact(yes.high, standing.currency),
        },
        "told": [{"scope": scope, **json.loads(one.text)} for scope, one in sorted(standing.told.items())],
    }  # fmt: skip


def _event(event: FindingEvent) -> dict[str, Any]:
    return {
        "number": event.number, "at": _moment(event.at), "change": event.change, "why": event.why, "by": event.by,
        "scope": event.scope, "before": exact(event.before, event.currency),
        "after": exact(event.after, event.currency), "currency": event.currency, "run_id": event.run_id,
    }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _since(standing: Standing) -> datetime:
    if standing.life is Life.ACCEPTED and standing.acceptance is not None:
        return standing.acceptance.at
    return standing.resolved_at or standing.first_seen


def _title(standing: Standing) -> str:
    known = KINDS.get(standing.kind)
    return known.title if known is not None else standing.kind


def _stake(standing: Standing) -> str:
    valued_at = KINDS[standing.kind].valued_at if standing.kind in KINDS else "sell"
    return stake(standing.measures, standing.impact, standing.currency, valued_at) if standing.told else ""


def _acceptance(standing: Standing) -> str:
    yes = standing.acceptance
    if yes is None:
        return ""
    until = f" until {yes.until.isoformat()}" if yes.until else ""
    return f"accepted{until} by {plain(yes.by)}: {plain(yes.reason)}"

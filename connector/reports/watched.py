"""What a watch saw, for a terminal and for machines: new things first, then what is known, then what is over."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from connector.domain.finding import Finding
from connector.domain.kinds import KINDS
from connector.domain.standing import Standing
from connector.reports.result_json import finding_document

SCHEMA = "connector.watch/1"
_NEWS = ("new", "worse")


def watched_json(
    run_id: str, on: date, findings: Sequence[Finding], changes: Mapping[str, str], over: Iterable[Standing],
    notes: Sequence[str],
) -> str:  # fmt: skip
    """One document; `change` is new, worse or unchanged, null where nothing was recorded."""
    document = {
        "schema": SCHEMA,
        "run_id": run_id,
        "on": on.isoformat(),
        "findings": [{**finding_document(one), "change": changes.get(one.fingerprint)} for one in findings],
        "resolved": [
            {"fingerprint": one.fingerprint, "kind": one.kind, "first_seen": one.first_seen.isoformat()} for one in over
        ],
        "notes": list(notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def watched_lines(
    run_id: str, on: date, findings: Sequence[Finding], changes: Mapping[str, str], over: Sequence[Standing],
    _notes: Sequence[str],
) -> list[str]:  # fmt: skip
    """Lines for people: each finding with its money, its sentence, its customer and what to do."""
    if not findings and not over:
        return [f"nothing is about to happen, as of {on}", f"run {run_id}"]
    news = [one for one in findings if changes.get(one.fingerprint, "new") in _NEWS]
    known = [one for one in findings if one not in news]
    lines = []
    for title, some in (("New:", news), ("Told before:", known)):
        if some:
            lines += [title, *(line for one in some for line in _lines(one)), ""]
    if over:
        lines += ["Over:", *(f"  {KINDS[one.kind].title} ({one.fingerprint})" for one in over), ""]
    return [*lines, f"as of {on}, run {run_id}"]


def _lines(one: Finding) -> list[str]:
    amount = f"  {one.impact:,f} {one.currency}" if one.impact else ""
    whom = one.subject.customer_name or one.subject.tenant_id
    about = f"{whom}: " if whom else ""
    return [
        f"  {one.severity:<9}{KINDS[one.kind].title}{amount}   {one.kind} {one.fingerprint}",
        *(f"           {about}{cause.text}" for cause in one.causes),
        f"           → {one.advice}",
    ]

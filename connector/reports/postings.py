"""Tells how far postings are: in words for people, and as JSON for programs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.document import BILL, OF_THE_VENDOR, VENDOR_CREDIT, Document, Held
from connector.domain.money import exponent, round_half_up
from connector.domain.posting import ANNEX, DELIVERY, DOCUMENT, Posting, State

MEANINGS: Mapping[State, str] = {
    State.PLANNED: "not approved yet",
    State.READY: "approved, to be sent",
    State.SENDING: "being sent",
    State.UNKNOWN: "sent, outcome not known yet",
    State.POSTED: "in the ledger, to be read back",
    State.VERIFIED: "in the ledger and read back equal",
    State.CONFLICT: "the ledger holds something else under its name",
    State.REJECTED: "refused by the ledger",
    State.PARKED: "given up after several tries",
    State.CANCELLED: "withdrawn",
}
"""What each state means, in a few words."""

WHAT_TO_DO: Mapping[State, str] = {
    State.CONFLICT: "look at it in the ledger, then `connector resolve KEY --as posted:ID|absent|cancelled`",
    State.REJECTED: "put right what the ledger names, then `connector resolve KEY --as absent` sends it again",
    State.PARKED: "look whether it is in the ledger, then `connector resolve KEY --as posted:ID|absent|cancelled`",
}
"""What a person does about a posting that waits for one."""

_WHAT = {DOCUMENT: "document", ANNEX: "annex", DELIVERY: "e-mail", VENDOR_CREDIT: "vendor credit"}
_SEVERAL = {DOCUMENT: "documents", BILL: "vendor's bills", VENDOR_CREDIT: "vendor credits", ANNEX: "annexes",
            DELIVERY: "e-mails"}  # fmt: skip


def planned_lines(documents: Sequence[Document], held: Sequence[Held]) -> list[str]:
    """What would be sent, customer by customer, and what holds the rest."""
    lines = []
    for document in documents:
        who, count = document.customer_name or document.customer, len(document.lines)
        about = f"({document.period}, {count} line{'' if count == 1 else 's'}, ledger {document.ledger})"
        kind = document.kind.replace("_", " ")
        lines.append(f"{kind:<14}{who}  {document.total:f} {document.currency}  {about}")
    totals: dict[tuple[str, str], Decimal] = {}
    for document in documents:
        name = (document.kind, document.currency)
        totals[name] = totals.get(name, Decimal(0)) + document.total
    lines += [
        f"{kind.replace('_', ' ')} total {total:f} {currency}" for (kind, currency), total in sorted(totals.items())
    ]
    lines += [f"held ({one.guard}){f' {one.key}' if one.key else ''}: {one.text}" for one in held]
    return lines


def posting_lines(postings: Sequence[Posting]) -> list[str]:
    """One line each, and what to do where a person is needed."""
    lines = []
    for one in postings:
        number = one.remote_number or one.stamp.number
        told = f": {one.said}" if one.said and one.state is not State.VERIFIED else ""
        lines.append(
            f"{one.state.value:<10}{number:<16}{_WHAT.get(one.what, one.what):<10}{amount(one.total, one.currency)}  "
            f"{one.document.customer_name if one.document else one.customer}{told}"
        )
        if one.state in WHAT_TO_DO:
            lines.append(f"{'':<10}{one.key}")
            lines.append(f"{'':<10}{WHAT_TO_DO[one.state]}")
    return lines


def state_lines(counts: Mapping[tuple[str, str, str, str], tuple[int, Decimal]]) -> list[str]:
    """How many postings are in which state, with their money, ledger by ledger."""
    lines = []
    for (ledger, what, state, currency), (count, total) in sorted(counts.items()):
        money = f"  {amount(total, currency)}" if what in (DOCUMENT, *OF_THE_VENDOR) else ""
        named = _WHAT.get(what, what) if count == 1 else _SEVERAL.get(what, what)
        lines.append(f"{ledger}  {count:,} {named} {state}{money}  ({MEANINGS[State(state)]})")
    return lines


def posting_json(posting: Posting) -> dict[str, Any]:
    """A posting for programs; amounts are text, moments UTC."""
    return {
        "key": posting.key,
        "what": posting.what,
        "about": posting.about or None,
        "ledger": posting.ledger,
        "plan_id": posting.plan_id,
        "customer": posting.customer,
        "kind": posting.stamp.kind,
        "number": posting.remote_number or posting.stamp.number,
        "total": f"{round_half_up(posting.total, exponent(posting.currency)):f}",
        "currency": posting.currency,
        "state": posting.state.value,
        "outcome": _outcome(posting),
        "remote_id": posting.remote_id,
        "attempts": posting.attempts,
        "said": posting.said or None,
        "settled_by": posting.settled_by or None,
        "next_at": _moment(posting.next_at),
    }


def held_json(held: Iterable[Held]) -> list[dict[str, str | None]]:
    """What is held, for programs."""
    return [{"guard": one.guard, "key": one.key or None, "text": one.text} for one in held]


def amount(total: Decimal, currency: str) -> str:
    """An amount with its currency's decimals, thousands grouped."""
    return f"{round_half_up(total, exponent(currency)):,f} {currency}"


def _outcome(posting: Posting) -> str:
    """What a program may do about it: done, under way (wait), uncertain (wait), or ask a person."""
    if posting.state in (State.VERIFIED, State.CANCELLED) or (posting.state is State.POSTED and posting.settled_by):
        return "done"
    if posting.state in (State.SENDING, State.UNKNOWN):
        return "uncertain"
    return "person" if posting.state in WHAT_TO_DO else "under_way"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")

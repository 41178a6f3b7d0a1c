"""Holds what may not be sent, and says why: guards that nobody released, closed books, months before the start.

A plan's own guards (too many documents, too much money, too large a change, a negative margin, what the ledger bills
beside it) are released one by one by name; what the books or the settings forbid is not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.document import CREDIT_MEMO, OF_THE_VENDOR, Document, Held, Plan
from connector.domain.money import ZERO

GONE = "gone"
RELEASABLE = (
    "documents", "amount", "change", "negative_margin", "closed_period", "recurring", "unexplained", "lines", GONE,
)  # fmt: skip
_MODES = ("mode", "review")
"""What a plan says of the mode it was made under; the mode that holds is the one of today."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What posting is done under; `closed_until` is the last day of closed books, by ledger, under "" that of all.

    `start` is the first day of the first month that is posted, `starts` others by tenant. `documents` and `amount` are
    the limits of a plan.
    """

    mode: str
    start: date | None
    starts: Mapping[str, date]
    closed_until: Mapping[str, date]
    documents: int | None = None
    amount: Decimal | None = None


def holds(
    plan: Plan, documents: Sequence[Document], settings: Settings, released: Collection[str], *, approved: bool
) -> tuple[Held, ...]:
    """All that holds these documents of a plan; `approved` says that a person approves it by its id.

    A guard with an empty key holds all of them.
    """
    keys = {document.key for document in documents}
    found = [one for one in plan.held if one.guard not in _MODES and (not one.key or one.key in keys)]
    found += _modes(settings, approved=approved)
    found += _limits(documents, settings)
    for document in documents:
        found += _forbidden(document, settings)
    unique: dict[tuple[str, str], Held] = {}
    for one in found:
        if one.guard not in released or one.guard not in RELEASABLE:
            unique.setdefault((one.guard, one.key), one)
    return tuple(unique.values())


def free(documents: Iterable[Document], held: Iterable[Held]) -> tuple[Document, ...]:
    """The documents that nothing holds."""
    keys = {one.key for one in held}
    return () if "" in keys else tuple(document for document in documents if document.key not in keys)


def _modes(settings: Settings, *, approved: bool) -> Iterable[Held]:
    if settings.mode == "off":
        yield Held("mode", "posting.mode is off: plans are made and nothing is posted; set review or auto")
    elif settings.mode == "review" and not approved:
        yield Held("review", "posting.mode is review: a person approves the plan by its id")
    if settings.start is None and not settings.starts:
        yield Held("start", "posting.start is not set: the first month that may be posted, like 2026-10")


def _limits(planned: Sequence[Document], settings: Settings) -> Iterable[Held]:
    documents = [document for document in planned if document.kind not in OF_THE_VENDOR]
    if settings.documents is not None and len(documents) > settings.documents:
        yield Held(
            "documents", f"{len(documents)} documents are more than posting.limits.documents {settings.documents}"
        )
    totals: dict[str, Decimal] = {}
    for document in documents:
        sign = -1 if document.kind == CREDIT_MEMO else 1
        totals[document.currency] = totals.get(document.currency, ZERO) + sign * document.total
    for currency, total in sorted(totals.items()):
        if settings.amount is not None and abs(total) > settings.amount:
            yield Held("amount", f"{total:f} {currency} is more than posting.limits.amount {settings.amount:f}")


def _forbidden(document: Document, settings: Settings) -> Iterable[Held]:
    starts = [settings.starts.get(tenant.lower(), settings.start) for tenant in document.tenants] or [settings.start]
    first = max((start for start in starts if start is not None), default=None)
    if first is not None and document.period.start < first:
        yield Held("start", f"nothing before {first:%Y-%m} is ever posted (posting.start)", document.key)
    closed = [settings.closed_until[name] for name in ("", document.ledger) if name in settings.closed_until]
    if closed and document.day <= max(closed):
        text = f"it is dated {document.day}, and the books are closed until {max(closed)}"
        how = "set posting.closed_until to that day and plan again, so that it bears the first open one"
        yield Held("closed_books", f"{text}; {how}", document.key)

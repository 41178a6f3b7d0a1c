"""Recurring invoices of the ledger that bill by themselves what we post, and documents of ours that are there twice."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from connector.domain.document import CREDIT_MEMO, Document
from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import EXPOSURE, KINDS
from connector.domain.ledger import RemoteDocument
from connector.domain.money import ZERO
from connector.engine.posted_view import PostedView, net_of, tell
from connector.engine.sameness import has_marker

KIND = "duplicate_billing"
_TEMPLATE = "template"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per document that is there again, and one per recurring invoice that is about to bill it again.

    The latter is an exposure: nothing is billed twice yet, so it is in no sum of what is.
    """
    if not view.reconciled:
        yield from _again(view)
    yield from _templates(view)


def _again(view: PostedView) -> Iterator[Finding]:
    for posted in view.posted:
        document = posted.document
        copies = [
            (place, remote)
            for place, remote in view.remote.items()
            if place[0] == document.ledger
            and remote.kind == document.kind
            and place[2] != posted.remote_id
            and remote.status not in ("deleted", "void")
            and has_marker(remote, posted.marker)
        ]
        if copies:
            extra = sum((net_of(remote) for _, remote in copies), ZERO)
            numbers = ", ".join(sorted(remote.number or remote.remote_id for _, remote in copies))
            text = f"{posted.number or document.key} is in {document.ledger} again, as {numbers}"
            yield tell(KIND, document, -extra, text, document.net + extra, copies[0][0][2])


def _templates(view: PostedView) -> Iterator[Finding]:
    """What a template bills on items that we bill for the same customer in the newest month we posted."""
    newest = max((posted.document.period.last for posted in view.posted), default=None)
    ours: dict[tuple[str, str, str], set[str]] = {}
    for posted in view.posted:
        document = posted.document
        if document.period.last == newest and document.kind != CREDIT_MEMO:
            items = ours.setdefault((document.ledger, document.customer, document.currency), set())
            items |= _items(document)
    for place, remote in sorted(view.remote.items()):
        if remote.kind != _TEMPLATE or remote.status != "open" or remote.next_day is None:
            continue
        both = ours.get((place[0], remote.party, remote.currency), set())
        lines = [line for line in remote.lines if line.item in both]
        twice = sum((line.amount for line in lines), ZERO)
        if twice:
            yield _template_finding(place[0], remote, sorted({line.item or "" for line in lines}), twice)


def _template_finding(ledger: str, template: RemoteDocument, items: list[str], twice: Decimal) -> Finding:
    kind = KINDS[KIND]
    name = f" {template.note}" if template.note else ""
    text = (
        f"the recurring {template.number or template.remote_id}{name} bills {', '.join(items)} of this customer by "
        f"itself, next on {template.next_day}; we bill the same"
    )
    return Finding(
        kind=KIND,
        measures=EXPOSURE,
        severity=kind.severity,
        impact=-twice,
        currency=template.currency,
        subject=Subject(
            customer_name=template.party_name or None,
            ledger=ledger,
            ledger_customer=template.party,
            item=items[0] if len(items) == 1 else None,
        ),
        key=(ledger, _TEMPLATE, template.remote_id),
        recurring=True,
        first=template.next_day,
        last=template.next_day,
        expected=Figures(amount=ZERO),
        actual=Figures(amount=twice),
        causes=(Cause(KIND, -twice, text),),
        evidence=(Evidence("ledger", f"{ledger}/{_TEMPLATE}/{template.remote_id}"),),
        advice="End the recurring invoice, or take these items off it; the connector bills them.",
    )


def _items(document: Document) -> set[str]:
    return {line.item for line in document.lines if line.item is not None}

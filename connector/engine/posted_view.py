"""Sets our posted documents beside what the ledger holds of them now, so that checks can say what became of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from connector.domain.document import Document
from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.ledger import RemoteDocument
from connector.domain.money import ZERO, exponent, trimmed
from connector.domain.period import Period
from connector.domain.posted import Posted

Place = tuple[str, str, str]
"""Ledger, kind and id of a document there."""


@dataclass(frozen=True, slots=True)
class VendorInvoice:
    """Microsoft's invoice, or a note on one, by its header; `total` is gross, negative where Microsoft owes it."""

    invoice: str
    currency: str
    total: Decimal
    period: Period


@dataclass(frozen=True, slots=True)
class Drift:
    """Documents of one customer that would be billed otherwise today: what they bill, and by how much more or less.

    Of what was billed in advance, that is for the `month`.
    """

    documents: tuple[Document, ...]
    was: Decimal
    change: Decimal
    text: str
    month: Period


@dataclass(frozen=True, slots=True)
class PostedView:
    """What checks of posted documents may look at.

    `posted` are ours that reached a ledger, `remote` all documents of the ledgers as they were last read, `read_at`
    when that was. `closed_until` is by ledger; `vendors` is who Microsoft is there; `survivors` are the customers that
    others were merged into, by ledger and the id of those. `reconciled` says that the ledger's
    lines are compared with Microsoft's in the same run, which tells of what is billed twice by itself.
    """

    posted: tuple[Posted, ...]
    remote: Mapping[Place, RemoteDocument]
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    closed_until: Mapping[str, date] = field(default_factory=dict)
    vendors: Mapping[str, str] = field(default_factory=dict)
    invoices: tuple[VendorInvoice, ...] = ()
    drifts: tuple[Drift, ...] = ()
    survivors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    reconciled: bool = False

    def standing(self, posted: Posted) -> RemoteDocument | None:
        """A document of ours as it stands in its ledger; None where it is not there."""
        document = posted.document
        there = self.remote.get((document.ledger, document.kind, posted.remote_id or ""))
        survivor = self.survivors.get((document.ledger, document.customer))
        # Where two customers were merged, nobody edited their documents.
        return replace(there, party=document.customer) if there and survivor and there.party == survivor else there

    def is_known_to_be_gone(self, posted: Posted) -> bool:
        """Whether the ledger was read after we had it there, and does not hold it any more."""
        there = self.standing(posted)
        if there is not None:
            return there.status in ("deleted", "void")
        read_at = self.read_at.get(posted.document.ledger)
        return read_at is not None and posted.at is not None and read_at > posted.at

    def taken_back(self) -> Mapping[str, Decimal]:
        """The documents of ours that others of ours took back, by key, each with what was given back by them."""
        return {one.document.reverses: -one.document.net for one in self.posted if one.document.reverses}

    def replaced(self) -> frozenset[str]:
        """The keys of documents of ours that others stand in the place of, as there was nothing to take back."""
        named = {key for one in self.posted for key in one.document.corrects}
        return frozenset(named - self.taken_back().keys())

    def ours_in(self, ledger: str) -> Iterable[tuple[Posted, RemoteDocument]]:
        """Our documents of a ledger that stand there."""
        for posted in self.posted:
            there = self.standing(posted)
            if posted.document.ledger == ledger and there is not None and there.status not in ("deleted", "void"):
                yield posted, there


def tell(
    kind_name: str, document: Document, impact: Decimal, text: str, actual: Decimal | None, remote_id: str | None
) -> Finding:
    """A finding about one document of ours: what was meant, what there is, and the difference in money."""
    kind = KINDS[kind_name]
    places = exponent(document.currency)
    impact, actual = trimmed(impact, places), None if actual is None else trimmed(actual, places)
    tenants = set(document.tenants)
    items = {line.item for line in document.lines if line.item is not None}
    evidence = (Evidence("ledger", f"{document.ledger}/{document.kind}/{remote_id}"),) if remote_id else ()
    return Finding(
        kind=kind_name,
        measures=kind.measures,
        severity=kind.severity,
        impact=impact,
        currency=document.currency,
        subject=Subject(
            tenant_id=tenants.pop() if len(tenants) == 1 else None,
            customer_name=document.customer_name or None,
            ledger=document.ledger,
            ledger_customer=document.customer,
            item=items.pop() if len(items) == 1 else None,
        ),
        key=(document.key,),
        first=document.period.start,
        last=document.period.last,
        expected=Figures(amount=document.net),
        actual=Figures(amount=actual),
        causes=(Cause(kind_name, impact, text),),
        evidence=evidence,
        advice=kind.advice,
    )


def net_of(remote: RemoteDocument) -> Decimal:
    """What the customer owes by a document as it stands: negative for a credit memo, however the ledger signs it."""
    if remote.status in ("void", "deleted"):
        return ZERO
    return -abs(remote.net) if remote.kind == "credit_memo" else remote.net

"""Turns findings about hand-made invoices into the invoice or credit memo that puts them right, where a person asks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from connector.domain.document import INVOICE, Document, DocumentLine, SliceRef
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding
from connector.domain.money import ZERO, exponent, round_half_up
from connector.domain.period import Period
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.billed import Billed
from connector.engine.planning.documents import turned
from connector.engine.planning.lines import numbered
from connector.engine.planning.pieces import FINDING, own_key

CATCH_UP = "catch-up"
_WORDS = {
    "quantity_under_billed": "seats that were not billed",
    "quantity_over_billed": "seats that were billed too much",
    "partial_period_unbilled": "seats added in the period",
    "price_differs": "the agreed price",
    "duplicate_billing": "billed twice",
    "cancelled_still_billed": "billed after the end",
    "orphan_billing": "billed without a service",
    "credit_not_passed_on": "credit",
    "fx_differs": "the agreed exchange rate",
    "rounding": "rounding",
    "bundle_drift": "the quantity of the bundle",
    "trial_converted": "after the trial",
    "product_change_not_followed": "the change of product",
    "unbilled_charge": "not billed",
}
# Right in the one currency is wrong as long as the other's invoice stands.
_BY_HAND = ("currency_mismatch",)


class Part(NamedTuple):
    """What is due more (or less) on one item, on which days, and for which subscription and product."""

    item: str
    amount: Decimal
    days: Period
    subscription: str
    product: str


@dataclass(frozen=True, slots=True)
class Correctable:
    """A finding that a document can put right, with the ledger item it is about and the cost of what was not billed.

    `planned` is as much of it as the plan bills anyway, `days` those on which both sides differ. `parts` are the items
    between which seats moved: together they are the finding.
    """

    finding: Finding
    item: str
    cost: Decimal = ZERO
    cost_currency: str = ""
    category: str = ""
    planned: Decimal = ZERO
    days: Period | None = None
    parts: tuple[Part, ...] = ()


def chosen(wanted: Iterable[str], known: Iterable[Correctable]) -> list[Correctable]:
    """The findings that fingerprints, or their beginnings, mean.

    Raises ConnectorError where one of them means none or several.
    """
    by_print = {one.finding.fingerprint: one for one in known}
    found = []
    for text in wanted:
        name = text.lower().rstrip("…")
        fitting = [one for print_, one in sorted(by_print.items()) if print_.startswith(name)] if name else []
        if len(fitting) != 1:
            there = ", ".join(sorted(by_print)) or "none"
            many = "may be several findings" if fitting else "is no finding about hand-made invoices of this month"
            raise ConnectorError(f"--catch-up {text}: it {many}; there are: {there}.")
        if fitting[0].finding.kind in _BY_HAND:
            raise ConnectorError(
                f"--catch-up {text}: an invoice in the wrong currency must be taken back by hand; then plan again."
            )
        found += fitting
    return found


def ref_of(finding: Finding, month: Period) -> SliceRef:
    """What a document that puts a finding right bills, so that it is never put right twice."""
    key = own_key(FINDING, finding.fingerprint, month)
    return SliceRef("", key, "", 1, ZERO, finding.currency, subscription_id=finding.subject.subscription_id or "")


def corrected(
    known: Iterable[Correctable], planned: Iterable[Correctable], billed: Billed, month: Period
) -> dict[str, str]:
    """Findings that a document of ours puts right: billed, or planned now."""
    fates = {one.finding.fingerprint: "planned" for one in planned}
    put_right = (one.finding for one in known if billed.ref(ref_of(one.finding, month)) is not None)
    return fates | {finding.fingerprint: "billed" for finding in put_right}


def corrections(wanted: Sequence[Correctable], billed: Billed, accounts: Accounts, month: Period) -> list[Document]:
    """The documents that put findings right, one for each customer and currency, dated the month's last day."""
    papers: dict[tuple[str, str, str], list[DocumentLine]] = defaultdict(list)
    people: dict[tuple[str, str, str], Finding] = {}
    for one in wanted:
        about = one.finding.subject
        for line in _lines(one, billed, month):
            account = about.ledger or "", about.ledger_customer or "", one.finding.currency
            papers[account].append(line)
            people[account] = one.finding
    made = []
    for (ledger, customer, currency), lines in sorted(papers.items()):
        about = people[ledger, customer, currency].subject
        rule = accounts.rule(ledger, customer, about.tenant_id, month.start)
        named = rule if rule is not None and accounts.named(ledger, customer) else None
        document = Document(
            ledger=ledger,
            customer=customer,
            customer_name=(named.name if named else about.customer_name) or "",
            period=month,
            currency=currency,
            kind=INVOICE,
            lines=tuple(numbered(lines)),
            day=month.last,
            split=CATCH_UP,
            tenants=(about.tenant_id,) if about.tenant_id else (),
            terms=named.terms if named else None,
            purchase_order=named.purchase_order if named else None,
            dimensions=named.dimensions if named else (),
            annex="none",
        )
        document = turned(document) if document.total < 0 else document
        made.append(replace(document, sequence=billed.sequence(document)))
    return made


def _lines(one: Correctable, billed: Billed, month: Period) -> list[DocumentLine]:
    """The lines for what a document of ours has not put right yet."""
    finding = one.finding
    ref = ref_of(finding, month)
    before = billed.ref(ref)
    impact = finding.impact - one.planned
    amount = round_half_up(impact, exponent(finding.currency)) - (before.amount if before else ZERO)
    if not amount:
        return []
    what = finding.subject.product_name or one.item
    first, last = finding.first or month.start, finding.last or month.last
    if one.days is not None:
        first, last = one.days.start, one.days.last
    words = _WORDS.get(finding.kind, "difference")
    line = DocumentLine(
        number=0,
        item=one.item,
        description=f"{what}, {words}, {Period.inclusive(first, last)}",
        amount=amount,
        first=first,
        last=last,
        reference=finding.subject.subscription_id or "",
        cost=ZERO if before else one.cost,
        cost_currency=one.cost_currency,
        slices=(replace(ref, amount=amount),),
        formula=f"finding {finding.fingerprint}",
        product=what,
        category=one.category,
    )
    if before is not None or not one.parts:
        return [line]
    return [
        replace(
            line,
            item=part.item,
            description=f"{part.product}, {words}, {part.days}",
            amount=part.amount,
            first=part.days.start,
            last=part.days.last,
            reference=part.subscription,
            cost=ZERO if number else line.cost,
            slices=(replace(ref, amount=part.amount),),
            product=part.product,
        )
        for number, part in enumerate(one.parts)
    ]

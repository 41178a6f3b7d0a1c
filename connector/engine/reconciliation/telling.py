"""Turns judged groups into findings: one per kind and group, with both sides' figures, causes and evidence."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.money import exponent, from_minor, round_half_up
from connector.engine.explaining import Claim
from connector.engine.rates import Rate
from connector.engine.reconciliation.alone import Unanswered
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Line, Slice

MOST_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Names:
    """Look-ups for people's names: of a ledger customer (tenant id, name) and of an item's only product."""

    customer: Callable[[str, str], tuple[str | None, str | None]]
    product_of_item: Callable[[str, str], tuple[str | None, str | None, str | None]]
    rate: Callable[[int], Rate | None]


def tell(judgement: Judgement, names: Names) -> Iterable[Finding]:
    """The findings of one group."""
    group = judgement.group
    subject = _subject(group, names)
    evidence = _evidence(group.slices, group.lines, names)
    # Microsoft's credits are due as well: what is expected less what is billed is what the findings come to.
    due = group.actual + sum(amount for _, amount in judgement.claims)
    for claim, amount in judgement.claims:
        kind = KINDS[claim.kind]
        impact = from_minor(0, group.currency) + group.amount_of(amount)
        yield Finding(
            kind=claim.kind,
            measures=kind.measures,
            severity=kind.severity,
            impact=impact,
            currency=group.currency,
            subject=subject,
            key=group.key,
            valued_at=kind.valued_at,
            recurring=claim.kind not in ("duplicate_billing", "partial_period_unbilled", "credit_not_passed_on"),
            first=min((piece.period.start for piece in group.slices), default=None),
            last=max((piece.period.last for piece in group.slices), default=None),
            expected=replace(_expected(group), amount=group.amount_of(due)),
            actual=_actual(group),
            causes=_causes(group, claim, impact, names),
            evidence=evidence,
            advice=kind.advice,
        )


def about(kind_name: str, group: Group, names: Names, impact: Decimal, text: str, recurring: bool = True) -> Finding:
    """A finding about a whole group that is no part of its difference (tax, an exposure)."""
    kind = KINDS[kind_name]
    return Finding(
        kind=kind_name,
        measures=kind.measures,
        severity=kind.severity,
        impact=impact,
        currency=group.currency,
        subject=_subject(group, names),
        key=group.key,
        valued_at=kind.valued_at,
        recurring=recurring,
        first=min((piece.period.start for piece in group.slices), default=None),
        last=max((piece.period.last for piece in group.slices), default=None),
        expected=_expected(group),
        actual=_actual(group),
        causes=(Cause(kind_name, impact, text),),
        evidence=_evidence(group.slices, group.lines, names),
        advice=kind.advice,
    )


def tell_unanswered(found: Unanswered, names: Names) -> Finding:
    """The finding of ledger lines that no charge answers to."""
    kind, line = KINDS[found.kind], found.lines[0]
    tenant, name = names.customer(line.ledger, line.customer)
    product, sku, product_name = names.product_of_item(line.ledger, line.item)
    return Finding(
        kind=found.kind,
        measures=kind.measures,
        severity=kind.severity,
        impact=-found.amount,
        currency=line.currency,
        subject=Subject(
            tenant, name or line.customer_name, line.ledger, line.customer, line.subscription_id, product, sku,
            product_name, line.item,
        ),
        key=found.key,
        recurring=found.kind != "duplicate_billing",
        first=min(each.period.start for each in found.lines),
        last=max(each.period.last for each in found.lines),
        expected=Figures(amount=from_minor(0, line.currency)),
        actual=Figures(quantity=_quantity(found.lines), amount=found.amount),
        causes=(Cause(found.kind, -found.amount, kind.meaning),),
        evidence=_evidence((), found.lines, names),
        advice=kind.advice,
    )  # fmt: skip


def _subject(group: Group, names: Names) -> Subject:
    charged = [piece for piece in group.slices if piece.cost or piece.worth] or list(group.slices)
    if group.bundle:
        # A bundle goes by the component it counts.
        charged = [piece for piece in charged if piece.method == "seats"] or charged
    first = charged[0]
    subscriptions = {piece.subscription_id for piece in group.slices}
    products = {(piece.product_id, piece.sku_id, piece.product_name) for piece in charged}
    tenants = {piece.customer_id for piece in group.slices}
    items = {piece.item for piece in charged}
    product = products.pop() if len({p[:2] for p in products}) == 1 else (None, None, None)
    tenant = tenants.pop() if len(tenants) == 1 else None
    _, name = names.customer(first.ledger or "", first.ledger_customer or "")
    return Subject(
        tenant_id=tenant,
        customer_name=name or first.customer_name,
        ledger=first.ledger,
        ledger_customer=first.ledger_customer,
        subscription_id=subscriptions.pop() if len(subscriptions) == 1 else None,
        product_id=product[0],
        sku_id=product[1],
        product_name=product[2],
        item=items.pop() if len(items) == 1 else None,
    )


def _expected(group: Group) -> Figures:
    pieces = [piece for piece in group.slices if not piece.is_credit and piece.method == "seats"]
    units = {piece.unit for piece in pieces}
    ends = max((piece.period.end for piece in pieces), default=None)
    seats = sum(piece.seats for piece in pieces if piece.period.end == ends)
    return Figures(
        quantity=_plain(Decimal(seats) / 1000) if pieces else None,
        unit_price=_price(Decimal(units.pop()).scaleb(-4), group.currency) if len(units) == 1 else None,
        amount=group.amount_of(group.expected),
    )


def _actual(group: Group) -> Figures:
    return Figures(quantity=_quantity(_counted(group)), amount=group.amount_of(group.actual))


def _counted(group: Group) -> list[Line]:
    """The lines that are in the amount: what a line bills for another period is not, nor are its seats."""
    if not group.stretches:
        return list(group.lines)
    here = [stretch for stretch in group.stretches if stretch.fate in ("compared", "over")]
    counted = {index for stretch in here for index, _ in stretch.portions}
    counted |= {index for index, fates in group.ledger_fates.items() if not fates.keys() <= {"timing", "not_judged"}}
    return [line for index, line in enumerate(group.lines) if index in counted]


def _quantity(lines: Sequence[Line]) -> Decimal | None:
    if any(line.seats is None for line in lines):
        return None
    return _plain(Decimal(sum(line.seats or 0 for line in lines)) / 1000)


def _plain(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _price(price: Decimal, currency: str) -> Decimal:
    rounded = round_half_up(price, exponent(currency))
    return rounded if rounded == price else price


def _causes(group: Group, claim: Claim, impact: Decimal, names: Names) -> tuple[Cause, ...]:
    rate = names.rate(group.slices[0].rate_id) if group.slices else None
    rule = f"; the rule: {rate.formula} ({', '.join(rate.places)})" if rate and rate.formula else ""
    guessed = any(piece.share_by == "price" for piece in group.slices)
    share = "; the share of the cycle is taken from Microsoft's prices, as its dates do not tell" if guessed else ""
    return (Cause(claim.cause, impact, f"{claim.text}{rule}{share}"),)


def _first_charge(piece: Slice) -> Evidence:
    row_hash = next((o.row_hash for o in piece.charges if (o.source, o.line) == (piece.source, piece.line)), "")
    return Evidence("vendor", piece.source, piece.line, row_hash)


def _evidence(slices: Iterable[Slice], lines: Iterable[Line], names: Names) -> tuple[Evidence, ...]:
    found = {_first_charge(piece) if piece.lines else Evidence("mapping", piece.source, piece.line) for piece in slices}
    found |= {Evidence("ledger", line.source, line.line, line.row_hash or "") for line in lines}
    for piece in slices:
        rate = names.rate(piece.rate_id)
        for place in rate.places if rate else ():
            file, _, rest = place.partition(":")
            found.add(Evidence("mapping", file, int(rest.partition(":")[0] or 0) if rest else 0))
    return tuple(sorted(found))[:MOST_EVIDENCE]

"""Adds up what was judged: verdict totals, tolerances, acceptances, margins, and the result in one word."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.domain.credit import Note
from connector.domain.finding import Finding
from connector.domain.money import exponent, round_half_up, trimmed
from connector.domain.result import Conservation, Margin, Reconciliation, Suppressed, VerdictTotal
from connector.domain.rules import Accepted, Mapping, Tolerance
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.alone import NotJudged
from connector.engine.reconciliation.completeness import incomplete
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Scope, Slice
from connector.engine.reconciliation.verdicts import Verdict, verdict_of

ZERO = Decimal(0)
# What a customer's category earned in a currency: its revenue and cost in millionths.
Earned = tuple[tuple[str, str, str], int, int]
# The default tolerance: one hundredth of the currency for each document line.
CENT = Decimal("0.01")
UNBILLABLE = {
    "unmapped_customer": "unmapped",
    "unmapped_product": "unmapped",
    "customer_ended": "unmapped",
    "unpriced_charge": "unpriced",
    "ambiguous_mapping": "unpriced",
    "charge_without_customer": "unassigned",
    "absorbed": "absorbed",
}


def is_void(status: str | None) -> bool:
    """Whether a ledger document does not count: void or draft."""
    return (status or "").strip().lower() in VOID


def is_billable(piece: Slice) -> bool:
    """Whether a slice can be compared with the ledger; trials and bundle parts can, at an expected 0."""
    return piece.item is not None and piece.status in ("priced", "absorbed")


def verdict_of_unbillable(piece: Slice) -> Verdict:
    """The verdict of a slice that no rule can bill, or that a rule absorbs."""
    return verdict_of(piece, UNBILLABLE[piece.status], piece.cost)


def nothing_to_audit(reason: str) -> Reconciliation:
    """The result when there are no vendor lines to audit: never clean."""
    return Reconciliation("not_audited", (reason,), None, None, (), (), (), (), (), ())


@dataclass(frozen=True, slots=True)
class Summed:
    """The result, and the verdicts that it sums: those of accepted findings have become `absorbed`."""

    result: Reconciliation
    verdicts: tuple[Verdict, ...]


def sum_up(  # noqa: PLR0913  every part of the result comes in by its name
    *,
    scope: Scope,
    mapping: Mapping,
    conservation: tuple[Conservation, ...],
    unlined: tuple[Note, ...],
    given: Collection[str],
    verdicts: Iterable[Verdict],
    found: Iterable[Finding],
    groups: Iterable[Judgement],
    settled_margins: Iterable[Earned],
    name_of: Callable[[str, str], str | None],
    not_judged: tuple[NotJudged, ...],
    because: tuple[str, ...],
    has_set_aside: bool,
) -> Summed:
    """Make the result. Never `reconciled` without a header total that the lines reach.

    `unlined` are credit notes without lines, `given` the currencies whose header total a person gave; `name_of` names
    the customers of a ledger as the mapping does.
    """
    verdicts = list(verdicts)
    lines_of = {judgement.group.key: len(judgement.group.lines) for judgement in groups}
    kept, suppressed = _tolerate(found, mapping.tolerances, lines_of)
    lacking = incomplete(conservation, unlined, given)
    kept, accepted = _accept(kept, mapping.accepted, scope)
    verdicts = _absorb(verdicts, accepted)
    findings = tuple(sorted([*kept, *lacking], key=_finding_order))
    reasons = [*because, *(cause.text for one in lacking for cause in one.causes)]
    # Lines that cancel out to nothing still need a header that says so.
    charged = {one.currency for one in verdicts if one.side == "vendor"}
    unseen = [one.currency for one in conservation if one.vendor_header is None and one.currency in charged]
    reasons += [
        f"verdicts in {one.currency} do not sum to the lines; please report this as a fault"
        for one in conservation
        if one.verdicts != one.vendor_lines or one.ledger_verdicts != one.ledger_lines
    ]
    blocked = any(v.verdict in ("unmapped", "unpriced", "unassigned") for v in verdicts)
    if unseen and not findings and not blocked:
        reasons.append(
            f"no header total is known for {', '.join(unseen)}; give --vendor-total CUR=AMOUNT or the invoice's JSON"
        )
    result = "not_audited" if reasons else "differences" if findings or blocked or has_set_aside else "reconciled"
    reconciliation = Reconciliation(
        result=result,
        because=tuple(reasons),
        start=scope.start,
        last=max(period.last for period in scope.audited),
        invoices=tuple(name for name in scope.invoices if name),
        conservation=conservation,
        verdicts=_totals(verdicts),
        findings=findings,
        suppressed=suppressed,
        margins=_margins(groups, settled_margins, name_of),
        notes=tuple(
            f"ledger service of {one.month} is not judged: no vendor invoice of that month is in scope "
            f"({one.lines} line{'s' if one.lines != 1 else ''}, {one.amount:,f} {one.currency})"
            for one in not_judged
        ),
    )
    return Summed(reconciliation, tuple(verdicts))


def _tolerate(
    found: Iterable[Finding], tolerances: tuple[Tolerance, ...], lines_of: dict[tuple[str, ...], int]
) -> tuple[list[Finding], tuple[Suppressed, ...]]:
    """Keep silent what policy says; what is hidden is totalled."""
    kept: list[Finding] = []
    hidden: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for finding in found:
        if finding.impact == 0 and finding.measures == "difference" and finding.kind != "bundle_drift":
            # Uneven parts of a bundle cost nothing and must be known all the same.
            continue
        lines = lines_of.get(finding.key, 0) if finding.measures == "difference" else 0
        if finding.impact and abs(finding.impact) <= allowed(finding, tolerances, lines):
            hidden[finding.kind, finding.currency].append(finding.impact)
        else:
            kept.append(finding)
    suppressed = tuple(
        Suppressed(kind, currency, len(amounts), sum(amounts, start=ZERO))
        for (kind, currency), amounts in sorted(hidden.items())
    )
    return kept, suppressed


def allowed(finding: Finding, tolerances: tuple[Tolerance, ...], lines: int) -> Decimal:
    """How much of a difference policy keeps silent, for a group of so many document lines."""
    fitting = [rule for rule in tolerances if _applies(rule, finding)]
    if not fitting:
        return CENT * lines
    amounts = [CENT * lines]
    for rule in fitting:
        if rule.amount is not None:
            amounts.append(rule.amount)
        if rule.percent is not None and finding.expected.amount is not None:
            amounts.append(abs(finding.expected.amount) * rule.percent / 100)
        if rule.days is not None and finding.expected.amount is not None and finding.first and finding.last:
            days = (finding.last - finding.first).days + 1
            amounts.append(round_half_up(abs(finding.expected.amount) * rule.days / days, exponent(finding.currency)))
    return max(amounts)


def _applies(rule: Tolerance, finding: Finding) -> bool:
    wanted, about = rule.selector, finding.subject
    if wanted.charge_type is not None:
        # A finding spans the charge types of its group; a tolerance for one cannot vouch for the others.
        return False
    pairs = (
        (wanted.kind, finding.kind),
        (wanted.tenant_id, about.tenant_id),
        (wanted.subscription_id, about.subscription_id),
        (wanted.product_id, about.product_id),
        (wanted.sku_id, about.sku_id),
    )
    return all(want is None or want == have for want, have in pairs)


def _accept(found: list[Finding], accepted: tuple[Accepted, ...], scope: Scope) -> tuple[list[Finding], list[Finding]]:
    """Set apart what someone accepted, unless that has expired by the last day under audit."""
    last = max(period.last for period in scope.audited)
    names = tuple(one.finding.rstrip("…").lower() for one in accepted if one.until is None or one.until >= last)
    taken = [finding for finding in found if finding.fingerprint.startswith(names)] if names else []
    return [finding for finding in found if finding not in taken], taken


def _absorb(verdicts: list[Verdict], accepted: list[Finding]) -> list[Verdict]:
    places = {
        (e.source, e.ref, e.line) for finding in accepted for e in finding.evidence if e.source in ("vendor", "ledger")
    }
    if not places:
        return verdicts
    open_names = ("unbilled", "over_billed", "orphan", "unmapped", "unpriced", "unassigned")
    return [
        replace(one, verdict="absorbed")
        if one.verdict in open_names and (one.side, one.source, one.line) in places
        else one
        for one in verdicts
    ]


def _totals(verdicts: Iterable[Verdict]) -> tuple[VerdictTotal, ...]:
    amounts: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    slices: dict[tuple[str, str, str], int] = defaultdict(int)
    for one in verdicts:
        amounts[one.side, one.verdict, one.currency] += one.amount
        slices[one.side, one.verdict, one.currency] += one.slices
    return tuple(VerdictTotal(*key, slices[key], amount) for key, amount in sorted(amounts.items()))


def _margins(
    groups: Iterable[Judgement], settled: Iterable[Earned], name_of: Callable[[str, str], str | None]
) -> tuple[Margin, ...]:
    sums: dict[tuple[str, str, str], list[int]] = {}
    for key, revenue, cost in settled:
        both = sums.setdefault(key, [0, 0])
        both[0] += revenue
        both[1] += cost
    judged: dict[tuple[str, str, str], list[Decimal]] = {}
    for judgement in groups:
        group = judgement.group
        piece = group.slices[0]
        if piece.cost_currency != group.currency:
            continue
        name = name_of(piece.ledger or "", piece.ledger_customer or "") or piece.customer_name
        key = name or piece.ledger_customer or "", piece.category, group.currency
        exact = judged.setdefault(key, [ZERO, ZERO])
        for verdict in judgement.verdicts:
            if verdict.side == "ledger" and verdict.verdict in ("matched", "over_billed"):
                exact[0] += verdict.amount
            elif verdict.side == "vendor" and verdict.verdict in ("billed", "absorbed", "unbilled"):
                exact[1] += verdict.amount
    return tuple(_margin(key, sums.get(key, [0, 0]), judged.get(key)) for key in sorted(sums.keys() | judged.keys()))


def _margin(key: tuple[str, str, str], settled: list[int], judged: list[Decimal] | None) -> Margin:
    """A month of a large partner has tens of thousands of these, so whole cents take the short way."""
    places = exponent(key[2])
    revenue, cost = (_from_micro(micro, places) for micro in settled)
    if judged is not None:
        revenue, cost = trimmed(revenue + judged[0], places), trimmed(cost + judged[1], places)
    margin = revenue - cost
    percent = round_half_up(margin * 100 / revenue, 1) if revenue else None
    return Margin(*key, revenue, cost, margin, percent)


def _from_micro(micro: int, places: int) -> Decimal:
    units, finer = divmod(micro, 10 ** (6 - places))
    return trimmed(Decimal(micro).scaleb(-6), places) if finer else Decimal(units).scaleb(-places)


def _finding_order(finding: Finding) -> tuple[object, ...]:
    severity = ("critical", "warning", "info").index(finding.severity)
    return severity, -abs(finding.impact), finding.kind, finding.currency, finding.key

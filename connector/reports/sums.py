"""Adds up findings for people: by currency, by kind, by customer; differences and exposures never together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.kinds import DIFFERENCE, EXPOSURE, ON_THEIR_OWN, SEVERITIES, Kind
from connector.domain.money import ZERO
from connector.domain.result import Conservation, Reconciliation, VerdictTotal
from connector.reports.wording import kind_of, total

MEASURES = (DIFFERENCE, EXPOSURE)


@dataclass(frozen=True, slots=True)
class Stake:
    """The money of some findings of one measure and currency.

    `lost` is the sum of the positive impacts of `losing` findings, `over` that of the negative impacts of `charging`
    findings (as a positive amount), `recurring` the part of `lost` that comes back every period until corrected.
    """

    currency: str
    count: int
    lost: Decimal
    losing: int
    over: Decimal
    charging: int
    recurring: Decimal

    @property
    def size(self) -> Decimal:
        """What is at stake whatever its direction; for sorting and for the length of bars, never for a sum."""
        return self.lost + self.over

    @property
    def without(self) -> int:
        """How many findings there are without an amount."""
        return self.count - self.losing - self.charging


@dataclass(frozen=True, slots=True)
class KindSum:
    """All findings of one kind, the greatest money first, and their stakes by currency."""

    kind: Kind
    findings: tuple[Finding, ...]
    stakes: tuple[Stake, ...]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by gravity, then currency, then money; the fingerprint decides between equals."""
    return tuple(sorted(findings, key=_rank))


def measured(result: Reconciliation, measures: str) -> tuple[Finding, ...]:
    """Return the findings that measure a difference, or those that measure an exposure, in order."""
    return in_order(finding for finding in result.findings if finding.measures == measures)


def in_sum(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out the findings whose kinds keep sums of their own, such as tax."""
    return tuple(finding for finding in findings if finding.kind not in ON_THEIR_OWN)


def on_their_own(findings: Iterable[Finding]) -> tuple[KindSum, ...]:
    """Return, kind by kind, the findings that are never added to others."""
    return by_kind([finding for finding in findings if finding.kind in ON_THEIR_OWN])


def stakes(findings: Iterable[Finding]) -> tuple[Stake, ...]:
    """Add up findings of one measure, by currency."""
    by_currency = _sorted_into(findings, lambda finding: finding.currency)
    return tuple(
        Stake(
            currency,
            len(found),
            total(finding.impact for finding in found if finding.impact > 0),
            sum(finding.impact > 0 for finding in found),
            -total(finding.impact for finding in found if finding.impact < 0),
            sum(finding.impact < 0 for finding in found),
            total(finding.impact for finding in found if finding.impact > 0 and finding.recurring),
        )
        for currency, found in sorted(by_currency.items())
    )


def by_kind(findings: Sequence[Finding]) -> tuple[KindSum, ...]:
    """Gather findings of one measure by kind; the gravest kind first, then the one with most money."""
    gathered = [
        KindSum(kind_of(found[0]), in_order(found), stakes(found))
        for found in _sorted_into(findings, lambda finding: finding.kind).values()
    ]
    return tuple(
        sorted(
            gathered,
            key=lambda each: (
                min(_gravity(finding) for finding in each.findings),
                -max((stake.size for stake in each.stakes), default=ZERO),
                each.kind.name,
            ),
        )
    )


def by_customer(
    findings: Iterable[Finding], currency: str, key: Callable[[Finding], str]
) -> tuple[tuple[str, Stake], ...]:
    """Add up findings of one measure and currency by customer, the most money first; the text is the customer's key.

    `key` tells customers apart, because names need not.
    """
    own = [finding for finding in findings if finding.currency == currency]
    sums = [(name, stakes(each)[0]) for name, each in _sorted_into(own, key).items()]
    return tuple(sorted(sums, key=lambda each: (-each[1].size, each[0])))


def causes(findings: Sequence[Finding], currency: str) -> tuple[tuple[str, Decimal], ...]:
    """Add up the causes of findings of one measure and currency, the most money first.

    What is lost and what is over-charged stay apart: a cause may be there twice, once with each sign.
    """
    amounts: dict[tuple[str, bool], list[Decimal]] = {}
    for finding in findings:
        if finding.currency == currency:
            for cause in finding.causes:
                amounts.setdefault((cause.cause, cause.amount > 0), []).append(cause.amount)
    sums = [(name, total(parts)) for (name, _), parts in amounts.items()]
    return tuple(sorted(sums, key=lambda each: (-abs(each[1]), each[0])))


def reached(proof: Conservation) -> Decimal | None:
    """Return by how much the header exceeds lines, tax and adjustments; None where there is no header."""
    if proof.vendor_header is None:
        return None
    return proof.vendor_header - total((proof.vendor_lines, proof.vendor_tax, proof.adjustments))


def side_verdicts(result: Reconciliation, side: str, currency: str) -> tuple[VerdictTotal, ...]:
    """Return the verdicts of one side and currency, the most money first."""
    own = [each for each in result.verdicts if each.side == side and each.currency == currency]
    return tuple(sorted(own, key=lambda each: (-abs(each.amount), each.verdict)))


def _sorted_into(findings: Iterable[Finding], key: Callable[[Finding], str]) -> dict[str, list[Finding]]:
    gathered: dict[str, list[Finding]] = {}
    for finding in findings:
        gathered.setdefault(key(finding), []).append(finding)
    return gathered


def _gravity(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity) if finding.severity in SEVERITIES else len(SEVERITIES)


def _rank(finding: Finding) -> tuple[int, str, Decimal, str, str]:
    return (_gravity(finding), finding.currency, -abs(finding.impact), finding.kind, finding.fingerprint)

"""The result and its proof in sentences: what Microsoft billed, whether every cent has a place, and which."""

from connector.domain.kinds import DIFFERENCE, EXPOSURE
from connector.domain.money import ZERO
from connector.domain.result import Conservation, Reconciliation, VerdictTotal
from connector.reports.sums import in_sum, measured, reached, side_verdicts, stakes
from connector.reports.wording import counted, grouped, money, period, plain, total

RESULTS = {
    "reconciled": ("RECONCILED", "Both sides agree, and the invoice's total is reached: there is nothing to do."),
    "differences": ("DIFFERENCES", "The two sides do not agree everywhere; what to do is listed below."),
    "not_audited": ("NOT AUDITED", "This is not an all-clear: something needed for the proof is missing."),
}
"""Title and meaning of each result."""

MEANINGS = {
    ("vendor", "billed"): "billed on to customers",
    ("vendor", "planned"): "planned, not yet posted",
    ("vendor", "timing"): "due in another period",
    ("vendor", "absorbed"): "not billed apart, by your rules",
    ("vendor", "unbilled"): "not billed on",
    ("vendor", "unmapped"): "customer or product not mapped",
    ("vendor", "unpriced"): "mapped, but without a price rule",
    ("vendor", "unassigned"): "names no customer",
    ("vendor", "disputed"): "disputed with Microsoft",
    ("vendor", "not_judged"): "due in a ledger that was not given",
    ("ledger", "matched"): "matched to Microsoft's charges",
    ("ledger", "timing"): "belongs to another period",
    ("ledger", "absorbed"): "settled by your rules",
    ("ledger", "over_billed"): "more than is due",
    ("ledger", "orphan"): "no charge stands behind it",
    ("ledger", "not_judged"): "Microsoft's invoice for it was not given",
    ("ledger", "out_of_scope"): "no cloud item",
}
"""What a verdict on a part of a charge or of a ledger line means."""

TITLES = {
    DIFFERENCE: ("Differences", "What should be billed is not what is billed."),
    EXPOSURE: ("Exposures", "Money at risk that no difference shows. Never added to the differences."),
}
"""What each of the two measures is called, and means."""

SIGNS = {DIFFERENCE: ("You lose", "Customers are over-charged"), EXPOSURE: ("At risk", "In your favour")}
"""What a positive and a negative sum of each measure means."""


def scope_words(result: Reconciliation) -> str:
    """Say which days and which of Microsoft's invoices the result covers."""
    days = period(result.start, result.last) or "no period"
    invoices = [plain(name) for name in sorted(result.invoices)]
    if not invoices:
        return f"{days}, no vendor invoice"
    if len(invoices) > 4:
        return f"{days}, {counted(len(invoices), 'vendor invoice')} ({invoices[0]} to {invoices[-1]})"
    return f"{days}, {'vendor invoice' if len(invoices) == 1 else 'vendor invoices'} {', '.join(invoices)}"


def vendor_proof(proof: Conservation) -> str:
    """Say what Microsoft billed and whether its lines and their verdicts add up to it."""
    currency = proof.currency
    lost = proof.vendor_lines - proof.verdicts
    if lost:
        return (
            f"Microsoft's lines sum to {money(proof.vendor_lines, currency)}, but verdicts cover only "
            f"{money(proof.verdicts, currency)}: {money(lost, currency)} has no place."
        )
    parts = f"{grouped(proof.vendor_lines, currency)} for services"
    if proof.vendor_tax:
        parts += f", {grouped(proof.vendor_tax, currency)} tax"
    if proof.adjustments:
        parts += f", {grouped(proof.adjustments, currency)} adjustments you named"
    missing = reached(proof)
    if missing is None or proof.vendor_header is None:
        return (
            f"Microsoft's lines sum to {money(total((proof.vendor_lines, proof.vendor_tax)), currency)} "
            f"({parts}), and every cent of them has its place; without the invoice's total, nothing proves that no "
            f"line is missing (give --vendor-total {currency}=AMOUNT)."
        )
    if missing:
        return (
            f"Microsoft's invoice says {money(proof.vendor_header, currency)}; what was read gives "
            f"{money(proof.vendor_header - missing, currency)} ({parts}): {money(missing, currency)} is not explained."
        )
    return f"Microsoft billed {money(proof.vendor_header, currency)}; every cent is accounted for: {parts}."


def ledger_proof(proof: Conservation) -> str:
    """Say what the ledger bills in scope and whether every cent of it has a verdict."""
    currency = proof.currency
    lost = proof.ledger_lines - proof.ledger_verdicts
    if lost:
        return (
            f"Your ledger's lines sum to {money(proof.ledger_lines, currency)}, but verdicts cover only "
            f"{money(proof.ledger_verdicts, currency)}: {money(lost, currency)} has no place."
        )
    return f"Your ledger's lines sum to {money(proof.ledger_lines, currency)} net; every cent of them has its place."


def stake_words(result: Reconciliation) -> tuple[str, ...]:
    """Say the money at stake in one sentence for each measure that has findings with an amount."""
    sentences = []
    for measures, (losing, charging) in SIGNS.items():
        parts = []
        for each in stakes(in_sum(measured(result, measures))):
            back = f" ({grouped(each.recurring, each.currency)} of it every period)" if each.recurring else ""
            parts += [f"{losing.lower()} {money(each.lost, each.currency)}{back}"] * bool(each.lost)
            parts += [f"{charging.lower()} {money(each.over, each.currency)}"] * bool(each.over)
        if parts:
            sentences.append(f"{TITLES[measures][0]}: {'; '.join(parts)}.")
    return tuple(sentences)


def fates(result: Reconciliation, side: str, currency: str) -> tuple[tuple[VerdictTotal, str], ...]:
    """Return each verdict of a side and currency with its meaning, the most money first."""
    return tuple(
        (each, MEANINGS.get((side, each.verdict), each.verdict.replace("_", " ")))
        for each in side_verdicts(result, side, currency)
    )


def holds(proof: Conservation) -> bool:
    """Tell whether header, lines and verdicts of both sides add up."""
    return (
        reached(proof) == ZERO and proof.vendor_lines == proof.verdicts and proof.ledger_lines == proof.ledger_verdicts
    )

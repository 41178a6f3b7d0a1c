"""Says which findings concern which lines, so that a line leads to what is to be done about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from connector.domain.finding import Finding
from connector.domain.line_rows import LEDGER, VENDOR
from connector.engine.reconciliation.alone import Unanswered
from connector.engine.reconciliation.apportioning import Place
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.verdicts import Verdict

# Kinds that are about records or files, not about lines that were judged.
_OF_NO_LINE = frozenset({"record_set_aside", "incomplete_vendor_file", "stale_source"})
# Kinds whose charges stand in slices of one status.
_OF_STATUS = {
    "unmapped_customer": "unmapped_customer",
    "unmapped_product": "unmapped_product",
    "unpriced_charge": "unpriced_charge",
    "ambiguous_mapping": "ambiguous_mapping",
    "charge_without_customer": "charge_without_customer",
    "cancelled_still_charged": "customer_ended",
}


class Concerns:
    """Look-ups from a line to the fingerprints of the findings that concern it."""

    def __init__(
        self, findings: Iterable[Finding], groups: Iterable[Judgement], unanswered: Iterable[Unanswered]
    ) -> None:
        by_key: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
        for finding in findings:
            by_key[finding.key].append(finding)
        self._at: dict[Place, set[str]] = defaultdict(set)
        self._of_charges: dict[tuple[str | None, ...], list[Finding]] = defaultdict(list)
        for judgement in groups:
            self._mark(by_key.pop(judgement.group.key, ()), judgement.verdicts)
        for one in unanswered:
            for finding in by_key.pop(one.key, ()):
                for line in one.lines:
                    self._at[LEDGER, line.source, line.line].add(finding.fingerprint)
        for others in by_key.values():
            for finding in others:
                self._index(finding)

    def of_ledger_line(self, source: str, line: int) -> tuple[str, ...]:
        """The fingerprints of the findings that concern a ledger line, in order."""
        return tuple(sorted(self._at.get((LEDGER, source, line), ())))

    def of_charge(self, row: Mapping[str, Any], statuses: Iterable[str]) -> tuple[str, ...]:
        """The fingerprints of the findings that concern a charge, in order; `statuses` are those of its slices."""
        found = set(self._at.get((VENDOR, row["source"], row["line"]), ()))
        for key in (
            ("subscription", row["subscription_id"]),
            ("product", row["customer_id"], row["product_id"]),
            ("type", row["charge_type"]),
        ):
            found.update(one.fingerprint for one in self._of_charges.get(key, ()) if _means(one, row, statuses))
        return tuple(sorted(found))

    def _mark(self, findings: Iterable[Finding], verdicts: Iterable[Verdict]) -> None:
        prints = {finding.fingerprint for finding in findings}
        if not prints:
            return
        for one in verdicts:
            for charge in one.charges:
                self._at[VENDOR, charge.source, charge.line] |= prints
            if one.side == LEDGER:
                self._at[LEDGER, one.source, one.line] |= prints

    def _index(self, finding: Finding) -> None:
        """Keep what a check found where the charges it is about will ask for it."""
        if finding.kind in _OF_NO_LINE:
            return
        about = finding.subject
        for each in finding.evidence:
            if each.source in (VENDOR, LEDGER):
                self._at[each.source, each.ref, each.line].add(finding.fingerprint)
        if finding.kind == "unknown_charge_type":
            self._of_charges["type", finding.key[3]].append(finding)
        elif about.subscription_id:
            self._of_charges["subscription", about.subscription_id].append(finding)
        elif about.product_id or finding.kind in _OF_STATUS:
            self._of_charges["product", about.tenant_id, about.product_id].append(finding)


def _means(finding: Finding, row: Mapping[str, Any], statuses: Iterable[str]) -> bool:
    about = finding.subject
    pairs = (
        (about.tenant_id, row["customer_id"]),
        (about.product_id, row["product_id"]),
        (about.sku_id, row["sku_id"]),
        (finding.currency if finding.valued_at == "cost" else None, row["currency"]),
        (finding.key[3] if finding.kind == "unknown_charge_type" else None, row["charge_type"]),
    )
    wanted = _OF_STATUS.get(finding.kind)
    return all(want is None or want == have for want, have in pairs) and (wanted is None or wanted in statuses)

"""Every kind of finding there is: what it measures, how grave it is, what it means and what to do.

A kind is one string, used in code, on the command line, in JSON, mail subjects, the docs and the tests. It measures
a difference (what should be billed is not what is billed) or an exposure (both agree, yet money is at risk); the two
are never added together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from connector.domain.differences import DIFFERENCES
from connector.domain.exposures import EXPOSURES

DIFFERENCE = "difference"
EXPOSURE = "exposure"

SEVERITIES = ("critical", "warning", "info")
"""The gravest first."""

AUDIT_BREAKING = frozenset({"incomplete_vendor_file", "stale_source"})
"""With one of these, a result is not audited."""


ON_THEIR_OWN = frozenset(
    {
        "changed_after_posting",
        "posted_document_edited",
        "posted_document_missing",
        "posted_into_closed_period",
        "tax_differs",
        "vendor_bill_differs",
    }
)
"""Differences that are summed kind by kind and never with the others: tax, and what happened to posted documents."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    `measures` is difference or exposure, `severity` the usual one of `SEVERITIES`, `title` a line for lists,
    `meaning` one sentence on what was seen, `advice` one sentence on what to do.
    """

    name: str
    measures: str
    severity: str
    title: str
    meaning: str
    advice: str

    @property
    def valued_at(self) -> str:
        """What the impact is counted in: cost for what has no selling price, sell for all else."""
        return "cost" if self.name in _VALUED_AT_COST else "sell"


_VALUED_AT_COST = frozenset(
    {
        "ambiguous_mapping",
        "azure_spend_high",
        "cancellation_window_closing",
        "cancelled_still_charged",
        "charge_without_customer",
        "incomplete_vendor_file",
        "partner_earned_credit_lost",
        "price_change_ahead",
        "price_sheet_republished",
        "promotion_ending",
        "record_set_aside",
        "renewal_ahead",
        "seats_changed_outside",
        "unknown_charge_type",
        "unmapped_customer",
        "unmapped_product",
        "unpriced_charge",
        "vendor_price_differs",
    }
)


def _kinds() -> dict[str, Kind]:
    measured = ((DIFFERENCE, DIFFERENCES), (EXPOSURE, EXPOSURES))
    return {row[0]: Kind(row[0], measures, *row[1:]) for measures, rows in measured for row in rows}


KINDS: Mapping[str, Kind] = MappingProxyType(_kinds())
"""All kinds by name, differences first."""

"""What an edit of the mapping changes: per customer, what is due under the old rules and under the new ones."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """One customer's month under two mappings, in one currency; nothing that is billed already counts here.

    `old` and `new` are net amounts due; `old_blocked` and `new_blocked` Microsoft's cost of what cannot be billed.
    """

    ledger: str
    customer: str
    customer_name: str
    currency: str
    old: Decimal
    new: Decimal
    old_blocked: Decimal = Decimal(0)
    new_blocked: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """By how much more is due."""
        return self.new - self.old

"""What the mapping covers: who and what is mapped, what is not and the money that hangs on it, and what lies unused."""

from dataclasses import dataclass
from decimal import Decimal

Money = tuple[tuple[str, Decimal], ...]
"""Amounts by currency, the currencies in order."""


@dataclass(frozen=True, slots=True)
class VendorCustomer:
    """A customer on the vendor's invoice, what it was charged (net cost), and where it is billed, if a rule says so.

    `ledger_customer` is None while no rule names it; `place` is the rule's file and line.
    """

    tenant_id: str
    name: str
    charged: Money
    ledger: str | None = None
    ledger_customer: str | None = None
    place: str = ""
    internal: bool = False

    @property
    def is_mapped(self) -> bool:
        """Whether its charges are billed, or absorbed on purpose."""
        return self.internal or self.ledger_customer is not None


@dataclass(frozen=True, slots=True)
class VendorProduct:
    """A product on the vendor's invoice, what it was charged (net cost), and the rules that bill it; `ambiguous` where
    two rules claim it with equal right. `lacking` is a rule that names it without an item in a ledger that needs one.
    """

    product_id: str
    sku_id: str
    name: str
    charged: Money
    places: tuple[str, ...] = ()
    ambiguous: bool = False
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class LedgerParty:
    """A customer or an item of a ledger: its names there, what is billed on it (net), and the rules that use it."""

    ledger: str
    id: str
    names: tuple[str, ...]
    billed: Money
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Both sides of the files that were read, and the rules that meet nothing in them (as text with their place)."""

    customers: tuple[VendorCustomer, ...]
    products: tuple[VendorProduct, ...]
    ledger_customers: tuple[LedgerParty, ...]
    items: tuple[LedgerParty, ...]
    unused_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ledger's customer or item that may be meant: how alike the names are (0 to 100), and what speaks for it or
    against it.
    """

    ledger: str
    id: str
    name: str
    score: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What an unmapped customer or product may be billed on. `sure` holds what stands out clearly: at most one for a
    customer, at most one of each ledger for a product. `lacking` is a rule to be completed rather than a new one
    written. A person decides in any case.
    """

    kind: str
    id: str
    sku_id: str
    name: str
    at_risk: Money
    sure: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]
    lacking: str = ""

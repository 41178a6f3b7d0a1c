"""The ledger lines that should have been: what each expected slice is billed as, by the rules and Microsoft's dates."""

from decimal import Decimal

from connector.domain.due_line import DueLine
from connector.domain.money import exponent, from_minor, round_half_up
from connector.engine.rates import UNIT_PLACES, Rate
from connector.engine.reconciliation.shapes import Slice


def due_line(piece: Slice, rate: Rate | None) -> DueLine | None:
    """The line that bills a slice; None where nothing is to be billed for it."""
    if not piece.worth or piece.item is None or piece.ledger_customer is None:
        return None
    amount = from_minor(piece.worth, piece.currency)
    percent = rate.tax_percent if rate else None
    counted = piece.method == "seats" and piece.seats
    unit = Decimal(piece.unit).scaleb(-UNIT_PLACES) if counted and piece.unit else None
    return DueLine(
        ledger=piece.ledger or "",
        customer=piece.ledger_customer,
        customer_name=(rate.customer_name if rate else None) or piece.customer_name or "",
        item=piece.item,
        description=piece.product_name or "",
        quantity=Decimal(abs(piece.seats)).scaleb(-3) if counted else None,
        unit_price=unit,
        amount=amount,
        tax=None if percent is None else round_half_up(amount * percent / 100, exponent(piece.currency)),
        currency=piece.currency,
        first=piece.period.start,
        last=piece.period.last,
        reference=piece.subscription_id or "",
    )

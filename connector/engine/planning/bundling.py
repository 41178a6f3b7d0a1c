"""Puts what a bundle takes in behind the bundle's line: it costs the customer nothing, and the partner what it costs.

So a document's margin knows every component, and an edit that takes one out of the bundle does not bill it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connector.engine.planning.pieces import Piece

# Ledger, its customer, tenant, currency, currency of the cost, bundle.
_Bundle = tuple[str, str, str, str, str, str]


def is_component(piece: Piece) -> bool:
    """Whether a bundle takes a piece in: the product that it counts bears its price."""
    return piece.of.method == "none" and bool(piece.of.charges) and piece.rate is not None and bool(piece.rate.bundle)


def with_components(planned: Sequence[Piece], components: Iterable[Piece]) -> list[Piece]:
    """Planned pieces, each bundle's first with the charges of its components; those without a bundle stay apart."""
    places: dict[_Bundle, int] = {}
    for at, piece in enumerate(planned):
        if piece.rate is not None and piece.rate.bundle and piece.counts:
            places.setdefault(_bundle_of(piece), at)
    made = list(planned)
    for component in components:
        at = places.get(_bundle_of(component), -1)
        if at >= 0:
            whole = made[at]
            refs, cost = (*whole.refs, *component.refs), whole.cost + component.cost
            made[at] = replace(whole, refs=refs, cost=cost)
    return made


def _bundle_of(piece: Piece) -> _Bundle:
    of = piece.of
    return (
        of.ledger or "", of.ledger_customer or "", of.customer_id or "", of.currency, of.cost_currency,
        (piece.rate.bundle if piece.rate else None) or "",
    )  # fmt: skip

"""Seats that Microsoft moved from one subscription to another, told by the reference that the lines share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from connector.engine.reconciliation.shapes import Slice

# Ledger, ledger customer, subscription.
Position = tuple[str, str, str]
_MOVES = ("convert", "movequantity")


def conversions(waiting: Mapping[Position, Iterable[Slice]]) -> Iterator[tuple[Position, Position, str]]:
    """Where seats went from and where to, by place, with the reference of the event.

    A move into a subscription that has seats takes all of these back and charges them anew: what remains counts.
    """
    events: dict[str, dict[Position, int]] = defaultdict(lambda: defaultdict(int))
    for place, pieces in waiting.items():
        for piece in pieces:
            if piece.kind in _MOVES and piece.reference_id:
                events[piece.reference_id][place] += -1 if piece.is_free else piece.seats
    for reference, event in sorted(events.items()):
        sources = [place for place, seats in event.items() if seats < 0]
        targets = [place for place, seats in event.items() if seats > 0]
        if len(sources) == len(targets) == 1:
            yield sources[0], targets[0], reference


def without(pieces: Iterable[Slice], reference: str) -> list[Slice]:
    """The slices as if nothing had been moved under this reference."""
    return [piece for piece in pieces if not (piece.kind in _MOVES and piece.reference_id == reference)]

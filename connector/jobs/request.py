"""What a reconciliation is asked for: the month, the totals given by hand, and the ledgers by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connector.domain.extraction import Freshness
from connector.domain.period import Period
from connector.domain.posted import PostedBook

# Below this the queries cost more than judging everything piece by piece.
SETTLE_FROM = 20_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to reconcile: the month (None: all vendor invoices read), header totals given by hand, ledgers by name.

    From `settle_from` charges on, what agrees to the cent is settled inside the query engine first; the result is
    the same (only the number of slices behind a verdict may differ, as lines are not cut). `newest` without a month
    means the last month that a vendor invoice's billing period ends in; unbilled lines do not count for it.
    `freshness` says how far the vendor was read where it was fetched, `posted` which documents are ours.
    """

    month: Period | None = None
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    taxes: Mapping[str, Decimal] = field(default_factory=dict)
    ledgers: tuple[str, ...] = ()
    settle_from: int = SETTLE_FROM
    newest: bool = False
    freshness: Freshness = field(default_factory=Freshness)
    posted: PostedBook = field(default_factory=PostedBook)

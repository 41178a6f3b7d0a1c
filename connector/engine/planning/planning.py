"""Makes the plan: what should be billed, less what is billed already, as documents, with all that stays and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.domain.document import Plan
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.billed import Billed
from connector.engine.planning.by_hand import HandBilled, SliceKey
from connector.engine.planning.documents import Documents
from connector.engine.planning.guards import changes, held
from connector.engine.planning.pieces import Piece, Shares
from connector.engine.planning.settling import Settler
from connector.engine.planning.terms import Terms


@dataclass(frozen=True, slots=True)
class Books:
    """What is billed already, by us and by people, and who is who."""

    billed: Billed
    accounts: Accounts
    by_hand: Mapping[SliceKey, HandBilled] = field(default_factory=dict)


def make_plan(pieces: Iterable[Piece], books: Books, terms: Terms, inputs: Mapping[str, str]) -> Plan:
    """Plan one month. Deterministic: the order of pieces and postings does not matter."""
    pieces = list(pieces)
    settled = Settler(books.billed, Shares(pieces), books.by_hand, books.accounts, terms).settle(pieces)
    making = Documents(books.accounts, books.billed, terms.guards.closed_until)
    documents = making.make(settled.planned, terms.period)
    changed = changes(documents, books.billed, terms)
    return Plan(
        period=terms.period,
        documents=tuple(documents),
        blocked=settled.blocked(),
        held=held(documents, changed, terms),
        unchanged=settled.unchanged,
        settled=settled.sums(),
        inputs=dict(sorted(inputs.items())),
        changes=changed,
    )

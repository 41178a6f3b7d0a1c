"""What is asked of a posting, which documents are meant by it, and what it came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connector.domain.document import Document, Held, Plan
from connector.domain.period import Period
from connector.domain.posting import Posting

if TYPE_CHECKING:
    from connector.jobs.posting_round import RoundEnd


@dataclass(frozen=True, slots=True)
class PostRequest:
    """What is to be posted, by whom, and how.

    A plan by its id, or the newest of a period, or neither: what was approved before. `only` names customers, by ledger
    id, name or tenant. `named` says that a person gave the plan's id; `released` are guards they let pass.
    """

    plan_id: str | None = None
    period: Period | None = None
    only: tuple[str, ...] = ()
    by: str = ""
    released: tuple[str, ...] = ()
    wait: bool = False

    @property
    def named(self) -> bool:
        """Whether a person said which plan they mean."""
        return self.plan_id is not None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan before it is posted: the documents that nothing holds, and what holds the others."""

    plan: Plan
    documents: tuple[Document, ...]
    wanted: tuple[Document, ...]
    held: tuple[Held, ...]


@dataclass(slots=True)
class Outcome:
    """What came of it: what was refused, how each ledger's round ended, and the postings concerned as they stand.

    Of annexes and mails those that are not done.
    """

    postings: tuple[Posting, ...] = ()
    refused: list[tuple[str, str]] = field(default_factory=list)
    ends: dict[str, "RoundEnd"] = field(default_factory=dict)
    run_id: str = ""


def is_meant(document: Document, only: Iterable[str]) -> bool:
    """Whether a document is for one of the customers named; all are where none is named."""
    names = [name.casefold() for name in only]
    own = {document.customer.casefold(), document.customer_name.casefold(), *map(str.casefold, document.tenants)}
    return not names or any(name in own for name in names)


def counted(postings: Iterable[Posting]) -> Mapping[str, int]:
    """How many postings are in each state, as a run's record names them."""
    counts: dict[str, int] = {}
    for posting in postings:
        name = f"postings {posting.state.value}"
        counts[name] = counts.get(name, 0) + 1
    return counts

"""Documents that we posted and that the ledger now shows with another amount, customer or line."""

from collections.abc import Iterable
from decimal import Decimal

from connector.domain.document import Document
from connector.domain.finding import Finding
from connector.domain.ledger import RemoteDocument
from connector.domain.money import ZERO
from connector.engine.posted_view import PostedView, net_of, tell
from connector.engine.sameness import differences, lost_amounts

KIND = "posted_document_edited"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per document: what was billed by it less what still is; none where it was taken back as it stands."""
    taken_back = view.taken_back()
    for posted in view.posted:
        there = view.standing(posted)
        if there is None or there.status in ("deleted", "void"):
            continue
        if there.party == posted.document.customer and net_of(there) == taken_back.get(posted.document.key):
            continue
        wrong = differences(posted.document, there)
        if wrong:
            text = f"{posted.number or posted.document.key}: {'; '.join(wrong)}"
            impact = _impact(posted.document, there)
            yield tell(KIND, posted.document, impact, text, net_of(there), posted.remote_id)


def _impact(document: Document, there: RemoteDocument) -> Decimal:
    """The money that moved: all of it where another customer has it, else what the document is smaller by.

    Where the total stayed, what is no longer on its lines as it was.
    """
    if there.party != document.customer:
        return document.net
    smaller = document.net - net_of(there)
    return smaller or sum(lost_amounts(document, there), ZERO)

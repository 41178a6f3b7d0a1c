"""Documents that we posted and that are no longer in the ledger, or are void there."""

from collections.abc import Iterable

from connector.domain.finding import Finding
from connector.domain.money import ZERO
from connector.engine.posted_view import PostedView, tell

KIND = "posted_document_missing"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per document: its whole amount is billed no more, unless another was made in its place."""
    replaced = view.replaced()
    for posted in view.posted:
        if view.is_known_to_be_gone(posted) and posted.document.key not in replaced:
            there = view.standing(posted)
            how = "is void" if there is not None and there.status == "void" else "was deleted"
            document = posted.document
            text = f"{document.kind.replace('_', ' ')} {posted.number or document.key} {how} in {document.ledger}"
            yield tell(KIND, document, document.net, text, ZERO, posted.remote_id)

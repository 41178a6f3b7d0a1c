"""Documents that we posted and that would be billed otherwise today: Microsoft's charges or the mapping changed."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Finding
from connector.engine.posted_view import PostedView, tell

KIND = "changed_after_posting"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per customer and month: what would be billed today less what was."""
    for drift in view.drifts:
        first = drift.documents[0]
        was = sum((document.net for document in drift.documents[1:]), first.net)
        found = tell(KIND, first, drift.change, drift.text, was, None)
        yield replace(found, expected=replace(found.expected, amount=was + drift.change))

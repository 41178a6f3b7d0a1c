"""Documents that we posted and that would be billed otherwise today: Microsoft's charges or the mapping changed."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.finding import Finding
from connector.engine.posted_view import PostedView, tell

KIND = "changed_after_posting"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per customer and month: what would be billed today less what was."""
    for drift in view.drifts:
        first, days = drift.documents[0], drift.month
        found = tell(KIND, first, drift.change, drift.text, drift.was, None)
        if first.period != days:
            # A quarter or year that was billed in advance is told of month by month.
            found = replace(found, key=(*found.key, str(days)), first=days.start, last=days.last)
        yield replace(found, expected=replace(found.expected, amount=drift.was + drift.change))

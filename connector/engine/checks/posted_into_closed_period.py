"""Documents that we posted into an open month and that now bear a day in the closed books."""

from collections.abc import Iterable

from connector.domain.finding import Finding
from connector.engine.posted_view import PostedView, net_of, tell

KIND = "posted_into_closed_period"


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per document that was given another day, on or before the last one of the closed books.

    A document that keeps its day and whose month is closed later is as it should be.
    """
    for ledger, closed_until in sorted(view.closed_until.items()):
        for posted, there in view.ours_in(ledger):
            if there.day <= closed_until and there.day != posted.document.day:
                text = (
                    f"{posted.number or posted.document.key} was dated {posted.document.day} and is dated {there.day} "
                    f"now, but the books of {ledger} are closed until {closed_until}"
                )
                yield tell(KIND, posted.document, net_of(there), text, net_of(there), posted.remote_id)

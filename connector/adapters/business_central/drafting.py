"""Makes drafts in Business Central, and lets none go on that is not equal to the cent to what was meant."""

from connector.adapters.business_central.client import Client
from connector.adapters.business_central.comparing import differences, overwritten
from connector.adapters.business_central.finding import Finder
from connector.adapters.business_central.language import address
from connector.adapters.business_central.outcomes import preparing, writing
from connector.adapters.business_central.translate import BY_KIND, Page
from connector.adapters.business_central.values import Body, Unreadable, key, text
from connector.domain.errors import ConnectorError
from connector.domain.posting import NeverSent, NumberTaken, OutcomeUnknown, Rejected, Sent, Stamp
from connector.ports import Clock

LATEST_START = 15
"""Seconds that the questions before a write may take: who stood still longer does not send any more."""


class Drafts:
    """The drafts of one company; nothing in it tries a creation twice."""

    def __init__(self, client: Client, finder: Finder, clock: Clock) -> None:
        self._client, self._finder, self._clock = client, finder, clock
        self._ledger = client.ledger

    def make(self, payload: str, stamp: Stamp) -> Sent:
        """Look for the mark, create the draft, and look again. Raises as PostingLedger.send does."""
        page, begun = BY_KIND[stamp.kind], self._clock.monotonic()
        with preparing(stamp.number):
            there = self._finder.marked(stamp, hasty=True)
        if there:
            number, its_id = text(there[0].get("number")), key(there[0].get("id"))
            raise NumberTaken(f"{stamp.number}: document {number} in Business Central bears our mark already.", its_id)
        self.refuse_lateness(begun, stamp)
        try:
            with writing(stamp.number):
                made = self._client.create(page.name, payload)
        except Rejected as failure:
            raise self._leftover(failure, stamp) from failure
        new_id = key(made.get("id"))
        if not new_id:
            raise OutcomeUnknown(
                f"Business Central ({self._ledger}) answered without the id of {stamp.number}; it is looked up before "
                "anything is sent again."
            )
        self._compare(page, payload, stamp, new_id)
        return Sent(new_id, text(made.get("@odata.etag")), text(made.get("number")))

    def refuse_lateness(self, begun: float, stamp: Stamp) -> None:
        """Raise NeverSent where so much time has passed that others may count on nothing being sent any more."""
        if self._clock.monotonic() - begun > LATEST_START:
            raise NeverSent(f"{stamp.number}: not sent, for the look before took longer than {LATEST_START} seconds.")

    def refuse_differences(self, page: Page, payload: str, stamp: Stamp, body: Body) -> None:
        """Raise Rejected where a draft is not what was sent; it is named, and left as it is."""
        try:
            found = self._finder.read(page, body)
        except Unreadable as wrong:
            raise Rejected(f"{stamp.number}: {wrong} The draft is left as it is.") from wrong
        wrong_in = differences(page, payload, found, body)
        if wrong_in:
            raise Rejected(
                f"{stamp.number}: Business Central ({self._ledger}) made something else of it: {'; '.join(wrong_in)}. "
                f"Draft {text(body.get('number'))} is left and was not posted; delete it there, correct what changed "
                "the amounts (price lists, discounts, prices including tax), then resolve the posting as absent."
            )

    def _compare(self, page: Page, payload: str, stamp: Stamp, new_id: str) -> None:
        """Look at the draft that was made, and whether it is the only one. What cannot be seen now is seen later."""
        try:
            found = self._finder.marked(stamp, hasty=True)
        except ConnectorError:
            return  # the look before its posting compares it as well
        others = [text(one.get("number")) for one in found if key(one.get("id")) != new_id]
        if others:
            raise NumberTaken(
                f"{stamp.number}: Business Central ({self._ledger}) holds it {len(found)} times, also as "
                f"{', '.join(others)}."
            )
        for body in found:
            again = self._straightened(page, payload, stamp, body)
            self.refuse_differences(page, payload, stamp, again)

    def _straightened(self, page: Page, payload: str, stamp: Stamp, body: Body) -> Body:
        """Give lines their price once more where the order of the page, not ours, let a price list overwrite it.

        The price of a draft may be written again without harm: it is the same one, and nothing is posted before all of
        it is compared.
        """
        prices = overwritten(page, payload, body)
        for line, version, price in prices:
            with writing(stamp.number):
                self._client.change(address(page.lines, line), {page.price: price}, version)
        return (self._finder.body(page, key(body.get("id")), hasty=True) or body) if prices else body

    def _leftover(self, failure: Rejected, stamp: Stamp) -> ConnectorError:
        """A refusal that names what it left behind, where it did."""
        try:
            there = self._finder.marked(stamp, hasty=True)
        except ConnectorError as unseen:
            return OutcomeUnknown(f"{failure} It could not be looked up: {unseen}")
        if not there:
            return failure
        left = ", ".join(text(one.get("number")) for one in there)
        return Rejected(f"{failure} Draft {left} is left in Business Central; delete it there.")

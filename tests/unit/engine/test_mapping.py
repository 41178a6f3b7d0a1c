"""A later exception for the same subscription supersedes the earlier one; two different ones tie."""

from datetime import date

from connector.domain.errors import Place
from connector.domain.rules import Mapping, SubscriptionRule, Validity
from connector.engine.mapping import Book, Offer, Tie

SUBSCRIPTION = "9d7d1f3d-c8de-461c-db6d-91debd5129f0"


def _offer(day: date) -> Offer:
    return Offer(None, None, SUBSCRIPTION, None, None, "license", None, None, None, day, None)


def _rule(line: int, item: str, start: date | None = None) -> SubscriptionRule:
    return SubscriptionRule(
        Place("rules.yaml", line), subscription_id=SUBSCRIPTION, item=item, validity=Validity(start, None)
    )


def test_a_later_exception_supersedes_the_earlier() -> None:
    book = Book(Mapping(subscriptions=(_rule(1, "31"), _rule(2, "32", date(2026, 10, 1)))))
    before, after = book.exception(_offer(date(2026, 9, 30))), book.exception(_offer(date(2026, 10, 1)))
    assert isinstance(before, SubscriptionRule)
    assert isinstance(after, SubscriptionRule)
    assert (before.item, after.item) == ("31", "32")


def test_exceptions_by_different_names_tie() -> None:
    other = SubscriptionRule(Place("rules.yaml", 2), subscription_id=SUBSCRIPTION, tag="team", item="33")
    book = Book(Mapping(subscriptions=(_rule(1, "31"), other)))
    offer = Offer(None, None, SUBSCRIPTION, None, None, "azure", None, None, None, date(2026, 10, 1), None, "0,1")
    assert book.exception(offer) == Tie(("rules.yaml:1", "rules.yaml:2"))

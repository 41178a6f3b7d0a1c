"""Bindings: from a subscription to every line it is billed on, and from a line to its subscriptions."""

from datetime import date

from connector.domain.posting import State
from connector.domain.rules import Mapping, ProductRule, Selector, Template, Validity
from connector.engine.mapping import Book
from connector.engine.planning.bindings import by_mapping, by_posting
from connector.engine.reconciliation.shapes import Lifetime
from tests.builders import SUBSCRIPTION, TENANT
from tests.desk import HERE, Desk, charge, customer, piece, post

OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"


def test_postings_tie_both_ways_and_with_history() -> None:
    at = Desk(customers=(customer(template="mine"),), templates=(Template("mine", HERE, lines="per_product"),))
    both = [piece(), piece(charge("200.00", "r2"), subscription_id=OTHER)]
    posted = post(at.plan(both).documents)
    posted += post(at.plan([piece(charge("200.00", "r3"), ledger_customer="77")], posted).documents, 2)
    found = by_posting(posted)
    mine = [one for one in found if one.subscription_id == SUBSCRIPTION]
    assert [(one.ledger_customer, one.document_id, one.line) for one in mine] == [
        ("58", "CSP-00001", "1"), ("77", "CSP-00002", "1"),
    ]  # fmt: skip
    assert {one.subscription_id for one in found if one.document_id == "CSP-00001"} == {SUBSCRIPTION, OTHER}
    assert {one.valid for one in found} == {Validity(date(2026, 10, 1), date(2026, 11, 1))}


def test_what_was_refused_ties_nothing() -> None:
    assert by_posting(post(Desk().plan([piece()]).documents, state=State.REJECTED)) == []


def test_the_mapping_ties_what_is_charged_and_what_is_on_file() -> None:
    mapping = Mapping(
        customers=(customer(),),
        products=(ProductRule("Premium", Selector(product_id="CFQ7TTC0LCHC"), (("", "31"),), HERE),),
    )
    life = Lifetime(
        OTHER, TENANT, "CFQ7TTC0LCHC", "0002", "active", False, date(2026, 1, 1), None, "P1Y", "monthly", None, None,
        "subscriptions.jsonl", 1,
    )  # fmt: skip
    found = by_mapping(Book(mapping), lambda name: name or "", [piece()], [life])
    assert [(one.subscription_id, one.ledger_customer, one.item, one.origin) for one in found] == [
        (OTHER, "58", "31", "mapping"), (SUBSCRIPTION, "58", "31", "mapping"),
    ]  # fmt: skip

"""Which subscription is billed where can be read from both ends, and as it was on any day."""

from dataclasses import replace
from datetime import date, timedelta

from connector.domain.binding import Binding, Origin
from connector.domain.rules import Validity
from connector.store import Store
from tests.databases import StillClock

MAPPED = Binding(
    ledger="books", ledger_customer="58", item="31", subscription_id="sub-1", origin=Origin.MAPPING, tenant_id="t",
    order_id="o", product_id="p", sku_id="s",
)  # fmt: skip
OCTOBER = Validity(date(2026, 10, 1), date(2026, 11, 1))
POSTED = replace(MAPPED, origin=Origin.POSTING, document_id="inv-1", line="2", valid=OCTOBER)


def seen(bindings: tuple[Binding, ...]) -> list[Binding]:
    return [replace(binding, first_seen=None, last_seen=None) for binding in bindings]


def test_a_tie_is_read_from_both_ends(store: Store) -> None:
    other = replace(POSTED, subscription_id="sub-2")
    with store.work() as work:
        assert work.bindings.bind([MAPPED, POSTED, other]) == 3
    with store.look() as work:
        bindings = work.bindings
        assert seen(bindings.of_subscription("sub-1")) == [MAPPED, POSTED]
        assert seen(bindings.of_line("books", "inv-1", "2")) == [POSTED, other]
        assert bindings.of_line("books", "inv-1", "3") == ()
        assert seen(bindings.of_line("books", "inv-1")) == [POSTED, other]
        assert seen(bindings.of_customer("books", "58", "31", on=date(2026, 12, 1))) == [MAPPED]
        assert seen(tuple(bindings.standing())) == [MAPPED]


def test_seeing_it_again_adds_nothing_but_the_day(store: Store, clock: StillClock) -> None:
    with store.work() as work:
        work.bindings.bind([MAPPED, MAPPED])
    first = clock.now()
    clock.sleep(3600)
    with store.work() as work:
        assert work.bindings.bind([replace(MAPPED, order_id="o-2", sku_id="")]) == 0
        (found,) = work.bindings.of_subscription("sub-1")
    assert (found.first_seen, found.last_seen) == (first, clock.now())
    assert (found.order_id, found.sku_id) == ("o-2", "s")


def test_pointing_it_elsewhere_ends_what_was_and_keeps_it(store: Store) -> None:
    moved = replace(MAPPED, ledger_customer="77", valid=Validity(date(2026, 11, 10)))
    with store.work() as work:
        work.bindings.bind([MAPPED, POSTED])
    with store.work() as work:
        work.bindings.bind([moved])
    with store.look() as work:
        before, fact, after = work.bindings.of_subscription("sub-1")
        assert before.valid == Validity(None, date(2026, 11, 10))
        assert fact.valid == OCTOBER
        assert after.ledger_customer == "77"
        for day in (date(2026, 11, 9), date(2026, 11, 10), date(2027, 1, 1)):
            standing = [one.ledger_customer for one in work.bindings.standing(on=day)]
            assert standing == ["58" if day < date(2026, 11, 10) else "77"]
        assert work.bindings.of_subscription("sub-1", on=date(2026, 10, 31)) == (before, fact)


def test_at_no_day_does_it_point_to_two_customers(store: Store) -> None:
    first = date(2026, 1, 1)
    with store.work() as work:
        for number, offset in enumerate((0, 60, 30, 90)):
            start = first + timedelta(days=offset)
            work.bindings.bind([replace(MAPPED, ledger_customer=str(number), valid=Validity(start))])
    with store.look() as work:
        for offset in range(0, 120, 10):
            on = first + timedelta(days=offset)
            assert len(list(work.bindings.standing(on=on))) == 1, on

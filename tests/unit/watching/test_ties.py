"""A subscription is tied to where it is billed, and tied anew, with its history, when it becomes another product."""

from dataclasses import replace
from datetime import date

from connector.domain.watched import Held, Offered
from connector.engine.watching.ties import ties
from tests.unit.watching.views import E3, MAPPING, held, view

UPGRADED = Offered(E3, "0001", "P1Y", "monthly")


def tied(*states: Held) -> list[tuple[str, date | None, date | None]]:
    seen = view([states[-1]])
    seen = replace(seen, sightings={states[-1].subscription_id: states})
    return [(one.item, one.valid.start, one.valid.end) for one in ties(seen)]


def at(day: str, **changes: object) -> Held:
    return held(observed_at=f"{day}T02:00:00Z", **changes)


def test_what_never_changed_is_tied_without_days() -> None:
    assert tied(at("2026-03-01"), at("2026-12-01")) == [("31", None, None)]


def test_another_product_is_tied_anew_from_its_first_day_and_the_former_until_then() -> None:
    """Seen as another product on 5 December; its term began on the 1st."""
    after = at("2026-12-05", offered=UPGRADED, term_start=date(2026, 12, 1))
    assert tied(at("2026-11-20"), after) == [("31", None, date(2026, 12, 1)), ("32", date(2026, 12, 1), None)]
    within = at("2026-12-05", offered=UPGRADED)
    assert tied(at("2026-11-20"), within)[1] == ("32", date(2026, 12, 5), None)


def test_what_has_ended_is_tied_until_its_last_day() -> None:
    gone = at("2026-11-10", status="deleted", auto_renew=False)
    later = at("2026-12-10", status="deleted", auto_renew=False)
    assert tied(at("2026-03-01"), gone, later) == [("31", None, date(2026, 11, 10))]


def test_what_no_rule_bills_is_not_tied() -> None:
    stranger = view([held()], mapping=replace(MAPPING, products=()))
    assert list(ties(stranger)) == []

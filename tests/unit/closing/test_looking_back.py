"""What was found and recovered is summed by side, and two reports of a month are told apart number by number."""

from datetime import UTC, datetime
from decimal import Decimal

from connector.domain.dispute import Dispute
from connector.domain.dispute import Standing as State
from connector.domain.standing import Acceptance, FindingEvent, Life, Standing, Telling
from connector.engine.closing.comparing import shifts
from connector.engine.closing.leaking import disputed, leakage

AT = datetime(2026, 11, 10, tzinfo=UTC)


def standing(name: str, impact: str, life: Life = Life.OPEN, kind: str = "unbilled_charge") -> Standing:
    told = {} if life is Life.RESOLVED else {
        "2026-10": Telling(name, kind, "difference", "critical", Decimal(impact), "USD", "{}")
    }  # fmt: skip
    accepted = Acceptance("agreed", "jane", AT, None, Decimal(0), Decimal(impact)) if life is Life.ACCEPTED else None
    return Standing(name, kind, "difference", "critical", "USD", life, AT, AT, told, accepted)


def resolved(name: str, before: str) -> FindingEvent:
    return FindingEvent(1, name, AT, "resolved", "", "", "2026-10", Decimal(before), Decimal(0), "USD", "run")


def test_found_is_recovered_accepted_and_open_together() -> None:
    found = leakage(
        [
            standing("a", "100.00"), standing("b", "40.00", Life.ACCEPTED), standing("c", "0", Life.RESOLVED),
            standing("d", "-30.00"), standing("e", "9.00", kind="tax_differs"),
            standing("f", "7.00", kind="margin_below_floor"),
        ],
        [resolved("c", "60.00"), resolved("c", "5.00"), resolved("gone", "1000.00")],
    )  # fmt: skip
    shown = [(one.side, f"{one.found:f}", f"{one.recovered:f}", f"{one.accepted:f}", f"{one.open:f}") for one in found]
    assert shown == [
        ("lost", "205.00", "65.00", "40.00", "100.00"),
        ("over_charged", "30.00", "0", "0", "30.00"),
    ]


def dispute(name: str, state: State, claimed: str, recovered: str = "0") -> Dispute:
    return Dispute(name, state, Decimal(claimed), Decimal(recovered), "USD", "", "", "jane", AT)


def test_what_microsoft_charged_too_much_is_summed_by_what_became_of_it() -> None:
    """40.00 claimed and 25.00 credited, 7.00 refused, 10.00 raised, 5.00 not raised yet."""
    kind = "vendor_price_differs"
    (found,) = disputed(
        [standing("a", "40.00", kind=kind), standing("e", "5.00", kind=kind), standing("f", "-3.00", kind=kind)],
        [
            dispute("a", State.CREDITED, "40.00", "25.00"), dispute("b", State.REFUSED, "7.00"),
            dispute("c", State.RAISED, "10.00"),
        ],
    )  # fmt: skip
    parts = (found.side, found.found, found.recovered, found.accepted, found.open)
    assert parts == ("vendor", Decimal("62.00"), Decimal("25.00"), Decimal("22.00"), Decimal("15.00"))


def test_shifts_name_what_came_what_went_and_what_is_other() -> None:
    before = {("proof", "USD"): "1.00", ("finding", "a"): "5.00", ("same",): "x"}
    after = {("proof", "USD"): "2.00", ("finding", "b"): "7.00", ("same",): "x"}
    assert [(one.what, one.before, one.after) for one in shifts(before, after)] == [
        (("finding", "a"), "5.00", None), (("finding", "b"), None, "7.00"), (("proof", "USD"), "1.00", "2.00"),
    ]  # fmt: skip
    assert shifts(before, before) == ()

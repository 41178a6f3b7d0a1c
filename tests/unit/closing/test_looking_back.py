"""What was found and recovered is summed by side, and two reports of a month are told apart number by number."""

from datetime import UTC, datetime
from decimal import Decimal

from connector.domain.standing import Acceptance, FindingEvent, Life, Standing, Telling
from connector.engine.closing.comparing import shifts
from connector.engine.closing.leaking import leakage

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


def test_shifts_name_what_came_what_went_and_what_is_other() -> None:
    before = {("proof", "USD"): "1.00", ("finding", "a"): "5.00", ("same",): "x"}
    after = {("proof", "USD"): "2.00", ("finding", "b"): "7.00", ("same",): "x"}
    assert [(one.what, one.before, one.after) for one in shifts(before, after)] == [
        (("finding", "a"), "5.00", None), (("finding", "b"), None, "7.00"), (("proof", "USD"), "1.00", "2.00"),
    ]  # fmt: skip
    assert shifts(before, before) == ()

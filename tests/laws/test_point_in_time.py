"""Law 5: a past month is judged by what was known then; what happened later changes nothing."""

import json

import pytest

from tests.builders import MadeUp, document

LATER = "2026-12-15T08:00:00Z"


def add_sightings(world: MadeUp, **changes: object) -> int:
    """See every running subscription once more, long after the month, in another state."""
    path = world.folder / "subscriptions.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    latest = {record["id"]: record for record in map(json.loads, lines) if record["status"] == "active"}
    with path.open("a", encoding="utf-8") as out:
        for record in latest.values():
            out.write(json.dumps({**record, "observedAt": LATER, **changes}) + "\n")
    return len(latest)


@pytest.mark.parametrize(
    "changes",
    [{"quantity": 999}, {"status": "suspended"}, {"status": "deleted"}, {"billingCycle": "annual"}],
    ids=["quantity", "suspended", "deleted", "billing plan"],
)
def test_what_became_of_a_subscription_later_changes_nothing(
    copy: MadeUp, world: MadeUp, changes: dict[str, object]
) -> None:
    assert add_sightings(copy, **changes) > 50
    assert plain(copy) == plain(world)


def plain(world: MadeUp) -> object:
    return json.loads(json.dumps(document(world.reconcile())).replace(str(world.folder), ""))


def test_a_run_of_a_past_month_can_be_repeated(world: MadeUp) -> None:
    assert plain(world) == plain(world)

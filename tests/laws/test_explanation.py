"""Law 3: in every compared group, expected − actual is the sum of what the findings say, to the cent."""

import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.engine.reconciliation import summing
from connector.engine.reconciliation.judging import Judgement
from tests.builders import make_world
from tests.laws.test_conservation import rework_ledger

OWN_SUMS = {"tax_differs"}


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the run sums up, before tolerances hide a cent of it."""
    seen: dict[str, Any] = {}
    sum_up = summing.sum_up

    def listen(**given: Any) -> Any:
        given["found"], given["verdicts"] = list(given["found"]), list(given["verdicts"])
        seen.update(given)
        return sum_up(**given)

    monkeypatch.setattr(summing, "sum_up", listen)
    return seen


def minor(currency: str) -> int:
    return {"JPY": 0}.get(currency, 2)


def explained(judgement: Judgement) -> Decimal:
    places = judgement.group.places
    return sum((Decimal(amount).scaleb(-places) for _, amount in judgement.claims), Decimal(0))


def settled_by_ledger(judgement: Judgement) -> Decimal:
    return sum((verdict.amount for verdict in judgement.verdicts if verdict.side == "ledger"), Decimal(0))


def whole_groups(groups: tuple[Judgement, ...]) -> Iterator[tuple[Judgement, Decimal]]:
    """The groups in which every day is compared, with their difference from slices and verdicts of the ledger."""
    for judgement in groups:
        group = judgement.group
        if any(line.currency != group.currency for line in group.lines) or group.ledger_fates:
            continue
        touched = [stretch for stretch in group.stretches if stretch.worth or stretch.amount]
        if all(stretch.fate in ("compared", "over") for stretch in touched):
            due = Decimal(sum(piece.worth for piece in group.slices)).scaleb(-minor(group.currency))
            yield judgement, due - settled_by_ledger(judgement)


def hold(summed: dict[str, Any]) -> int:
    """Hold each group's claims to its difference, and its findings to its claims; count the groups."""
    impacts: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for finding in summed["found"]:
        if finding.measures == "difference" and finding.kind not in OWN_SUMS:
            impacts[finding.key] += finding.impact
            if finding.causes:
                assert sum((cause.amount for cause in finding.causes), Decimal(0)) == finding.impact, finding
    claims: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for judgement in summed["groups"]:
        claims[judgement.group.key] += explained(judgement)
    for key, amount in claims.items():
        assert impacts[key] == amount, key
    whole = list(whole_groups(summed["groups"]))
    for judgement, due in whole:
        assert explained(judgement) == due, (judgement.group.key, judgement.claims)
    return len(whole)


@pytest.mark.parametrize("seed", range(6))
def test_the_findings_of_a_group_sum_to_its_difference(seed: int, tmp_path: Path, summed: dict[str, Any]) -> None:
    world = make_world(tmp_path, 200 + seed, customers=24)
    rework_ledger(tmp_path, random.Random(seed), 5 * seed)
    world.reconcile()
    assert hold(summed) > 20

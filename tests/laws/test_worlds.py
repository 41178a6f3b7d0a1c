"""Made-up worlds are judged as their truth says, to the cent: nothing missed, nothing made up, nothing lost."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import Outcome
from tests.builders import MadeUp, differences_from_truth, ledger_rows, make_world, tell, vendor_rows


def sums(amounts: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        total[currency] += Decimal(amount)
    return dict(total)


def net(row: dict[str, str]) -> str:
    return f"-{row['amount'].lstrip('-')}" if row["document_type"] == "credit_memo" else row["amount"]


def hold_sums(world: MadeUp, outcome: Outcome) -> None:
    """The verdicts of each side against the sums of the files, read here by other means than the connector's."""
    in_scope = set(outcome.result.invoices)
    vendor = [row for row in vendor_rows(world.folder) if row["InvoiceNumber"] in in_scope]
    expected = {
        "vendor": sums((row["Currency"], row["Subtotal"]) for row in vendor),
        "ledger": sums((row["currency"], net(row)) for row in ledger_rows(world.folder)),
    }
    for side, by_currency in expected.items():
        found = sums((one.currency, str(one.amount)) for one in outcome.result.verdicts if one.side == side)
        assert found == by_currency, side
    proof = {one.currency: (one.vendor_lines, one.verdicts) for one in outcome.result.conservation}
    assert proof == {currency: (amount, amount) for currency, amount in expected["vendor"].items()}


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_world_with_mistakes_is_judged_as_its_truth_says(seed: int, tmp_path: Path) -> None:
    world = make_world(tmp_path, seed)
    outcome = world.reconcile()
    missed, made_up = differences_from_truth(world.truth, outcome.result.findings)
    assert (missed, [tell(finding) for finding in made_up]) == ([], [])
    assert outcome.result.result == world.truth["result"]
    hold_sums(world, outcome)


@pytest.mark.parametrize(("seed", "months"), [(1, 1), (2, 1), (3, 1), (4, 1), (1, 3), (2, 3)])
def test_a_world_without_mistakes_is_reconciled(seed: int, months: int, tmp_path: Path) -> None:
    world = make_world(tmp_path, seed, months=months, defects=False)
    outcome = world.reconcile()
    assert [tell(finding) for finding in outcome.result.findings] == []
    assert (outcome.result.result, outcome.result.because) == ("reconciled", ())
    hold_sums(world, outcome)

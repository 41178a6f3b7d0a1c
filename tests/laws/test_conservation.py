"""Laws 1 and 2: every cent of Microsoft's lines, and of the ledger's, has a verdict, whatever people did to either."""

import csv
import gzip
import io
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import Outcome, reconcile_files
from tests.builders import MadeUp, Month, ledger_line, ledger_rows, make_world, vendor_line, vendor_rows

Row = dict[str, str]


def sums(pairs: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in pairs:
        total[currency] += Decimal(amount)
    return {currency: amount for currency, amount in total.items() if amount}


def net(row: Row) -> str:
    return f"-{row['amount'].lstrip('-')}" if row["document_type"] == "credit_memo" else row["amount"]


def hold(outcome: Outcome, folder: Path) -> None:
    """The verdicts against the files, read here by other means than the connector's."""
    by_side = {
        side: sums((v.currency, str(v.amount)) for v in outcome.result.verdicts if v.side == side)
        for side in ("vendor", "ledger")
    }
    assert by_side["vendor"] == sums((row["Currency"], row["Subtotal"]) for row in vendor_rows(folder))
    assert by_side["ledger"] == sums((row["currency"], net(row)) for row in ledger_rows(folder))


def drop(rows: list[Row], chance: random.Random) -> None:
    del rows[chance.randrange(len(rows))]


def double(rows: list[Row], chance: random.Random) -> None:
    rows.append({**chance.choice(rows), "document_number": f"D-{chance.randrange(10**9)}"})


def another_amount(rows: list[Row], chance: random.Random) -> None:
    row = chance.choice(rows)
    row["amount"] = str(Decimal(chance.randrange(-99999, 99999)).scaleb(-2))


def another_quantity(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows)["quantity"] = str(chance.choice(["", 0, 1, 3, 250, Decimal("0.333")]))


def other_dates(rows: list[Row], chance: random.Random) -> None:
    row = chance.choice(rows)
    row["service_start"] = f"2026-{chance.randrange(8, 12):02}-{chance.randrange(1, 29):02}"
    row["service_end"] = chance.choice(["", f"2026-12-{chance.randrange(1, 31):02}"])


def no_dates(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows).update(service_start="", service_end="")


def another_item(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows)["item_id"] = chance.choice(rows)["item_id"]


def another_customer(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows)["customer_id"] = chance.choice([chance.choice(rows)["customer_id"], "nobody"])


def another_reference(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows)["reference"] = chance.choice(["", chance.choice(rows)["reference"], "call me"])


def another_currency(rows: list[Row], chance: random.Random) -> None:
    chance.choice(rows)["currency"] = chance.choice(["USD", "EUR", "JPY"])


CHANGES: tuple[Callable[[list[Row], random.Random], None], ...] = (
    drop, double, another_amount, another_quantity, other_dates, no_dates, another_item, another_customer,
    another_reference, another_currency,
)  # fmt: skip


def rework_ledger(folder: Path, chance: random.Random, changes: int) -> None:
    for path in sorted((folder / "ledger").glob("*.csv")):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        for _ in range(changes):
            chance.choice(CHANGES)(rows, chance)
        for row in rows:
            if row["currency"] == "JPY":
                row["amount"] = str(int(Decimal(row["amount"])))
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def rework_vendor(folder: Path, chance: random.Random, changes: int) -> None:
    for path in sorted((folder / "vendor").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
        for _ in range(changes):
            row = chance.choice(rows)
            match chance.randrange(6):
                case 0:
                    rows.remove(row)
                case 1:
                    rows.append({**row, "Subtotal": str(Decimal(row["Subtotal"]) * 2)})
                case 2:
                    row["Subtotal"] = str(Decimal(chance.randrange(-(10**7), 10**7)).scaleb(-4))
                case 3:
                    row["BillableQuantity"] = row["Quantity"] = str(chance.randrange(40))
                case 4:
                    row["ChargeType"] = chance.choice(["cycleCharge", "addQuantity", "customerCredit", "somethingNew"])
                case _:
                    row["CustomerId"] = chance.choice([chance.choice(rows)["CustomerId"], ""])
        with gzip.open(path, "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_whatever_was_done_to_both_sides(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    world = make_world(tmp_path, 100 + seed, customers=24, months=1 + seed % 2)
    rework_ledger(tmp_path, chance, 4 * seed)
    rework_vendor(tmp_path, chance, 2 * seed)
    request = world.request(vendor=tuple(sorted((tmp_path / "vendor").iterdir())), month=None)
    outcome = reconcile_files(request)
    hold(outcome, tmp_path)
    assert not any("do not sum" in reason for reason in outcome.result.because)


def outcome_of(month: Month) -> Outcome:
    request = MadeUp(
        month.folder,
        {
            "arguments": {
                "vendor": ["vendor.csv"],
                "ledger": ["=ledger.csv"],
                "mappings": "mappings",
                "vendor_total": month.totals,
            }
        },
    ).request()
    return reconcile_files(request)


def test_a_header_that_is_reached_is_reconciled(tmp_path: Path) -> None:
    outcome = outcome_of(Month(tmp_path).write())
    assert (outcome.result.result, outcome.result.findings) == ("reconciled", ())


@pytest.mark.parametrize("total", ["199.99", "200.01", "0", "-200.00", "2000"])
def test_a_header_that_is_not_reached_is_never_reconciled(tmp_path: Path, total: str) -> None:
    outcome = outcome_of(Month(tmp_path, totals={"USD": total}).write())
    assert outcome.result.result == "not_audited"
    (finding,) = outcome.result.findings
    assert (finding.kind, finding.impact) == ("incomplete_vendor_file", Decimal(total) - 200)


def test_without_a_header_nothing_is_called_reconciled(tmp_path: Path) -> None:
    clean = outcome_of(Month(tmp_path / "clean", totals={}).write())
    assert (clean.result.result, len(clean.result.because)) == ("not_audited", 1)
    wrong = outcome_of(Month(tmp_path / "wrong", totals={}, ledger=[ledger_line(amount="230.00")]).write())
    assert wrong.result.result == "differences"


@pytest.mark.parametrize(("amount", "result"), [("-12.50", "reconciled"), ("-12.49", "not_audited")])
def test_a_named_adjustment_closes_the_gap_to_the_header_and_nothing_else_does(
    tmp_path: Path, amount: str, result: str
) -> None:
    month = Month(tmp_path, totals={"USD": "187.50"})
    month.mapping += (
        f"adjustments: [{{invoice: G012345678, amount: {amount}, currency: USD, reason: agreed, by: jane}}]\n"
    )
    assert outcome_of(month.write()).result.result == result


def test_the_tax_of_the_lines_counts_towards_the_header(tmp_path: Path) -> None:
    taxed = Month(tmp_path, vendor=[vendor_line(TaxTotal="16.50", Total="216.50")], totals={"USD": "216.50"})
    outcome = outcome_of(taxed.write())
    assert outcome.result.result == "reconciled"
    (proof,) = outcome.result.conservation
    assert (proof.vendor_lines, proof.vendor_tax, proof.verdicts) == (Decimal(200), Decimal("16.50"), Decimal(200))


@pytest.mark.parametrize("status", ["void", "Draft", "voided"])
def test_void_and_draft_lines_are_no_lines(tmp_path: Path, status: str) -> None:
    month = Month(tmp_path, ledger=[ledger_line(), ledger_line(document_number="X", amount="99", status=status)])
    outcome = outcome_of(month.write())
    assert outcome.result.result == "reconciled"
    assert outcome.result.conservation[0].ledger_lines == Decimal(240)


@pytest.mark.parametrize("blind", ["unmapped", "unpriced", "unassigned"])
def test_what_no_rule_covers_is_never_reconciled(tmp_path: Path, blind: str) -> None:
    month = Month(tmp_path, ledger=[ledger_line(item_id="not a cloud item")])
    if blind == "unmapped":
        month.mapping = month.mapping.replace("CFQ7TTC0LCHC", "CFQ7TTC0ZZZZ")
    elif blind == "unpriced":
        month.mapping = month.mapping.replace("for: {}", "for: {product_id: CFQ7TTC0ZZZZ}")
    else:
        month.vendor = [vendor_line(CustomerId="")]
    outcome = outcome_of(month.write())
    assert outcome.result.result == "differences"
    vendor = {verdict.verdict: verdict.amount for verdict in outcome.result.verdicts if verdict.side == "vendor"}
    assert vendor == {blind: Decimal(200)}
    assert outcome.result.conservation[0].verdicts == Decimal(200)

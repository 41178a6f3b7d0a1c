"""Either key carries a reconciliation: the subscription's id, or its order with product and sku (facts: §3.2).

The ids on the invoice are exchanged for others throughout, or the ledger names the invoice's ids or the orders; the
findings must be the same to the letter.
"""

import csv
import gzip
import json
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from connector.domain.result import Reconciliation
from connector.engine.reconciliation.join_keys import names_of
from tests.builders import MadeUp

SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def other(name: str) -> str:
    """The id that the invoice has for a subscription."""
    return str(uuid.uuid5(SPACE, name.lower()))


def subscriptions(world: MadeUp) -> dict[str, str]:
    """The order of each subscription on file."""
    lines = (world.folder / "subscriptions.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["id"]: record["orderId"] for record in map(json.loads, lines)}


def exchange(paths: Iterable[Path], change: Callable[[str], str]) -> None:
    for path in paths:
        packed = path.suffix == ".gz"
        content = path.read_bytes()
        text = (gzip.decompress(content) if packed else content).decode()
        changed = change(text).encode()
        path.write_bytes(gzip.compress(changed) if packed else changed)


def replaced(names: dict[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    return change


def ids_of_the_invoice(world: MadeUp, names: dict[str, str]) -> None:
    files = [*(world.folder / "vendor").glob("*"), *(world.folder / "usage").glob("*")]
    exchange(files, replaced(names))


def in_the_ledger(world: MadeUp, names: dict[str, str]) -> None:
    exchange((world.folder / "ledger").glob("*.csv"), replaced(names))


def findings(result: Reconciliation) -> list[tuple[object, ...]]:
    return [(one.fingerprint, one.kind, one.impact, one.currency, one.subject, one.key) for one in result.findings]


@pytest.fixture(scope="module")
def expected(world: MadeUp) -> Reconciliation:
    return world.reconcile().result


def test_the_invoice_may_have_other_ids_than_partner_center(
    world: MadeUp, copy: MadeUp, expected: Reconciliation
) -> None:
    ids_of_the_invoice(copy, {name: other(name) for name in subscriptions(world)})
    found = copy.reconcile().result
    assert findings(found) == findings(expected)
    assert (found.verdicts, found.margins, found.result) == (expected.verdicts, expected.margins, expected.result)


def test_the_ledger_may_name_the_ids_of_the_invoice(world: MadeUp, copy: MadeUp, expected: Reconciliation) -> None:
    names = {name: other(name) for name in subscriptions(world)}
    ids_of_the_invoice(copy, names)
    in_the_ledger(copy, names)
    exchange((copy.folder / "mappings").glob("*.yaml"), replaced(names))
    assert findings(copy.reconcile().result) == findings(expected)


def test_the_ledger_may_name_the_orders(world: MadeUp, copy: MadeUp, expected: Reconciliation) -> None:
    orders, named = subscriptions(world), 0
    for path in (copy.folder / "ledger").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            order = orders.get(row["reference"])
            named += order is not None
            row["reference"] = order or row["reference"]
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerows(rows)
    assert named > 20
    assert findings(copy.reconcile().result) == findings(expected)


def row(name: str, order: str, product: str = "P", customer: str = "C") -> dict[str, str]:
    return {"subscription_id": name, "customer_id": customer, "order_id": order, "product_id": product, "sku_id": "1"}


@pytest.mark.parametrize(
    ("strange", "known", "names"),
    [
        ([row("r", "o")], [row("a", "O")], {"r": "a"}),
        ([row("r", "o"), row("r", "o2")], [row("a", "o")], {"r": "a"}),
        ([row("r", "o")], [row("a", "o"), row("b", "o")], {}),
        ([row("r", "o"), row("s", "o")], [row("a", "o")], {}),
        ([row("r", "o", "P"), row("s", "o", "Q")], [row("a", "o", "P"), row("b", "o", "Q")], {"r": "a", "s": "b"}),
        ([row("r", "o"), row("r", "o2")], [row("a", "o"), row("b", "o2")], {}),
        ([row("r", "o"), row("s", "o2")], [row("a", "o"), row("a", "o2")], {}),
        ([row("r", "o", customer="D")], [row("a", "o")], {}),
    ],
    ids=[
        "by order", "one of its orders is enough", "two on file", "two on the invoice", "told apart by product",
        "leads to two", "two lead to one", "another customer's order",
    ],
)  # fmt: skip
def test_a_name_is_only_taken_where_there_is_no_doubt(
    strange: list[dict[str, str]], known: list[dict[str, str]], names: dict[str, str]
) -> None:
    assert names_of(strange, known) == names

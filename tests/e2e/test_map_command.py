"""connector map at the real command line: what is covered, with its money, and a patch that a mapping can take."""

import json
from pathlib import Path

import pytest

from connector.config.mappings import read_mappings
from tests.builders import Month, answer, as_csv, ledger_line, make_world, vendor_line

BELLOWS = "77777777-8a55-4d5e-9a53-0c8a3a4ecb11"


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """One customer and product mapped, another of each not."""
    other = {"CustomerId": BELLOWS, "SubscriptionId": "aaaaaaaa-c8de-461c-db6d-91debd5129f0"}
    visio = {"ProductId": "CFQ7TTC0HDB1", "SkuId": "0001", "ProductName": "Visio Plan 2", "SkuName": "Visio Plan 2"}
    vendor = [
        vendor_line(),
        vendor_line(**other, CustomerName="Bellows: 'North' #1 Ltd", Subtotal="50.00", Quantity="1"),
        vendor_line(**visio, Subtotal="7.50"),
    ]
    bellows = {"customer_id": "59", "customer_name": "BELLOWS 'NORTH' 1 LIMITED"}
    ledger = [ledger_line(), ledger_line(**bellows, item_id="32", description="Visio P2", amount="60.00")]
    return Month(tmp_path, vendor, ledger).write()


def words(month: Month, command: str, *more: str, mapped: bool = True) -> list[str]:
    given = ["map", command, "--vendor", str(month.vendor_file), "--ledger", str(month.ledger_file)]
    return [*given, *(["--mappings", str(month.folder / "mappings")] if mapped else []), *more]


def test_list_names_what_is_not_mapped_and_its_money(month: Month) -> None:
    done = answer(words(month, "list"), month.folder)
    assert (done.returncode, done.stderr) == (1, "")
    said = " ".join(done.stdout.split())
    assert "CUSTOMERS: 1 of 2 mapped not mapped, at risk 50.00 USD" in said
    assert f"Bellows: 'North' #1 Ltd {BELLOWS}" in said
    assert "PRODUCTS: 1 of 2 mapped not mapped, at risk 7.50 USD" in said
    assert "unused: 59 BELLOWS 'NORTH' 1 LIMITED 60.00 USD" in said
    assert "unused: 32 Visio P2 60.00 USD" in said


def test_list_is_machine_readable(month: Month) -> None:
    done = answer(words(month, "list", "--format", "json"), month.folder)
    told = json.loads(done.stdout)
    assert told["schema"] == "connector.coverage/1"
    assert {one["tenant_id"]: one["mapped"] for one in told["customers"]}[BELLOWS] is False
    assert [one["charged"] for one in told["products"] if not one["mapped"]] == [
        [{"currency": "USD", "amount": "7.50"}]
    ]


def test_the_patch_is_a_mapping_file(month: Month) -> None:
    patch = month.folder / "mappings" / "patch.yaml"
    done = answer(words(month, "suggest", "--output", str(patch)), month.folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = patch.read_text(encoding="utf-8")
    assert "score 100" in text
    assert "At risk 50.00 USD" in text
    mapping = read_mappings(month.folder / "mappings")
    assert {(rule.name, rule.ledger_customer) for rule in mapping.customers} == {
        ("Alpine Ski House", "58"), ("Bellows: 'North' #1 Ltd", "59"),
    }  # fmt: skip
    assert {(rule.selector.product_id, rule.selector.sku_id, rule.item("")) for rule in mapping.products} == {
        ("CFQ7TTC0LCHC", None, "31"), ("CFQ7TTC0HDB1", "0001", "32"),
    }  # fmt: skip
    again = answer(words(month, "list"), month.folder)
    assert again.returncode == 0, again.stdout
    done = answer(words(month, "suggest"), month.folder)
    assert "Every customer and product in these files is mapped." in done.stdout


def test_a_rule_that_lacks_a_ledgers_item_is_to_be_completed(month: Month) -> None:
    month.mapping = month.mapping.replace('item: "31"', 'item: {books-eu: "7"}')
    month.mapping = month.mapping.replace('ledger_customer: "58"', 'ledger: books-us, ledger_customer: "58"')
    month.write()
    other = month.folder / "eu.csv"
    other.write_text(as_csv([ledger_line(document_number="E-1", currency="EUR")]), encoding="utf-8")
    given = ["map", "suggest", "--vendor", str(month.vendor_file), "--mappings", str(month.folder / "mappings")]
    given += ["--ledger", f"books-us={month.ledger_file}", "--ledger", f"books-eu={other}"]
    done = answer(given, month.folder)
    assert "# complete: Microsoft 365 Business Premium" in done.stdout
    assert "mapping.yaml:4:3 has no item in every ledger" in done.stdout


def test_unsure_is_said_and_never_written_as_a_rule(month: Month) -> None:
    month.ledger[1]["customer_name"] = "Bellows 'South' 1 Ltd"
    month.ledger[1]["description"] = "Visio P1"
    month.write()
    done = answer(words(month, "suggest"), month.folder)
    assert done.returncode == 0
    assert all(line.startswith("#") or not line for line in done.stdout.splitlines()), done.stdout
    assert "only in the vendor's file: north; only in the ledger: south" in done.stdout
    told = json.loads(answer(words(month, "suggest", "--format", "json"), month.folder).stdout)
    assert {one["verdict"] for one in told["suggestions"]} == {"unsure"}


def test_a_mapping_can_begin_with_its_suggestions(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world", 11, defects=False)
    given = world.truth["arguments"]
    command = ["map", "suggest", "--output", str(tmp_path / "patch.yaml")]
    for option, name in (("--vendor", "vendor"), ("--ledger", "ledger")):
        for path in given[name]:
            command += [option, path]
    done = answer(command, world.folder)
    assert done.returncode == 0, done.stderr
    patch = read_mappings(tmp_path / "patch.yaml")
    whole = read_mappings(world.folder / "mappings")
    right = {(rule.tenant_id, rule.ledger, rule.ledger_customer) for rule in whole.customers}
    suggested = {(rule.tenant_id, rule.ledger, rule.ledger_customer) for rule in patch.customers}
    assert suggested
    assert suggested <= right
    items = {item for rule in whole.products for item in rule.items}
    assert patch.products
    assert {item for rule in patch.products for item in rule.items} <= items

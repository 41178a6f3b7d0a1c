"""`connector reconcile` beside a configuration: what was imported, the configured mapping, ledgers and engine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connector.adapters.files import read_ledger
from connector.warehouse import Warehouse
from tests.builders import Month, answer, as_csv, connector, ledger_line, vendor_line
from tests.e2e.test_reconcile_command import polite

SEPTEMBER = {"ChargeStartDate": "9/1/2026", "ChargeEndDate": "9/30/2026", "InvoiceNumber": "G012345600"}
BOOKS = """\
ledgers:
  books-us:
    {kind: quickbooks, realm_id: "9341452398374", client_id: a, client_secret: "${SECRET}", refresh_token: "${SEED}"}
"""
OTHER = BOOKS.replace("ledgers:\n", "").replace("books-us", "books-eu")
SECRETS = {"SECRET": "s3cret-of-the-app", "SEED": "s3cret-of-the-seed"}


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """Ten seats of October, charged and billed alike, and a configuration beside them."""
    configure(tmp_path)
    return Month(tmp_path).write()


def configure(folder: Path, more: str = "") -> None:
    (folder / "config.yaml").write_text(f"company: {{name: Northwind Cloud Partners}}\n{more}", encoding="utf-8")


def import_october(month: Month) -> None:
    polite(answer(["import", "vendor.csv", "--vendor-total", "USD=200.00"], month.folder), 0)


def import_september(month: Month, *lines: dict[str, str]) -> None:
    (month.folder / "september.csv").write_text(as_csv([vendor_line(**SEPTEMBER), *lines]), encoding="utf-8")
    done = answer(["import", "september.csv", "--vendor-total", "USD=200.00"], month.folder)
    assert done.returncode in (0, 5), done.stderr


def reconciled(month: Month, *words: str, exit_code: int = 0, **environment: str) -> dict[str, Any]:
    done = answer(["reconcile", "--format", "json", *words], month.folder, **environment)
    polite(done, exit_code)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_what_was_imported_is_reconciled_by_the_configured_mapping(month: Month) -> None:
    import_october(month)
    result = reconciled(month, "--ledger", "ledger.csv")
    assert (result["result"], result["scope"]["vendor_invoices"]) == ("reconciled", ["G012345678"])


def test_the_newest_month_is_reconciled_unless_another_is_named(month: Month) -> None:
    import_october(month)
    import_september(month)
    assert reconciled(month, "--ledger", "ledger.csv")["scope"]["start"] == "2026-10-01"
    earlier = reconciled(month, "--ledger", "ledger.csv", "--scope", "2026-09", exit_code=1)
    assert earlier["scope"] == {"start": "2026-09-01", "end": "2026-09-30", "vendor_invoices": ["G012345600"]}
    assert [finding["kind"] for finding in earlier["findings"]] == ["unbilled_charge"]


def test_unbilled_lines_make_no_month(month: Month) -> None:
    open_line = vendor_line(InvoiceNumber="", ChargeStartDate="11/1/2026", ChargeEndDate="11/30/2026")
    import_october(month)
    (month.folder / "open.csv").write_text(as_csv([open_line]), encoding="utf-8")
    polite(answer(["import", "open.csv"], month.folder), 0)
    assert reconciled(month, "--ledger", "ledger.csv")["scope"]["start"] == "2026-10-01"


def test_the_same_as_from_the_files(month: Month) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(quantity="8", amount="192.00")]), encoding="utf-8")
    import_october(month)
    stored = reconciled(month, "--ledger", "ledger.csv", exit_code=1)
    words = ["--vendor", "vendor.csv", "--ledger", "ledger.csv", "--vendor-total", "USD=200.00"]
    from_files = reconciled(month, *words, exit_code=1)
    assert stored["findings"]
    assert {**stored, "run_id": ""} == {**from_files, "run_id": ""}


def test_an_empty_warehouse_says_what_to_do(month: Month) -> None:
    done = answer(["reconcile", "--ledger", "ledger.csv", "--format", "json"], month.folder)
    polite(done, 2, "state/warehouse", "connector import", "--vendor")
    assert json.loads(done.stdout)["result"] == "not_audited"


def test_without_ledger_lines_it_says_what_to_do(month: Month) -> None:
    import_october(month)
    done = answer(["reconcile", "--format", "json"], month.folder)
    polite(done, 2, "no ledger lines", "--ledger")
    assert json.loads(done.stdout)["result"] == "not_audited"


def test_ledger_lines_of_the_warehouse_are_used_and_a_given_export_takes_their_place(month: Month) -> None:
    configure(month.folder, BOOKS)
    polite(answer(["import", "vendor.csv", "--vendor-total", "USD=200.00"], month.folder, **SECRETS), 0)
    with Warehouse(month.folder / "state" / "warehouse") as warehouse:
        warehouse.take_in(ledger_lines(month))
    assert reconciled(month, **SECRETS)["result"] == "reconciled"
    month.ledger_file.write_text(as_csv([ledger_line(amount="230.00")]), encoding="utf-8")
    given = reconciled(month, "--ledger", "ledger.csv", exit_code=1, **SECRETS)
    assert [(finding["kind"], finding["impact"]) for finding in given["findings"]] == [("price_differs", "10.00")]
    assert reconciled(month, **SECRETS)["result"] == "reconciled"


def ledger_lines(month: Month) -> Iterator[tuple[str, pa.RecordBatch]]:
    return iter(read_ledger("books-us", [month.ledger_file]))


@pytest.mark.parametrize(
    ("ledger", "words"), [("boks-us=ledger.csv", ["boks-us", "books-us or"]), ("ledger.csv", ["several", "NAME="])]
)
def test_a_ledger_has_a_name_of_the_configuration(month: Month, ledger: str, words: list[str]) -> None:
    configure(month.folder, BOOKS + OTHER)
    polite(answer(["reconcile", "--ledger", ledger], month.folder, **SECRETS), 2, *words)


def test_without_files_and_without_a_configuration_it_says_what_to_do(month: Month) -> None:
    (month.folder / "config.yaml").unlink()
    polite(answer(["reconcile"], month.folder), 2, "--vendor", "config.yaml", "connector import")
    polite(answer(["reconcile", "--vendor", "vendor.csv"], month.folder), 2, "--ledger is missing")
    done = answer(["reconcile", "--vendor", "vendor.csv", "--ledger", "ledger.csv"], month.folder)
    polite(done, 2, "--mappings is missing")


def test_files_alone_leave_nothing_behind(month: Month) -> None:
    (month.folder / "config.yaml").unlink()
    before = sorted(month.folder.iterdir())
    polite(answer(month.words(), month.folder), 0)
    assert sorted(month.folder.iterdir()) == before


def test_a_configuration_that_nobody_named_cannot_stop_files(month: Month) -> None:
    configure(month.folder, BOOKS)
    done = answer(month.words(), month.folder)
    polite(done, 0, "note: config.yaml is not used", "SECRET")
    polite(answer(month.words("--config", "config.yaml"), month.folder), 3, "SECRET")


def test_the_mapping_is_kept_in_the_cache_below_the_state(month: Month) -> None:
    import_october(month)
    for _ in range(2):
        reconciled(month, "--ledger", "ledger.csv")
        assert len(list((month.folder / "state" / "cache").glob("mapping-*"))) == 1


def test_the_configured_limits_hold(month: Month) -> None:
    rows = [
        vendor_line(OrderId=f"order-{n}", SubscriptionId=f"{n:08x}-c8de-461c-db6d-91debd5129f0") for n in range(9000)
    ]
    month.vendor_file.write_text(as_csv(rows), encoding="utf-8")
    configure(month.folder, "engine: {memory_limit: 10MB, threads: 1, spill: elsewhere}\n")
    polite(connector(month.words(), month.folder), 2, "engine.memory_limit")
    assert (month.folder / "elsewhere").is_dir()


def test_spark_is_asked_for_and_missed(month: Month) -> None:
    configure(month.folder, 'engine: {kind: spark, master: "local[1]"}\n')
    done = connector(month.words(), month.folder, PATH=str(month.folder))
    polite(done, 2, "engine.kind is spark", "Java")


def test_what_was_set_aside_of_another_month_is_not_told_again(month: Month) -> None:
    import_october(month)
    import_september(month, vendor_line(**SEPTEMBER, Subtotal="abc"))
    assert reconciled(month, "--ledger", "ledger.csv")["findings"] == []
    september = reconciled(month, "--ledger", "ledger.csv", "--scope", "2026-09", exit_code=5)
    assert "record_set_aside" in {finding["kind"] for finding in september["findings"]}
    import_september(month)
    repaired = reconciled(month, "--ledger", "ledger.csv", "--scope", "2026-09", exit_code=1)
    assert "record_set_aside" not in {finding["kind"] for finding in repaired["findings"]}


def test_one_of_several_ledgers_may_be_given(month: Month) -> None:
    other = "b1a7f7d2-0f0c-4c6c-9d7a-3f6f0a6d1e11"
    month.mapping = month.mapping.replace('ledger_customer: "58"', 'ledger: books-us, ledger_customer: "58"').replace(
        "products:",
        f'- {{name: Adatum, tenant_id: {other}, ledger: books-eu, ledger_customer: "7", currency: USD}}\nproducts:',
    )
    month.vendor.append(vendor_line(CustomerId=other, SubscriptionId="11111111-c8de-461c-db6d-91debd5129f0"))
    month.totals = {"USD": "400.00"}
    month.write()
    words = ["--mappings", "mappings", "--vendor", "vendor.csv", "--ledger", "books-us=ledger.csv"]
    done = answer(["reconcile", *words, "--vendor-total", "USD=400.00", "--format", "json"], month.folder)
    polite(done, 2, "books-eu", "--ledger")
    result = json.loads(done.stdout)
    assert result["findings"] == []
    vendor = {one["verdict"]: one["amount"] for one in result["verdicts"] if one["side"] == "vendor"}
    assert vendor == {"billed": "200.00", "not_judged": "200.00"}

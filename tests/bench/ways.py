"""Other ways to compare the same month: the bare floor in SQL, and pandas with exact Decimals and datacompy."""

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

_CENT = Decimal("0.01")
_MARKED_UP = {"Licensed": Decimal("1.18"), "Azure": Decimal("1.15")}
_VENDOR = (
    "Quantity", "BillableQuantity", "UnitPrice", "EffectiveUnitPrice", "Subtotal", "TaxTotal", "Total",
    "PCToBCExchangeRate",
)  # fmt: skip
_LEDGER = ("quantity", "unit_price", "amount", "tax")
_RULE = re.compile(r'tenant_id: (\S+), ledger_customer: "(\w+)"')


def customers(folder: Path) -> list[tuple[str, str]]:
    """Tenants and their ledger customers, from the month's mapping."""
    return _RULE.findall((folder / "mappings" / "rules.yaml").read_text(encoding="utf-8"))


def floor(folder: Path, memory_limit: str) -> None:
    """Scan what every comparison must look at, aggregate both sides by key, full outer join. No rule, no verdict.

    The twelve columns of facts that a comparison rests on: keys, amounts, quantity, prices, first and last day.
    """
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as engine:
        engine.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = '{folder / '.spill'}'")
        found = customers(folder)
        engine.register("mapped", pa.table({"tenant": [one for one, _ in found], "c": [one for _, one in found]}))
        parts = f"{folder}/warehouse/0*"
        answer = engine.execute(f"""
SELECT count(*), count(COLUMNS(*)) FROM (
    SELECT x.*, y.* EXCLUDE (c, m) FROM (
        SELECT c, subscription_id, product_id, sku_id, date_trunc('month', charge_start) AS m, count(*) AS lines,
               sum(subtotal) AS subtotal, sum(tax) AS tax, sum(quantity) AS quantity, sum(unit_price) AS price,
               sum(effective_unit_price) AS paid, min(charge_start) AS first, max(charge_end) AS last,
               max(currency) AS currency
        FROM read_parquet('{parts}/charges/*/*.parquet', hive_partitioning = false) JOIN mapped ON customer_id = tenant
        GROUP BY ALL) x
    FULL OUTER JOIN (
        SELECT customer_id AS c, reference, item_id, date_trunc('month', service_start) AS m, count(*) AS billed,
               sum(amount) AS amount, sum(tax) AS billed_tax, sum(quantity) AS billed_quantity,
               min(service_start) AS billed_first, max(service_end) AS billed_last, max(currency) AS billed_currency
        FROM read_parquet('{parts}/ledger_lines/*/*.parquet', hive_partitioning = false)
        GROUP BY ALL) y
    ON x.c = y.c AND x.subscription_id = y.reference AND x.m = y.m)""").fetchall()
        assert answer[0][0] > 0


def pandas(folder: Path) -> None:
    """Read both files with exact Decimals, price each line, aggregate by what the floor does, compare with datacompy.

    It does less than a reconciliation: one mark-up for each category instead of rules, no netting of seat changes, no
    verdict, no cause.
    """
    import datacompy
    import pandas as pd

    vendor = pd.read_csv(folder / "vendor.csv.gz", dtype=str)
    ledger = pd.read_csv(folder / "ledger.csv", dtype=str)
    for frame, names in ((vendor, _VENDOR), (ledger, _LEDGER)):
        for name in names:
            frame[name] = pd.Series([Decimal(text) for text in frame[name].fillna("0")], dtype=object)
    vendor["customer"] = vendor["CustomerId"].map(dict(customers(folder)))
    vendor["month"], ledger["month"] = vendor["ChargeStartDate"].str[:7], ledger["service_start"].str[:7]
    priced = zip(vendor["Subtotal"], vendor["ProductCategory"], strict=True)
    amounts = [(cost * _MARKED_UP[category]).quantize(_CENT, ROUND_HALF_UP) for cost, category in priced]
    vendor["amount"] = pd.Series(amounts, dtype=object)
    names = {"SubscriptionId": "subscription", "TaxTotal": "tax", "BillableQuantity": "quantity"}
    vendor = vendor.rename(columns=names)
    ledger = ledger.rename(columns={"customer_id": "customer", "reference": "subscription"})
    keys = ["customer", "subscription", "month"]
    for frame, first, last in (vendor, "ChargeStartDate", "ChargeEndDate"), (ledger, "service_start", "service_end"):
        frame["first"], frame["last"] = pd.to_datetime(frame[first]), pd.to_datetime(frame[last])
    sums = dict.fromkeys(("amount", "tax", "quantity"), "sum") | {"first": "min", "last": "max"}
    costs = dict.fromkeys(("Subtotal", "UnitPrice", "EffectiveUnitPrice"), "sum")
    ours = vendor.groupby([*keys, "ProductId", "SkuId"], dropna=False).agg(sums | costs).reset_index()
    theirs = ledger.groupby([*keys, "item_id"], dropna=False).agg(sums).reset_index()
    compared = datacompy.PandasCompare(ours, theirs, join_columns=keys)
    assert compared.report()

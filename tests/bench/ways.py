"""Other ways to compare the same month: the bare floor in SQL, and pandas with exact Decimals and datacompy."""

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

_CENT = Decimal("0.01")
_NOTHING, _SEATS, _USAGE = Decimal(0), Decimal("1.18"), Decimal("1.15")
_VENDOR = (
    "Quantity", "BillableQuantity", "UnitPrice", "EffectiveUnitPrice", "Subtotal", "TaxTotal", "Total",
    "PCToBCExchangeRate",
)  # fmt: skip
_LEDGER = ("quantity", "unit_price", "amount", "tax")
_RULE = re.compile(r'tenant_id: (\S+), ledger_customer: "(\w+)"')
_PRODUCT = re.compile(r'product_id: (\w+), item: "(\w+)"')


def customers(folder: Path) -> list[tuple[str, str]]:
    """Tenants and their ledger customers, from the month's mapping."""
    return _RULE.findall((folder / "mappings" / "rules.yaml").read_text(encoding="utf-8"))


def items(folder: Path) -> list[tuple[str, str]]:
    """Products and their ledger items, from the month's mapping."""
    return _PRODUCT.findall((folder / "mappings" / "rules.yaml").read_text(encoding="utf-8"))


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


def floor_of_files(folder: Path) -> None:
    """The same from the files that people have: read them with exact decimals, aggregate, join. Nothing is kept."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as engine:
        found, number = customers(folder), "DECIMAL(38, 22)"
        engine.register("mapped", pa.table({"tenant": [one for one, _ in found], "c": [one for _, one in found]}))
        answer = engine.execute(f"""
SELECT count(*), count(COLUMNS(*)) FROM (
    SELECT x.*, y.* EXCLUDE (c, m) FROM (
        SELECT c, SubscriptionId, ProductId, SkuId, left(ChargeStartDate, 7) AS m, count(*) AS lines,
               sum(Subtotal::{number}) AS subtotal, sum(TaxTotal::{number}) AS tax,
               sum(BillableQuantity::{number}) AS quantity, sum(UnitPrice::{number}) AS price,
               sum(EffectiveUnitPrice::{number}) AS paid, min(ChargeStartDate::DATE) AS first,
               max(ChargeEndDate::DATE) AS last, max(Currency) AS currency
        FROM read_csv('{folder}/vendor.csv.gz', all_varchar = true) JOIN mapped ON CustomerId = tenant
        GROUP BY ALL) x
    FULL OUTER JOIN (
        SELECT customer_id AS c, reference, item_id, left(service_start, 7) AS m, count(*) AS billed,
               sum(amount::{number}) AS amount, sum(tax::{number}) AS billed_tax,
               sum(quantity::{number}) AS billed_quantity, min(service_start::DATE) AS billed_first,
               max(service_end::DATE) AS billed_last, max(currency) AS billed_currency
        FROM read_csv('{folder}/ledger.csv', all_varchar = true)
        GROUP BY ALL) y
    ON x.c = y.c AND x.SubscriptionId = y.reference AND x.m = y.m)""").fetchall()
        assert answer[0][0] > 0


def pandas(folder: Path) -> int:
    """Read both files with exact Decimals, net, price, aggregate, compare with datacompy; how many keys differ.

    It finds what differs, but is written for this month: two mark-ups instead of rules, whole months, and no verdict,
    cause or proof.
    """
    import datacompy
    import pandas as pd

    vendor = pd.read_csv(folder / "vendor.csv.gz", dtype=str)
    ledger = pd.read_csv(folder / "ledger.csv", dtype=str)
    for frame, names in ((vendor, _VENDOR), (ledger, _LEDGER)):
        for name in names:
            frame[name] = pd.Series([Decimal(text) for text in frame[name].fillna("0")], dtype=object)
    for frame, first, last in (vendor, "ChargeStartDate", "ChargeEndDate"), (ledger, "service_start", "service_end"):
        frame["first"], frame["last"] = pd.to_datetime(frame[first]), pd.to_datetime(frame[last])
        frame["month"] = frame[first].str[:7]
    ledger = ledger.rename(columns={"customer_id": "customer", "item_id": "item"})
    ledger["subscription"] = ledger["reference"].fillna("")
    vendor["customer"] = vendor["CustomerId"].map(dict(customers(folder)))
    vendor["item"] = vendor["ProductId"].map(dict(items(folder))).fillna("AZURE")
    # Where the ledger names no subscriptions, a customer's item is compared as a whole.
    naming = ledger.loc[ledger["reference"].notna(), "customer"].unique()
    vendor["subscription"] = vendor["SubscriptionId"].where(vendor["customer"].isin(naming), "")
    is_usage = vendor["ProductCategory"] == "Azure"
    usage, seats = vendor[is_usage].copy(), vendor[~is_usage].copy()

    before_credit = usage["Subtotal"].where(
        usage["PriceAdjustmentDescription"].isna(), usage["UnitPrice"] * usage["BillableQuantity"]
    )
    usage["amount"] = pd.Series([_cents(cost * _USAGE) for cost in before_credit], usage.index, dtype=object)
    usage["quantity"] = ledger.loc[ledger["item"] == "AZURE", "quantity"] = _NOTHING
    # A seat change comes as two lines of the same days: the old seats back, the new ones charged.
    signed = zip(seats["BillableQuantity"], seats["EffectiveUnitPrice"], strict=True)
    seats["quantity"] = pd.Series([count if paid >= 0 else -count for count, paid in signed], seats.index, dtype=object)
    keys = ["customer", "subscription", "item", "month"]
    seats = seats.groupby([*keys, "SubscriptionId", "first", "last"], dropna=False, as_index=False).agg(
        {"quantity": "sum", "UnitPrice": "first", "TaxTotal": "sum", "Subtotal": "sum"}
    )
    days = (seats["last"] - seats["first"]).dt.days + 1
    netted = zip(seats["UnitPrice"], seats["quantity"], days, seats["first"].dt.days_in_month, strict=True)
    amounts = [_cents(_cents(price * _SEATS) * count * int(own) / int(all_)) for price, count, own, all_ in netted]
    seats["amount"] = pd.Series(amounts, dtype=object)

    sums = dict.fromkeys(("amount", "quantity"), "sum") | {"first": "min", "last": "max"}
    ours = pd.concat([usage, seats]).groupby(keys, dropna=False).agg(sums | {"Subtotal": "sum"}).reset_index()
    theirs = ledger.groupby(keys, dropna=False).agg(sums | {"tax": "sum"}).reset_index()
    compared = datacompy.PandasCompare(ours, theirs, join_columns=keys)
    assert compared.report()
    alone = len(compared.df1_unq_rows) + len(compared.df2_unq_rows)
    return alone + len(compared.intersect_rows) - compared.count_matching_rows()


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)

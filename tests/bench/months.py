"""Writes a staged month of any size for the benchmark: Microsoft's lines, a ledger that agrees but for a few, YAML.

The lines are made by the query engine, not by the connector: 65 % Azure usage (15 lines a subscription, half of them
with partner earned credit), licences on every anchor day, four in seven with a seat change in mid-cycle. They come in
no order, which is the worst case for adding them up by key.
"""

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from connector.domain.tables import TABLES
from connector.warehouse import Warehouse

USAGE_SHARE, USAGE_LINES = Decimal("0.65"), 15
CHANGED, LICENCES = 4, 7  # of seven licences four are changed in mid-cycle
PER_CUSTOMER = 62
# The month that is compared with pandas: a key for three lines and nearly half as many ledger lines as charges, as in
# the study that the goal comes from.
STUDIED_SHARE, STUDIED_PER_CUSTOMER = Decimal("0.3"), 104
PRODUCTS = 40
_TYPES = {
    "text": "VARCHAR", "day": "DATE", "number": "DECIMAL(38, 22)", "count": "BIGINT", "flag": "BOOLEAN",
}  # fmt: skip
_ARROW = {
    "text": pa.string(), "day": pa.date32(), "number": pa.decimal128(38, 22), "count": pa.int64(), "flag": pa.bool_(),
}  # fmt: skip


# A name in the shape of a GUID, made of a text.
_GUID = r"""
CREATE MACRO guid(n) AS
    regexp_replace(md5(n), '(.{8})(.{4}).(.{3}).(.{3})(.{12})', '\1-\2-4\3-a\4-\5')
"""


def _sql_select(table: str, given: dict[str, str]) -> str:
    columns = (f"CAST({given.get(name, 'NULL')} AS {_TYPES[kind]}) AS {name}" for name, kind in TABLES[table].items())
    return ", ".join(columns)


def write_month(
    folder: Path, lines: int, differing: int, per_customer: int = PER_CUSTOMER, usage_share: Decimal = USAGE_SHARE
) -> None:
    """Write a warehouse with that many charges and about three ledger lines for ten of them, and mappings/.

    A customer has about `per_customer` subscriptions. `differing` licences are billed with one seat too few, or not
    at all.
    """
    usage = int(lines * usage_share / USAGE_LINES)
    # Of seven licences four have three lines and three have one.
    licences = int((lines - usage * USAGE_LINES) * LICENCES / (CHANGED * 3 + LICENCES - CHANGED))
    customers = max(1, (usage + licences) // per_customer)
    with duckdb.connect() as engine, Warehouse(folder / "warehouse") as warehouse:
        engine.execute(f"SET temp_directory = '{folder / '.making'}'")
        engine.execute("CREATE MACRO half_up(top, bottom) AS sign(top) * ((2 * abs(top) + bottom) // (2 * bottom))")
        engine.execute(_GUID)
        engine.execute(_made("licences", licences, customers))
        engine.execute(_made("usages", usage, customers))
        every = max(1, licences // max(1, differing))
        warehouse.take_in(
            (table, batch)
            for table, sql in (
                ("charges", _charges()),
                ("ledger_lines", _ledger(every)),
            )
            for batch in _batches(engine, table, sql)
        )
    _write_mapping(folder / "mappings", customers)


def _made(table: str, count: int, customers: int) -> str:
    name = table[0]
    price = f"(10 * ((h % {PRODUCTS} * 37) % 900 + 103))"
    return f"""
CREATE TABLE {table} AS
SELECT s, guid('{name}' || s) AS subscription, c, guid('c' || c) AS tenant, CAST(h % {PRODUCTS} AS BIGINT) AS p,
       s % {LICENCES} < {CHANGED} AS changed, CAST(5 + h // 64 % 40 AS BIGINT) AS seats,
       CAST(1 + h // 4096 % 9 AS BIGINT) AS added, DATE '2026-10-01' + CAST(h // 65536 % 28 AS INTEGER) AS first,
       CAST(first + INTERVAL 1 MONTH AS DATE) AS next,
       first + CAST(1 + h // 2097152 % (31 - day(first)) AS INTEGER) AS day,
       CAST({price} AS BIGINT) AS price, CAST(half_up({price}::HUGEINT * 118, 100) AS BIGINT) AS unit
FROM (SELECT s, hash(s) % 1000000007 AS h, CAST(hash(s + 7) % {customers} AS BIGINT) AS c
      FROM range({count}) AS t(s))
ORDER BY tenant, subscription"""


_COMMON = {
    "invoice": "'G020261031'", "customer_id": "tenant", "customer_name": "'Customer ' || c",
    "subscription_id": "subscription", "order_id": "left(md5(subscription), 12)", "order_date": "'2025-10-05'",
    "publisher": "'Microsoft'", "tax": "0", "currency": "'USD'", "pricing_currency": "'USD'", "exchange_rate": "1",
    "exchange_rate_date": "DATE '2026-10-01'", "mpn_id": "'4390934'", "line": "row_number() OVER ()",
    "source": "'month.jsonl'", "row_hash": "left(md5(subscription || kind || days), 16)",
    "subscription_start": "first - INTERVAL 10 MONTH", "subscription_end": "first + INTERVAL 2 MONTH - INTERVAL 1 DAY",
}  # fmt: skip


def _charges() -> str:
    """All charges: cycle fees, the two halves of seat changes, usage."""
    licence = {
        **_COMMON,
        "product_id": "'CFQ7TTC0L' || lpad((p + 100)::VARCHAR, 3, '0')", "sku_id": "'0001'",
        "product_name": "'Product ' || p", "sku_name": "'Product ' || p", "category": "'license'", "term": "'P1Y'",
        "billing_plan": "'monthly'", "charge_type": "kind", "charge_start": "since",
        "charge_end": "next - INTERVAL 1 DAY", "quantity": "count",
        "unit_price": "price::DECIMAL(18, 0) * 0.01",
        "effective_unit_price": "sign * half_up(price::HUGEINT * days * 100, 31)::DECIMAL(38, 0) * 0.0001",
        "subtotal": "half_up(price::HUGEINT * count * sign * days, 31)::DECIMAL(38, 0) * 0.01",
        "total": "half_up(price::HUGEINT * count * sign * days, 31)::DECIMAL(38, 0) * 0.01",
        "reference_id": "CASE WHEN kind <> 'cycleFee' THEN 'R' || left(md5(subscription), 20) END",
    }  # fmt: skip
    usage = {
        **_COMMON,
        "source": "'usage.jsonl'",
        "product_id": "'DZH318Z0BPS6'", "sku_id": "'0001'", "product_name": "'Azure plan'", "sku_name": "'Azure plan'",
        "category": "'azure'", "charge_type": "kind", "charge_start": "DATE '2026-10-01'",
        "charge_end": "DATE '2026-10-31'", "quantity": "count",
        "unit_price": "unit_micro::DECIMAL(18, 0) * 0.000001",
        "effective_unit_price": "unit_micro::DECIMAL(18, 0) * 0.00000001 * share",
        "subtotal": "half_up(unit_micro::HUGEINT * count * share, 1000000)::DECIMAL(38, 0) * 0.01",
        "total": "half_up(unit_micro::HUGEINT * count * share, 1000000)::DECIMAL(38, 0) * 0.01",
        "price_adjustment": "CASE WHEN share < 100 THEN '[\"15.0% Partner earned credit for services managed\"]' END",
        "meter": "'Meter ' || n", "unit_type": "'1 Hour'", "subscription_start": "NULL", "subscription_end": "NULL",
        "term": "NULL", "billing_plan": "NULL",
    }  # fmt: skip
    return f"""
SELECT {_sql_select("charges", licence)} FROM (SELECT * FROM (
    SELECT *, 'cycleFee' AS kind, 31 AS days, first AS since, seats AS count, 1 AS sign FROM licences
    UNION ALL SELECT *, 'removeQuantity', next - day, day, seats, -1 FROM licences WHERE changed
    UNION ALL SELECT *, 'addQuantity', next - day, day, seats + added, 1 FROM licences WHERE changed
) ORDER BY hash(s, kind))
UNION ALL
SELECT {_sql_select("charges", usage)} FROM (SELECT * FROM ({_USAGE_LINES}) ORDER BY hash(s, n))"""


_USAGE_LINES = f"""
    SELECT *, 'usage' AS kind, n AS days, 3 + (s + n) % 50 AS count,
           104729 + (s * 31 + n * 7919) % 8999999 AS unit_micro,
           CASE WHEN n % 2 = 0 THEN 85 ELSE 100 END AS share
    FROM usages, range({USAGE_LINES}) AS t(n)"""


def _ledger(every: int) -> str:
    """The ledger: what the charges come to, 18 % more for licences and 15 % more for usage at its list price."""
    common = {
        "ledger": "''", "document_number": "'INV-' || c", "document_date": "DATE '2026-10-31'",
        "document_type": "'invoice'", "customer_id": "'C' || c", "customer_name": "'Customer ' || c",
        "line_number": "row_number() OVER ()", "currency": "'USD'", "tax": "0", "status": "'posted'",
        "source": "'ledger.csv'", "line": "row_number() OVER ()", "row_hash": "left(md5(subscription || since), 16)",
        "reference": "CASE WHEN c % 10 > 0 THEN subscription END",
    }  # fmt: skip
    licence = {
        **common,
        "item_id": "'L' || p", "description": "'Product ' || p", "quantity": "abs(count)",
        "unit_price": "unit::DECIMAL(18, 0) * 0.01",
        "amount": "half_up(unit::HUGEINT * count * days, 31)::DECIMAL(38, 0) * 0.01",
        "service_start": "since", "service_end": "next - INTERVAL 1 DAY",
    }  # fmt: skip
    usage = {
        **common,
        "source": "'usage.csv'",
        "item_id": "'AZURE'", "description": "'Azure plan'", "quantity": "1", "amount": "cents::DECIMAL(38, 0) * 0.01",
        "service_start": "DATE '2026-10-01'", "service_end": "DATE '2026-10-31'",
    }  # fmt: skip
    return f"""
SELECT {_sql_select("ledger_lines", licence)} FROM (
    SELECT *, 31 AS days, first AS since, seats - CAST(s % {every} = 1 AS INTEGER) AS count FROM licences
    WHERE s % {2 * every} <> 0
    UNION ALL SELECT *, next - day, day, added FROM licences WHERE changed
)
UNION ALL
SELECT {_sql_select("ledger_lines", usage)} FROM (
    SELECT subscription, c, DATE '2026-10-01' AS since, sum(
        half_up(CASE WHEN share < 100 THEN unit_micro::HUGEINT * count
                     ELSE half_up(unit_micro::HUGEINT * count, 10000) * 10000 END * 115, 1000000)) AS cents
    FROM ({_USAGE_LINES}) GROUP BY subscription, c
)"""


def _batches(engine: duckdb.DuckDBPyConnection, table: str, sql: str) -> "pa.RecordBatchReader":
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in TABLES[table].items()])
    for batch in engine.sql(sql).to_arrow_reader(100_000):
        yield batch.cast(schema)


# All columns of the portal's file, in its order, whether a comparison has a use for them or not.
_PORTAL = {
    "PartnerId": "guid('partner')", "CustomerId": "customer_id", "CustomerName": "customer_name",
    "CustomerDomainName": "'customer' || left(customer_id, 8) || '.onmicrosoft.com'", "CustomerCountry": "'US'",
    "InvoiceNumber": "invoice", "MpnId": "mpn_id", "Tier2MpnId": "'0'", "OrderId": "order_id",
    "OrderDate": "order_date", "ProductId": "product_id", "SkuId": "sku_id",
    "AvailabilityId": "'CFQ7TTC' || upper(left(md5(product_id), 5))", "SkuName": "sku_name",
    "ProductName": "product_name", "ChargeType": "charge_type", "UnitPrice": "unit_price", "Quantity": "quantity",
    "Subtotal": "subtotal", "TaxTotal": "tax", "Total": "total", "Currency": "currency",
    "PriceAdjustmentDescription": "price_adjustment", "PublisherName": "publisher",
    "PublisherId": "CASE WHEN term IS NULL THEN '0' END", "SubscriptionDescription": "product_name",
    "SubscriptionId": "subscription_id", "ChargeStartDate": "charge_start", "ChargeEndDate": "charge_end",
    "TermAndBillingCycle": "CASE WHEN term IS NOT NULL THEN 'One-Year commitment for monthly billing' END",
    "EffectiveUnitPrice": "effective_unit_price", "UnitType": "unit_type",
    "AlternateId": "upper(left(md5(order_id), 20))", "BillableQuantity": "quantity",
    "BillingFrequency": "CASE WHEN term IS NOT NULL THEN 'Monthly' END", "PricingCurrency": "pricing_currency",
    "PCToBCExchangeRate": "exchange_rate", "PCToBCExchangeRateDate": "exchange_rate_date",
    "MeterDescription": "meter", "ReservationOrderId": "NULL", "CreditReasonCode": "charge_type",
    "SubscriptionStartDate": "subscription_start", "SubscriptionEndDate": "subscription_end",
    "ReferenceId": "reference_id", "ProductQualifiers": "'[]'", "PromotionId": "promotion_id",
    "ProductCategory": "CASE category WHEN 'license' THEN 'Licensed' ELSE 'Azure' END",
}  # fmt: skip
_LEDGER = (
    "document_number", "document_date", "document_type", "customer_id", "customer_name", "line_number", "item_id",
    "description", "quantity", "unit_price", "amount", "tax", "currency", "service_start", "service_end", "reference",
    "status",
)  # fmt: skip


def write_files(folder: Path) -> None:
    """Write the staged month as files: vendor.csv.gz as the portal gives it, ledger.csv in canonical columns."""
    with duckdb.connect() as engine:
        engine.execute(_GUID)
        portal = ", ".join(f"{_plain(value)} AS {name}" for name, value in _PORTAL.items())
        ledger = ", ".join(f"{_plain(name)} AS {name}" for name in _LEDGER)
        for table, columns, target in (
            ("charges", portal, "vendor.csv.gz' (HEADER, COMPRESSION gzip"),
            ("ledger_lines", ledger, "ledger.csv' (HEADER"),
        ):
            rows = f"read_parquet('{folder}/warehouse/0*/{table}/*/*.parquet', hive_partitioning = false)"
            engine.execute(f"COPY (SELECT {columns} FROM {rows} ORDER BY line, source) TO '{folder}/{target})")


def _plain(column: str) -> str:
    """Take the zeros off that a column of 22 decimals would print."""
    numbers = [
        name for table in ("charges", "ledger_lines") for name, kind in TABLES[table].items() if kind == "number"
    ]
    return f"rtrim(rtrim({column}::VARCHAR, '0'), '.')" if column in numbers else column


def _write_mapping(folder: Path, customers: int) -> None:
    with duckdb.connect() as engine:
        tenants = engine.execute(f"SELECT md5('c' || c) FROM range({customers}) AS t(c) ORDER BY c").fetchall()
    folder.mkdir(exist_ok=True)
    text = ["customers:"]
    for number, (digest,) in enumerate(tenants):
        tenant = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
        text.append(f'- {{name: Customer {number}, tenant_id: {tenant}, ledger_customer: "C{number}", currency: USD}}')
    text.append("products:")
    text += [f'- {{name: Product {p}, product_id: CFQ7TTC0L{p + 100}, item: "L{p}"}}' for p in range(PRODUCTS)]
    text.append('- {name: Azure, category: azure, item: "AZURE"}')
    text += [
        "prices:",
        "- {for: {category: license}, markup_percent: 18}",
        "- {for: {category: azure}, markup_percent: 15}",
        "",
    ]
    (folder / "rules.yaml").write_text("\n".join(text), encoding="utf-8")

"""The part of the mapping about export files of other layouts: which column is what, and which rows are lines."""

from typing import Any

from connector.config.nearest import did_you_mean
from connector.config.nodes import shown
from connector.config.quantities import Whole
from connector.config.records import Either, Field, Filled, ListOf, Record, Table
from connector.config.selecting import LEDGER
from connector.config.shapes import FAILED, Choice, Text
from connector.domain.rules import ExportProfile

LEDGER_COLUMNS = (
    "document_number", "document_date", "document_type", "customer_id", "customer_name", "line_number", "item_id",
    "description", "quantity", "unit_price", "amount", "tax", "currency", "service_start", "service_end", "reference",
    "status",
)  # fmt: skip
VENDOR_COLUMNS = (
    "invoice", "customer_id", "customer_name", "subscription_id", "order_id", "order_date", "product_id", "sku_id",
    "product_name", "sku_name", "charge_type", "product_category", "term_text", "billing_frequency", "charge_start",
    "charge_end", "subscription_start", "subscription_end", "quantity", "unit_price", "effective_unit_price",
    "subtotal", "tax", "total", "currency", "promotion_id", "reference_id", "alternate_id", "publisher",
    "subscription_description", "unit_type",
)  # fmt: skip
_OURS = Text("a column of the connector")
_CELL = Text("a text as it stands in the file, in quotes")
_NAMES = Table(_CELL, Text("the id it stands for, in quotes"), "names in the file and the ids they stand for")


def _known_columns(filled: Filled, part: str, names: Any, reads: str) -> None:
    known = LEDGER_COLUMNS if reads == "ledger" else VENDOR_COLUMNS
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
            filled.refuse(f"there is no {reads} column {shown(name)}{hint}", part)


def _export(filled: Filled) -> Any:
    values = filled.values
    reads = values.get("reads", "ledger")
    if "like" not in values or "reads" in values:
        for part in ("columns", "fixed", "words", "leave_out"):
            _known_columns(filled, part, [name for name, _ in values.get(part, ())], reads)
        if grouped := values.get("grouped_by"):
            _known_columns(filled, "grouped_by", [grouped], reads)
    if "like" not in values and "columns" not in values and not filled.faulty:
        filled.refuse("'columns' is missing; expected columns and their names in the file, or `like`: another profile")
    if values.get("like") == values.get("name"):
        filled.refuse("a profile cannot be like itself; give it a name of its own", "like")
    if filled.faulty:
        return FAILED
    if "columns" in values:
        several = ((ours, (name,) if isinstance(name, str) else name) for ours, name in values["columns"])
        values = values | {"columns": tuple(several)}
    return ExportProfile(place=filled.place, **values)


EXPORT = Record(
    "an export profile",
    (
        Field("name", Text("the profile's name"), "Its name.", "books-us-sales", True),
        Field(
            "like",
            Text("the name of another profile"),
            "A profile, shipped or written here, that holds where this one says nothing.",
            "quickbooks-online-sales-by-customer-detail",
        ),
        Field(
            "reads",
            Choice(("ledger", "vendor")),
            "Whether its lines are the ledger's or a vendor's.",
            "ledger",
            default="ledger",
        ),
        Field("ledger", LEDGER, "The only ledger it is for.", "books-us", default="every ledger"),
        Field(
            "titles",
            ListOf(_CELL, least=1),
            "Texts above the columns, or in the name of the sheet or the file, that tell this layout from others with "
            "the same columns.",
            ["Sales by Customer Detail"],
        ),
        Field(
            "header_row",
            Whole(1, 1000),
            "The row that holds the column names.",
            5,
            default="found by itself",
        ),
        Field(
            "columns",
            Table(_OURS, Either(_CELL, ListOf(_CELL, least=1)), "columns and their names in the file"),
            "Our column names and the file's; of several names the first one that is there counts.",
            {"document_number": "Num", "amount": "Amount"},
        ),
        Field(
            "fixed",
            Table(_OURS, _CELL, "columns and what is always meant"),
            "What no column of the file says; `{file}` is the file's name.",
            {"currency": "USD"},
        ),
        Field(
            "words",
            Table(_OURS, Table(_CELL, _CELL, "the file's words and ours"), "columns, the file's words and ours"),
            "What words of the file mean.",
            {"document_type": {"Credit Memo": "credit_memo"}},
        ),
        Field(
            "leave_out",
            Table(_OURS, ListOf(_CELL, least=1), "columns and the words of rows that are no lines"),
            "Rows that are no lines of invoices, `(blank)` meaning an empty cell; how many they are is told, and their "
            "sum.",
            {"document_type": ["Payment"]},
        ),
        Field(
            "skip",
            ListOf(_CELL, least=1),
            "Rows whose first cell reads so mean nothing; * stands for anything.",
            ["Report generated *"],
        ),
        Field(
            "totals",
            ListOf(_CELL, least=1),
            "How the first cell of rows that sum up begins; the sums are held against the lines.",
            ["Total for", "Total"],
        ),
        Field(
            "grouped_by",
            _OURS,
            "The column that headings above the lines stand for.",
            "customer_id",
        ),
        Field(
            "dates",
            Text("a date format with %d, %m (or %b) and %Y (or %y), like %m/%d/%Y", ".*%.*"),
            "How the file writes dates.",
            "%m/%d/%Y",
            default="year-month-day, or month/day/year",
        ),
        Field("decimal", Choice((".", ",")), "The decimal sign of the file.", ".", default="."),
        Field(
            "customers_by",
            Choice(("id", "name")),
            "Whether the file names customers by id or by name.",
            "name",
            default="id",
        ),
        Field(
            "items_by",
            Choice(("id", "name")),
            "Whether the file names items by id or by name.",
            "name",
            default="id",
        ),
        Field(
            "customers",
            _NAMES,
            "What exact names of customers stand for: the ledger's customer, or a tenant in a vendor's file.",
            {"Alpine Ski House": "58"},
        ),
        Field(
            "items",
            _NAMES,
            "What exact names of items stand for: the ledger's item, or PRODUCT:SKU in a vendor's file.",
            {"M365 Business Premium": "31"},
        ),
    ),
    _export,
    "How to read the export file of a ledger or distributor.",
)

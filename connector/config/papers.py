"""The parts of the mapping about paper: how documents look, and how export files are read."""

from connector.config.quantities import Whole
from connector.config.records import Field, Filled, Record, Table
from connector.config.shapes import Choice, Text
from connector.domain.rules import ExportProfile, Template


def _template(filled: Filled) -> Template:
    return Template(place=filled.place, **filled.values)


def _export(filled: Filled) -> ExportProfile:
    return ExportProfile(place=filled.place, **filled.values)


TEMPLATE = Record(
    "a template",
    (
        Field("name", Text("the template's name"), "Its name, by which customers refer to it.", "itemised", True),
        Field(
            "lines",
            Choice(("per_subscription", "per_charge", "per_product", "per_category")),
            "What makes a line.",
            "per_subscription",
            default="per_subscription",
        ),
        Field(
            "description",
            Text("a text with {placeholders}"),
            "What a line says.",
            "{product}, {quantity} × {unit_price}, {period}",
            default="{product}, {quantity} × {unit_price}, {period}",
        ),
        Field(
            "usage",
            Choice(("by_resource_group", "by_meter", "by_subscription", "one_line")),
            "How usage is summed up; its detail goes to an attached workbook.",
            "by_resource_group",
            default="by_resource_group",
        ),
        Field(
            "split_by",
            Text(
                "none, category, reference, azure_subscription or tag:NAME",
                "none|category|reference|azure_subscription|tag:.+",
            ),
            "What makes a document of its own.",
            "none",
            default="none",
        ),
        Field(
            "zero_lines",
            Choice(("hide", "show")),
            "Whether lines of amount 0 are printed.",
            "hide",
            default="hide",
        ),
    ),
    _template,
    "How documents look.",
)

_CELL = Text("a text as it stands in the file, in quotes")
EXPORT = Record(
    "an export profile",
    (
        Field("name", Text("the profile's name"), "Its name.", "qbo-sales-by-customer", True),
        Field("header_row", Whole(1, 1000), "The row that holds the column names.", 5, default="1"),
        Field(
            "columns",
            Table(Text("a column of the connector"), _CELL, "columns and their names in the file"),
            "Our column names and the file's.",
            {"document_number": "Num", "amount": "Amount"},
        ),
        Field(
            "dates",
            Text("a date format like %m/%d/%Y"),
            "How the file writes dates.",
            "%m/%d/%Y",
            default="year-month-day",
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
            "options",
            Table(Text("an option"), _CELL, "options of the file format"),
            "What else the file format needs.",
            {"skip_rows": "Total"},
        ),
    ),
    _export,
    "How to read the export file of a ledger or distributor.",
)

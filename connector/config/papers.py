"""The part of the mapping about paper: how documents look."""

from connector.config.records import Field, Filled, Record
from connector.config.shapes import Choice, Text
from connector.domain.rules import Template


def _template(filled: Filled) -> Template:
    return Template(place=filled.place, **filled.values)


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

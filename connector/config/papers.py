"""The part of the mapping about paper: how documents look."""

import re

from connector.config.records import Field, Filled, Record
from connector.config.shapes import Choice, Text
from connector.domain.rules import Template

PLACEHOLDERS = (
    "product", "quantity", "unit_price", "amount", "currency", "period", "first", "last", "subscription", "customer",
    "category",
)  # fmt: skip


def _template(filled: Filled) -> Template:
    named = re.findall(r"\{([^{}]*)\}", filled.get("description", ""))
    unknown = next((name for name in named if name not in PLACEHOLDERS), None)
    if unknown is not None:
        filled.refuse(f"{{{unknown}}} is nothing a line has; expected some of {', '.join(PLACEHOLDERS)}", "description")
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
            "What a line says; the placeholders are "
            + ", ".join(PLACEHOLDERS)
            + ". What stands between commas is left out where the line has nothing for it.",
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
        Field(
            "annex",
            Choice(("itemised", "none", "with_cost")),
            "The workbook attached to each document; with_cost shows what it costs you and what you earn.",
            "itemised",
            default="itemised",
        ),
    ),
    _template,
    "How documents look.",
)

"""The mapping files, written as an admin would: one rule per line, every text in quotes."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from connector.sandbox.scenario.mapping import Mapping, Rule
from connector.sandbox.scenario.people import Customer

FILES = {
    "customers.yaml": ("customers", "subscriptions", "resellers", "internal"),
    "products.yaml": ("products", "bundles", "own_items"),
    "prices.yaml": ("prices", "minimums", "taxes", "fx", "adjustments"),
}


def customer_rule(customer: Customer, also: str | None) -> Rule:
    """The mapping's entry of a customer."""
    rule: Rule = {
        "name": customer.name,
        "tenant_id": customer.tenant_id,
        "ledger": customer.ledger,
        "ledger_customer": customer.ledger_customer,
        "currency": customer.currency,
        "groups": [customer.group, *customer.extra_groups],
    }
    if customer.bills != "arrears":
        rule["bills"] = customer.bills
    if customer.frequency != "as_vendor":
        rule["frequency"] = customer.frequency
    if also is not None:
        rule["valid_to"] = date.fromisoformat(also)
    return rule


def write_mappings(folder: Path, mapping: Mapping) -> None:
    """Write the lists of the mapping into a few files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, keys in FILES.items():
        parts = []
        for key in keys:
            rules = mapping.lists.get(key, [])
            if rules:
                parts.append(f"{key}:\n" + "".join(f"- {flow(rule)}\n" for rule in rules))
        (folder / name).write_text("".join(parts), encoding="utf-8")


def flow(value: object) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)

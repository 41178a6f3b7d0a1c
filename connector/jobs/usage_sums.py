"""Sums Microsoft's daily usage by what documents tell apart: Azure subscription, resource group, meter, tags."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import ibis

from connector.domain.rules import Mapping
from connector.engine.planning.dividing import UsageSum
from connector.ports import LineTables

ZERO = Decimal(0)


def usage_sums(tables: LineTables, mapping: Mapping, invoices: Iterable[str]) -> Iterator[UsageSum]:
    """The usage of some vendor invoices, no finer than the templates and exceptions of a mapping ask for."""
    templates, exceptions = mapping.templates, mapping.subscriptions
    # A customer without a template has the standard one, which goes by resource group.
    wanted = {
        "azure_subscription": any(rule.entitlement_id for rule in exceptions)
        or any(one.split_by == "azure_subscription" or one.usage == "by_subscription" for one in templates),
        "resource_group": True,
        "meter_name": any(one.usage == "by_meter" for one in templates),
        "tags": any(rule.tag for rule in exceptions) or any(one.split_by.startswith("tag:") for one in templates),
    }
    usage = tables.table("usage")
    usage = usage.filter(usage.invoice.fill_null("").isin(sorted(invoices)))
    meter = ibis.literal(" - ").join([usage.meter_category.fill_null(""), usage.meter_name.fill_null("")])
    values = {
        "azure_subscription": usage.entitlement_id,
        "azure_subscription_name": usage.entitlement_name,
        "resource_group": usage.resource_group,
        "meter_name": meter,
        "tags": usage.tags,
    }
    named = {
        name: (value.fill_null("") if wanted.get(name, wanted["azure_subscription"]) else ibis.literal(""))
        for name, value in values.items()
    }
    keys = {f"of_{name}": usage[name].fill_null("") for name in ("invoice", "subscription_id", "product_id", "sku_id")}
    usage = usage.mutate(**named, **keys)
    sums = usage.group_by([*keys, *named]).aggregate(
        amount=usage.amount.sum(), quantity=usage.quantity.sum(), rows=usage.count()
    )
    for row in tables.rows(sums):
        yield UsageSum(
            meter=(row["of_invoice"], row["of_subscription_id"], row["of_product_id"], row["of_sku_id"]),
            azure_subscription=row["azure_subscription"],
            azure_subscription_name=row["azure_subscription_name"],
            resource_group=row["resource_group"],
            meter_name=row["meter_name"].strip(" -"),
            tags=row["tags"],
            amount=row["amount"] or ZERO,
            quantity=row["quantity"] or ZERO,
            rows=int(row["rows"]),
        )

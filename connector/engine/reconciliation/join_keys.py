"""Finds which subscription is meant where Microsoft's invoice and Partner Center call the same one by different ids.

Microsoft says that the subscription id on an invoice need not be the one in Partner Center (facts: Partner Center
§3.2). Order, product and sku then tell which it is, where they tell it without doubt. A ledger may also name the order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

NAMES = {"charged_id": "string", "known_id": "string"}
_KEY = ("customer_id", "order_id", "product_id", "sku_id")
_GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# What a subscription is known by when its id is not: customer, order, product, sku.
Key = tuple[str, ...]


def strangers(charges: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """The keys of charged subscriptions that are not on file under their id."""
    known = subscriptions.select(of_file=subscriptions.subscription_id).distinct()
    charged = charges.filter(charges.subscription_id.notnull() & charges.order_id.notnull())
    charged = charged.select("subscription_id", *_KEY).distinct()
    return charged.anti_join(known, charged.subscription_id == known.of_file)


def on_file(charges: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """The keys of subscriptions on file that are not charged under their id."""
    charged = charges.select(of_charge=charges.subscription_id).distinct()
    known = subscriptions.filter(subscriptions.order_id.notnull())
    known = known.select("subscription_id", *_KEY).distinct()
    return known.anti_join(charged, known.subscription_id == charged.of_charge)


def names_of(strange: Iterable[Mapping[str, Any]], known: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Which id on file stands for which charged id; nothing where a key is shared or leads to several.

    First by order, product and sku; what is left by order and product (an Azure plan's charges bear the meters' skus),
    and then by the order alone.
    """
    found: dict[str, str] = {}
    strange, known = list(strange), list(known)
    for parts in (4, 3, 2):
        taken = set(found.values())
        found |= _matched(
            [row for row in strange if row["subscription_id"] not in found],
            [row for row in known if row["subscription_id"] not in taken],
            parts,
        )
    return found


def _matched(strange: Iterable[Mapping[str, Any]], known: Iterable[Mapping[str, Any]], parts: int) -> dict[str, str]:
    """Match by the first parts of the key, where that is beyond doubt on both sides."""
    file_by_key: dict[Key, set[str]] = defaultdict(set)
    for row in known:
        file_by_key[_key(row)[:parts]].add(row["subscription_id"])
    charged_by_key: dict[Key, set[str]] = defaultdict(set)
    keys_of: dict[str, set[Key]] = defaultdict(set)
    for row in strange:
        key = _key(row)[:parts]
        charged_by_key[key].add(row["subscription_id"])
        keys_of[row["subscription_id"]].add(key)
    found: dict[str, str] = {}
    for charged, keys in keys_of.items():
        # A change of seats is an order of its own, which is on no file: one of its orders is enough.
        meant = {
            name
            for key in keys
            if len(charged_by_key[key]) == 1 and len(file_by_key.get(key, ())) == 1
            for name in file_by_key[key]
        }
        if len(meant) == 1:
            found[charged] = meant.pop()
    taken = Counter(found.values())
    return {charged: name for charged, name in found.items() if taken[name] == 1}


def _key(row: Mapping[str, Any]) -> Key:
    customer, order, product, sku = (row[name] or "" for name in _KEY)
    return customer, order.strip().lower(), product, sku


def renamed(table: ir.Table, names: ir.Table) -> ir.Table:
    """A table of charges or usage with the ids that are on file."""
    joined = table.left_join(names, table.subscription_id == names.charged_id)
    meant = ibis.coalesce(joined.known_id, joined.subscription_id)
    return joined.select(**{name: meant if name == "subscription_id" else joined[name] for name in table.columns})


def orders_of(charges: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """The orders that are of one subscription only, charged or on file, as names for it."""
    rows = charges.select("order_id", "subscription_id").union(subscriptions.select("order_id", "subscription_id"))
    rows = rows.filter(rows.subscription_id.notnull() & rows.order_id.notnull())
    grouped = rows.group_by(charged_id=rows.order_id.lower().strip()).aggregate(
        many=rows.subscription_id.nunique(), known_id=rows.subscription_id.min()
    )
    return grouped.filter(grouped.many == 1).select("charged_id", "known_id")


def ordered_in(ledger: ir.Table, charges: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """The names that the ledger's references are among the orders: few or none, and soon found so."""
    named = ledger.filter(ledger.reference.notnull()).select(named=ledger.reference.lower().strip()).distinct()
    meant = (
        table.semi_join(named, table.order_id.lower().strip() == named.named) for table in (charges, subscriptions)
    )
    return orders_of(*meant)


def rewritten(ledger: ir.Table, names: ir.Table) -> ir.Table:
    """The ledger's lines, a reference that is one of the names, or holds such an id, put as the id that is on file."""
    text = ledger.reference.lower().strip()
    keyed = ledger.mutate(whole_name=text, name_inside=text.re_extract(_GUID, 0))
    inside = names.select(inside_charged="charged_id", inside_known="known_id")
    joined = keyed.left_join(names, keyed.whole_name == names.charged_id)
    joined = joined.left_join(inside, joined.name_inside == inside.inside_charged)
    meant = ibis.coalesce(joined.known_id, joined.inside_known, joined.reference)
    return joined.select(**{name: meant if name == "reference" else joined[name] for name in ledger.columns})

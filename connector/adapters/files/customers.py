"""Customers as Partner Center lists them, with the moment they were seen.

Source: Microsoft, "Get a list of customers" and "Customer resources".
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean, code, partner
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "customer_id": ("id",),
        "observed_at": ("observedAt",),
        "name": ("companyProfile.companyName",),
        "domain": ("companyProfile.domain",),
        "relationship": ("relationshipToPartner",),
        "status": ("status",),
        "country": ("billingProfile.defaultAddress.country",),
        "partner_id": ("associatedPartnerId",),
        "delegated": ("allowDelegatedAccess",),
    }
)
_IDENTITY = ("customer_id", "observed_at", "name", "domain", "relationship", "status", "country", "partner_id")


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    table = {
        "customer_id": s.each("customer_id", cells.read_guid, required=True),
        "observed_at": observed(s, occasion, "so it is not known when the customer was like this"),
        "name": s.each("name", clean),
        "domain": s.each("domain", clean),
        "relationship": s.each("relationship", clean),
        "status": pc.fill_null(s.each("status", clean), "active"),
        "country": s.each("country", code),
        "partner_id": s.each("partner_id", partner),
    }
    yield from s.rows("customers", table, _IDENTITY)


def observed(s: Shaping, occasion: Occasion, why: str) -> pa.Array:
    """Return the moments at which records were seen: their own, else the occasion's; without either they are faults."""
    moments = s.each("observed_at", cells.read_moment)
    if occasion.observed_at is not None:
        moments = pc.fill_null(moments, cells.read_moment(occasion.observed_at))
    for row in pc.indices_nonzero(moments.is_null()).to_pylist():
        s.fault(row, "observedAt", f"is missing, {why}")
    return moments


FORMAT = Format(
    name="customers",
    role=Role.RECORDS,
    table="customers",
    fields=_FIELDS,
    signature=frozenset({"customer_id", "name", "domain", "relationship"}),
    required=(("customer_id",),),
    shape=_shape,
    shapes=frozenset({Shape.DOCUMENT, Shape.LINES}),
)

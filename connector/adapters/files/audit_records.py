"""What people and programs did at Partner Center, as its audit records tell it.

Source: Microsoft, "Get a record of Partner Center activity" and "Auditing resources".
"""

from collections.abc import Iterator

from connector.adapters.files import cells
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "record_id": ("id",),
        "happened_at": ("operationDate",),
        "customer_id": ("customerId",),
        "customer_name": ("customerName",),
        "operation": ("operationType",),
        "resource": ("resourceType",),
        "status": ("operationStatus",),
        "user_name": ("userPrincipalName",),
        "application_id": ("applicationId",),
        "correlation_id": ("originalCorrelationId",),
        "old_value": ("resourceOldValue",),
        "new_value": ("resourceNewValue",),
        "details": ("customizedData",),
    }
)
_IDENTITY = ("record_id", "happened_at", "customer_id", "operation", "resource", "status", "new_value")
_AS_WRITTEN = ("user_name", "application_id", "correlation_id", "old_value", "new_value", "details")


def _lower(text: str) -> str | None:
    return text.strip().lower() or None


def _shape(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    table = {
        **{name: s.text(name) for name in _AS_WRITTEN},
        "record_id": s.each("record_id", clean, required=True),
        "happened_at": s.each("happened_at", cells.read_moment, required=True),
        "customer_id": s.each("customer_id", cells.read_guid),
        "customer_name": s.each("customer_name", clean),
        "operation": s.each("operation", _lower, required=True),
        "resource": s.each("resource", _lower),
        "status": s.each("status", _lower),
    }
    yield from s.rows("audit_records", table, _IDENTITY)


FORMAT = Format(
    name="audit records",
    role=Role.RECORDS,
    table="audit_records",
    fields=_FIELDS,
    signature=frozenset({"happened_at", "operation", "resource", "status"}),
    required=(("happened_at",), ("operation",)),
    shape=_shape,
    shapes=frozenset({Shape.DOCUMENT, Shape.LINES}),
)

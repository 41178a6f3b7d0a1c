"""Downloaded files of the legacy (D…) invoices: known, so that they can be refused with a reason.

They do not name their invoice, or hold two tables one above the other; `connector sync` fetches the lines instead.
"""

from collections.abc import Iterator

from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows

_NAMES = (
    "DurableOfferId", "SyndicationPartnerSubscriptionNumber", "OfferId", "OfferName", "BillingCycleType",
    "DetailLineItemId", "ConsumedQuantity", "OverageQuantity", "PretaxCharges", "PostTaxTotal", "ResourceGuid",
    "ServiceType", "TotalOtherDiscount",
)  # fmt: skip


def _shape(_: Columns, __: Occasion) -> Iterator[Rows]:
    yield from ()


def _legacy(name: str, signature: set[str]) -> Format:
    return Format(
        name=f"legacy {name}-based reconciliation",
        role=Role.VENDOR,
        table="charges",
        fields=Fields({field: (field,) for field in _NAMES}),
        signature=frozenset(signature),
        required=(),
        shape=_shape,
        shapes=frozenset({Shape.CSV, Shape.DOCUMENT}),
        refusal=f"this is a reconciliation file of a legacy ({name}-based, D…) invoice; only new-commerce (G…) "
        "invoices are read from files. Leave it out; `connector sync` fetches it, or check it by hand.",
    )


FORMATS = (
    _legacy("licence", {"DurableOfferId", "SyndicationPartnerSubscriptionNumber", "BillingCycleType", "OfferName"}),
    _legacy("usage", {"ConsumedQuantity", "ServiceType", "ResourceGuid", "BillingCycleType"}),
)

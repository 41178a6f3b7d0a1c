"""Reconciliation files of the legacy (D…) invoices: known, so that they can be refused with a reason."""

from collections.abc import Iterator

from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
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
        refusal=f"this is a reconciliation file of a legacy ({name}-based, D…) invoice; only new-commerce (G…) "
        "invoices are read. Leave it out, and check that invoice by hand.",
    )


FORMATS = (
    _legacy("licence", {"DurableOfferId", "SyndicationPartnerSubscriptionNumber", "BillingCycleType", "OfferName"}),
    _legacy("usage", {"ConsumedQuantity", "ServiceType", "ResourceGuid", "BillingCycleType"}),
)

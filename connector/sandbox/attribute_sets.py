"""Which columns an export has when only the basic ones are asked for.

Source: Microsoft, "attributeSet" of the billed and unbilled exports (Graph v1.0).
"""

import json

_RECONCILIATION_EXTRAS = frozenset(
    (
        "CustomerDomainName", "CustomerCountry", "MpnId", "Quantity", "PublisherId", "SubscriptionDescription",
        "UnitType", "AlternateId", "BillingFrequency", "PCToBCExchangeRateDate", "MeterDescription",
        "ProductQualifiers",
    )
)  # fmt: skip
_USAGE_EXTRAS = frozenset(
    (
        "AvailabilityId", "BenefitId", "ConsumedService", "CustomerCountry", "CustomerDomainName",
        "EntitlementDescription", "MeterCategory", "MeterId", "MeterName", "MeterRegion", "MeterSubCategory",
        "MeterType", "MpnId", "PartnerEarnedCreditPercentage", "ProductName", "PublisherId", "ResourceGroup",
        "ResourceLocation", "ServiceInfo1", "ServiceInfo2", "SubscriptionDescription", "Tags", "Tier2MpnId", "Unit",
        "PCToBCExchangeRateDate",
    )
)  # fmt: skip


def narrowed(text: str, kind: str) -> str:
    """A line of an export without the columns that only the full set has; every number keeps its digits."""
    extras = _USAGE_EXTRAS if kind.endswith("usage") else _RECONCILIATION_EXTRAS
    kept = [pair for pair in _pairs(text) if pair[0] not in extras]
    return "{" + ",".join(f'"{name}":{value}' for name, value in kept) + "}"


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values as they are written, for a flat object."""
    decoder = json.JSONDecoder()
    found: list[tuple[str, str]] = []
    place = 1
    while text[place] != "}":
        name, place = decoder.raw_decode(text, place)
        start = place + 1
        _, place = decoder.raw_decode(text, start)
        found.append((str(name), text[start:place]))
        if text[place] == ",":
            place += 1
    return found

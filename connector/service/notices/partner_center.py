"""Takes Partner Center's notices: a subscription changed, an invoice is ready.

Each is signed with a certificate whose address comes along. That address is the sender's word, so only known hosts are
asked; the certificate must be Microsoft's, lead to a public authority, and have signed the very bytes that came.
(Facts: facts/partner_center.md §8.2.)
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime

from connector.domain.errors import ConnectorError
from connector.service.notices.certificates import Trust
from connector.service.notices.desk import Desk, Hint, Notice, fingerprint
from connector.service.wire import Place, Reply, Request, text

SOURCE = "partner_center"
_HINTS = {
    "subscription-updated": Hint.SUBSCRIPTIONS,
    "subscription-active": Hint.SUBSCRIPTIONS,
    "reseller-relationship-accepted-by-customer": Hint.SUBSCRIPTIONS,
    "indirect-reseller-relationship-accepted-by-customer": Hint.SUBSCRIPTIONS,
    "new-commerce-migration-completed": Hint.SUBSCRIPTIONS,
    "invoice-ready": Hint.INVOICES,
    "usagerecords-thresholdexceeded": Hint.USAGE,
}
_ALGORITHM = "rsa-sha256"


def places(desk: Desk, trust: Trust, now: Callable[[], datetime]) -> tuple[Place, ...]:
    """Where Partner Center sends to."""

    def take(request: Request) -> Reply:
        if refused := _refusal(request, trust, now()):
            return refused
        try:
            said = json.loads(request.body)
            name, parts = str(said["EventName"]), [str(said.get(key)) for key in _PARTS]
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return text("The notice cannot be read.", 400)
        desk.take(SOURCE, [Notice(fingerprint(name, *parts), _HINTS.get(name.lower()))])
        return text("noted")

    return (Place("/webhooks/partner-center", take, ("POST",)),)


_PARTS = ("ResourceUri", "ResourceName", "AuditUri", "ResourceChangeUtcDate")


def _refusal(request: Request, trust: Trust, now: datetime) -> Reply | None:
    scheme, _, signature = request.headers.get("authorization", "").partition(" ")
    signature = request.headers.get("x-ms-signature", signature if scheme.lower() == "signature" else "")
    address = request.headers.get("x-ms-certificate-url", "")
    algorithm = request.headers.get("x-ms-signature-algorithm", "").lower()
    if not signature or not address or algorithm != _ALGORITHM:
        return text("The notice is not signed.", 401)
    try:
        given = base64.b64decode(re.sub(r"(?i)^signature\s+", "", signature), validate=True)
    except ValueError:
        return text("The signature cannot be read.", 401)
    try:
        trust.verify(address, given, request.body, now)
    except ConnectorError as doubt:
        if doubt.exit_code == 75:
            return text("The certificate cannot be fetched just now.", 503, Retry_After="60")
        return text("The signature does not fit.", 401)
    return None

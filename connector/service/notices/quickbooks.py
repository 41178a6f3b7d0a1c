"""Takes QuickBooks' notices that something changed in a company: the older form, and CloudEvents.

The signature is an HMAC over the bytes as they came, with the app's verifier token. Contents are ids alone; what has
changed is read from QuickBooks itself. (Facts: facts/quickbooks.md §2.9.)
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from connector.service.notices.desk import Desk, Hint, Notice, fingerprint
from connector.service.wire import Place, Reply, Request, text

SOURCE = "quickbooks"
_HEADER = "intuit-signature"


def places(desk: Desk, verifier: str, realms: frozenset[str]) -> tuple[Place, ...]:
    """Where QuickBooks sends to. Companies other than `realms` are nobody's here."""

    def take(request: Request) -> Reply:
        if not is_signed(request.body, request.headers.get(_HEADER, ""), verifier):
            return text("The signature does not fit.", 401)
        try:
            notices = tuple(_notices(json.loads(request.body), realms))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return text("The notice cannot be read.", 400)
        desk.take(SOURCE, notices)
        return text("noted")

    return (Place("/webhooks/quickbooks", take, ("POST",)),)


def is_signed(body: bytes, signature: str, verifier: str) -> bool:
    """Whether a body bears the signature of whoever knows the verifier token."""
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(hmac.digest(verifier.encode(), body, hashlib.sha256), given)


def _notices(content: Any, realms: frozenset[str]) -> Iterator[Notice]:
    if isinstance(content, list):
        for event in content:
            if str(event["intuitaccountid"]) in realms:
                yield Notice(fingerprint(str(event["source"]), str(event["id"])), Hint.LEDGER)
        return
    for group in content["eventNotifications"]:
        realm = str(group["realmId"])
        if realm not in realms:
            continue
        for entity in group["dataChangeEvent"]["entities"]:
            said = [str(entity.get(name, "")) for name in ("name", "id", "operation", "lastUpdated", "deletedId")]
            yield Notice(fingerprint(realm, *said), Hint.LEDGER)

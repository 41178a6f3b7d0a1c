"""Takes Business Central's notices that something changed in a company.

They are not signed: whoever made the subscription gave it a clientState, and each notice must bring it. Business
Central forgets a subscription that is answered with anything but success, so a notice that does not fit is answered
like one that does, and dropped. (Facts: facts/dynamics.md, webhooks.)
"""

import hmac
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

from connector.service.notices.desk import Desk, Hint, Notice, fingerprint
from connector.service.wire import Place, Reply, Request, text

SOURCE = "business_central"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
_log = logging.getLogger(__name__)


def places(desk: Desk, client_state: str) -> tuple[Place, ...]:
    """Where Business Central sends to."""

    def take(request: Request) -> Reply:
        token = request.query.get("validationToken")
        if token is not None:
            # It asks whether somebody is there. What is given back goes as plain text, and cannot be a page.
            return Reply(200, token.encode()) if _TOKEN.fullmatch(token) else text("This is no token.", 400)
        try:
            desk.take(SOURCE, _notices(json.loads(request.body), client_state))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            _log.warning("a notice from Business Central could not be read and was dropped")
        return text("noted")

    return (Place("/webhooks/business-central", take, ("GET", "POST")),)


def _notices(content: Any, client_state: str) -> Iterator[Notice]:
    for change in content["value"]:
        if not hmac.compare_digest(str(change.get("clientState", "")).encode(), client_state.encode()):
            _log.warning("a notice came in Business Central's name without its clientState and was dropped")
            continue
        said = (str(change.get(name, "")) for name in ("resource", "changeType", "lastModifiedDateTime"))
        yield Notice(fingerprint(*said), Hint.LEDGER)

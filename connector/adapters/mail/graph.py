"""Sends mail from a mailbox of Microsoft 365 through Microsoft Graph.

The whole message is given as MIME, so that its Message-ID, plain text and attachments stay as they are. Graph answers
that it took the mail; an answer that is lost leaves it unknown.
"""

import base64
from collections.abc import Mapping
from urllib.parse import quote

from connector.adapters.http import Api, NeverSent, OutcomeUnknown, Refused, Throttled
from connector.adapters.mail.message import Sender, message_of
from connector.domain.alert import Mail, MailPutOff, MailRefused, MailServerAway, MailUnsure
from connector.domain.errors import ConnectorError

# The mail itself is wrong; all else (401, 403, 404 of the mailbox) is wrong with the access.
_BAD_MAIL = frozenset({400, 413, 415, 422})


class GraphMailer:
    """Fits the Mailer port; `api` is Microsoft Graph at its version, with the app's token (Mail.Send)."""

    def __init__(self, api: Api, sender: Sender) -> None:
        self._api, self._sender = api, sender

    def send(self, mail: Mail) -> Mapping[str, str]:
        """Hand a mail over; see ports.Mailer. Graph names no recipients that it refuses."""
        content = base64.b64encode(message_of(mail, self._sender).as_bytes())
        path = f"users/{quote(self._sender.address, safe='@')}/sendMail"
        try:
            self._api.post(path, content=content, headers={"Content-Type": "text/plain"})
        except OutcomeUnknown as lost:
            raise MailUnsure(f"Microsoft Graph did not say whether it took the mail: {lost}") from None
        except (NeverSent, Throttled) as away:
            raise MailServerAway(str(away)) from None
        except Refused as refused:
            raise _meaning(refused) from None
        except ConnectorError as trouble:
            # No token, so nothing was sent.
            raise MailServerAway(str(trouble)) from None
        return {}


def _meaning(refused: Refused) -> ConnectorError:
    if refused.status in _BAD_MAIL:
        return MailRefused(str(refused))
    if refused.status in (401, 403, 404):
        return MailServerAway(f"{refused}; check alerts.graph: its sender, and that the app may send mail (Mail.Send)")
    return MailPutOff(str(refused))

"""Makes the links that stand in mails: to a report, and to a plan that waits for approval."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.service.links import Signer

REPORTS_FOR = timedelta(days=31)
APPROVALS_FOR = timedelta(days=7)


def signer_of(settings: "Settings") -> "Signer":
    """Who signs links by the settings' secret key."""
    from connector.service.links import Signer, keys_of

    return Signer(keys_of(settings.secret_key.reveal() if settings.secret_key else None))


def signature_of(settings: "Settings", name: str, now: datetime, *, valid: timedelta = REPORTS_FOR) -> str:
    """What follows the address of a report by its name, so that whoever has it may see it; empty without a key."""
    from connector.service.reports import PURPOSE

    if settings.secret_key is None:
        return ""
    return f"?link={signer_of(settings).sign(PURPOSE, name, until=now + valid)}"


def report_link(settings: "Settings", name: str, now: datetime, *, valid: timedelta = REPORTS_FOR) -> str | None:
    """A link to a report by its name ("latest", a month, "" for the list); None where nobody can be led there."""
    signature = signature_of(settings, name, now, valid=valid)
    return f"{settings.http.public_url}/reports/{name}{signature}" if settings.http.public_url and signature else None


def approval_link(
    settings: "Settings", plan_id: str, who: str, now: datetime, *, valid: timedelta = APPROVALS_FOR
) -> str | None:
    """A link by which one person approves a plan, once; None where nobody can be led there. `who` gets the mail."""
    from connector.service.approving import PURPOSE

    if settings.http.public_url is None or settings.secret_key is None:
        return None
    token = signer_of(settings).sign(PURPOSE, plan_id, until=now + valid, who=who)
    return f"{settings.http.public_url}/approve/{token}"

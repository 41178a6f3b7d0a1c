"""Lets a person sign in at Microsoft once, and looks before the first run whether all that is needed is allowed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.bootstrap.partner_center import Microsoft, Service, microsoft, open_source
from connector.bootstrap.storing import open_store
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock, Tokens, VendorSource

# What each interface is read for, and the permission that allows it (docs/permissions.md).
GRAPH_PERMISSION = "PartnerBilling.Read.All"
IMPERSONATION = "user_impersonation"
# A clock that is further off makes Microsoft refuse certificates and tokens.
_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at one interface showed: `problem` is empty where all is well, `note` says what is known of it."""

    name: str
    note: str = ""
    problem: str = ""
    exit_code: int = 0


def sign_in_at_microsoft(
    settings: "Settings", show: Callable[[str], None], clock: "Clock | None" = None
) -> Iterator[str]:
    """Walk a person through the sign-in; yields sentences about what came of it. Raises SignInNeeded."""
    clock = clock or _clock()
    with open_store(settings, clock) as store:
        with_ = microsoft(settings, store.tokens, clock)
        granted = with_.sign_in.device_code(show, with_.partner_center.scope)
        who = granted.account or "somebody"
        yield f"Signed in as {who}."
        if granted.lacks_mfa:
            yield (
                "warning: the sign-in did not prove multi-factor authentication, so Partner Center refuses it "
                "(900421); enforce MFA for this account and sign in again."
            )
        people = [service for service in with_.services if service.by_person]
        if not people:
            yield "No API is set to app_user, so this sign-in is not used; see `auth` in the settings."
        for service in people:
            problem = _problem(service.bearer)
            yield f"{service.name}: {problem[0] if problem else 'ready'}"


def look_at_microsoft(
    settings: "Settings", *, clock: "Clock | None" = None, source: "VendorSource | None" = None
) -> Iterator[Looked]:
    """Sign in at every interface and read a little of each; what is missing is told with what to do."""
    clock = clock or _clock()
    with open_store(settings, clock) as store:
        yield from _look(settings, store.tokens, clock, source)


def _look(settings: "Settings", tokens: "Tokens", clock: "Clock", source: "VendorSource | None") -> Iterator[Looked]:
    with_ = microsoft(settings, tokens, clock)
    reader = source or open_source(settings, with_)
    reads: dict[str, Callable[[], Any]] = {
        "Partner Center": lambda: next(reader.customers(), None),
        "Microsoft Graph": lambda: None,
        "Partner Center pricing": lambda: _read_rates(reader, clock),
    }
    for service in with_.services:
        way = "for a person" if service.by_person else "as the app"
        if problem := _problem(service.bearer):
            yield Looked(service.name, way, *problem)
            continue
        if problem := _problem(partial(_permitted, service)) or _problem(reads[service.name]):
            yield Looked(service.name, way, *problem)
            continue
        yield Looked(service.name, f"signed in {way}")
    yield _clock_of(with_)


def _permitted(service: Service) -> None:
    """Compare what the token allows with what is needed; a token that cannot be read is left to the service."""
    granted = service.bearer.granted()
    if not granted.readable:
        return
    if service.by_person and granted.lacks_mfa:
        raise ConnectorError(
            "the sign-in did not prove multi-factor authentication, so Microsoft refuses it (900421); enforce MFA for "
            "the account and run `connector auth partner-center`."
        )
    if service.name == "Microsoft Graph" and GRAPH_PERMISSION not in granted.permissions:
        kind = "delegated" if service.by_person else "application"
        raise ConnectorError(
            f"the permission {GRAPH_PERMISSION} ({kind}) is missing; add it to the app's registration in Entra and "
            "grant admin consent."
        )
    if service.by_person and service.name != "Microsoft Graph" and IMPERSONATION not in granted.permissions:
        raise ConnectorError(
            f"the delegated permission {IMPERSONATION} of Microsoft Partner Center is missing; add it to the app's "
            "registration in Entra, grant admin consent, and run `connector auth partner-center` again."
        )


def _read_rates(reader: "VendorSource", clock: "Clock") -> None:
    """Ask for the smallest thing the pricing service has: the exchange rates of this month, into nowhere."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        reader.exchange_rates(f"{clock.now():%Y-%m}", None, folder)


def _clock_of(with_: Microsoft) -> Looked:
    skew = with_.skew
    if skew is None:
        return Looked("clock", "not compared")
    if abs(skew) <= _SKEW:
        return Looked("clock", "agrees with Microsoft's")
    ahead = "behind" if skew > timedelta(0) else "ahead of"
    minutes = abs(skew) // timedelta(minutes=1)
    return Looked("clock", "", f"this machine's clock is {minutes} minutes {ahead} Microsoft's; set it (NTP).", 2)


def _problem(act: Callable[[], Any]) -> tuple[str, int] | None:
    try:
        act()
    except ConnectorError as failure:
        return str(failure), failure.exit_code
    return None


def _clock() -> "Clock":
    from connector.adapters.clock import SystemClock

    return SystemClock()

"""Turns what went wrong with a write into what is known of its outcome."""

from collections.abc import Iterator
from contextlib import contextmanager

from connector.adapters import http
from connector.adapters.business_central.client import BusinessCentralRefused
from connector.adapters.business_central.faults import Meaning
from connector.domain.errors import ConnectorError, Locked, SignInNeeded, Unavailable
from connector.domain.posting import NeverSent, NumberTaken, OutcomeUnknown, Rejected, Throttled

_PAUSE = 10
"""Seconds to leave Business Central alone after a 429 that names none."""
_CONFLICT = 409


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Around a write: raises what domain.posting calls its outcomes, and SignInNeeded."""
    try:
        yield
    except http.Throttled as failure:
        raise Throttled(f"{what}: {failure}", failure.retry_after or _PAUSE) from failure
    except http.OutcomeUnknown as failure:
        raise OutcomeUnknown(f"{what}: {failure}") from failure
    except BusinessCentralRefused as refusal:
        raise refused(refusal, what) from refusal
    except (Unavailable, Locked, http.ForbiddenAddress) as failure:
        # Writes that may have left raise OutcomeUnknown; these come from before: the network, or the sign-in.
        raise NeverSent(f"{what}: {failure}") from failure
    except SignInNeeded as failure:
        raise SignInNeeded(f"{what}: {failure}") from failure
    except http.HttpFailure as failure:
        raise OutcomeUnknown(f"{what}: {failure}") from failure
    except (NeverSent, Throttled, OutcomeUnknown, Rejected):
        raise
    except ConnectorError as failure:
        # The app's own credential does not hold, or its company is not there: nothing can have been sent.
        raise SignInNeeded(f"{what}: {failure}") from failure


@contextmanager
def preparing(what: str) -> Iterator[None]:
    """Around the questions before a write: whatever goes wrong there, nothing was sent."""
    try:
        yield
    except (NeverSent, Throttled, OutcomeUnknown, Rejected, SignInNeeded):
        raise
    except ConnectorError as failure:
        raise NeverSent(f"{what}: it was not sent, for the look before failed: {failure}") from failure


def refused(refusal: BusinessCentralRefused, what: str) -> ConnectorError:
    """What a definite refusal means for a posting."""
    said = f"{what}: {refusal}"
    match refusal.meaning:
        case Meaning.TAKEN:
            return NumberTaken(said)
        case Meaning.CHANGED:
            # Business Central compared the versions before it did anything.
            return NeverSent(said)
        case Meaning.BUSY:
            return OutcomeUnknown(said)
    return OutcomeUnknown(said) if refusal.fault.status == _CONFLICT else Rejected(said)

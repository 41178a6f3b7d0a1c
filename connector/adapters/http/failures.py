"""What can go wrong on the way to a service and back, sorted by what is known about the request's fate.

A request that certainly never left (NeverSent) or was turned away (Throttled, Refused) changed nothing. What
became of a write after a broken answer is not known (OutcomeUnknown): only looking tells. A read that broke
(BrokenOff, Failing, Garbled) may simply be made again. Those that matter to posting are postings' own kinds too.
"""

import math
from dataclasses import dataclass

from connector.domain import posting
from connector.domain.errors import ConnectorError, Unavailable


@dataclass(frozen=True, slots=True)
class Trace:
    """Which call it was (method, host and path, no parameters) and the ids the service knows it by."""

    call: str
    request_id: str = ""
    correlation_id: str = ""

    def __str__(self) -> str:
        ids = [("request id", self.request_id), ("correlation id", self.correlation_id)]
        told = ", ".join(f"{name} {value}" for name, value in ids if value)
        return f"{self.call} ({told})" if told else self.call


class HttpFailure(ConnectorError):
    """Any trouble with a call; says which call, and the ids to give to the service's support."""

    def __init__(self, text: str, trace: Trace, *, status: int = 0, code: str = "") -> None:
        self.text = text
        self.trace = trace
        self.status = status
        self.code = code
        # The kinds of domain.posting that some subclasses are as well take other arguments.
        ConnectorError.__init__(self, f"{trace}: {text}")

    @property
    def request_id(self) -> str:
        """The id of the call at the service, or ours where the service named none."""
        return self.trace.request_id

    @property
    def correlation_id(self) -> str:
        """The id that ties calls of one piece of work together."""
        return self.trace.correlation_id


class ForbiddenAddress(ConnectorError):
    """An address leads where the connector must not go; nothing was sent."""


class NeverSent(HttpFailure, Unavailable, posting.NeverSent):
    """The request provably never left: `reason` is name, refused, timeout, certificate or proxy."""

    def __init__(self, text: str, trace: Trace, *, reason: str) -> None:
        self.reason = reason
        super().__init__(text, trace)


class BrokenOff(HttpFailure, Unavailable):
    """A read did not come to its end: timeout, reset, or a body that is cut."""


class Failing(HttpFailure, Unavailable):
    """The service itself is in trouble (408 or 5xx on a read); `retry_after` in seconds where it said so."""

    def __init__(self, text: str, trace: Trace, *, status: int, code: str = "", retry_after: float | None) -> None:
        self.retry_after = retry_after
        super().__init__(text, trace, status=status, code=code)


class Throttled(HttpFailure, Unavailable, posting.Throttled):
    """The service wants fewer calls (429); nothing was done. `retry_after` in whole seconds, 0 where it did not say."""

    def __init__(self, text: str, trace: Trace, *, code: str = "", retry_after: float | None = None) -> None:
        self.retry_after = math.ceil(retry_after or 0)
        super().__init__(text, trace, status=429, code=code)


class Garbled(HttpFailure, Unavailable):
    """The answer to a read is not what was asked for, such as a web page in place of JSON."""


class TooLarge(HttpFailure):
    """A body is larger than anything the service has reason to send."""


class OutcomeUnknown(HttpFailure, posting.OutcomeUnknown):
    """A write may or may not have happened: timeout, reset, cut or unreadable answer, 408 or 5xx. Exit 75."""

    exit_code = 75


class Refused(HttpFailure):
    """The service said no (3xx or 4xx): `status`, and its own `code` and `text`. Nothing was done."""

    def __init__(self, status: int, code: str, text: str, trace: Trace) -> None:
        named = f"{status} {code}".strip()
        super().__init__(f"refused with {named}: {text}" if text else f"refused with {named}", trace)
        self.status, self.code, self.text = status, code, text

"""Tells from a broken call whether the request can have reached the service; exactly-once posting rests on it."""

import ssl
from collections.abc import Iterator
from socket import gaierror

import requests
from urllib3 import exceptions as wire

from connector.adapters.http.failures import BrokenOff, ForbiddenAddress, HttpFailure, NeverSent, OutcomeUnknown, Trace

READS = frozenset({"GET", "HEAD", "OPTIONS"})

_WHY = {
    "name": "the name of the host cannot be resolved; check the network, the DNS and the configured endpoint",
    "refused": "no connection could be made; check the network, the firewall and the configured endpoint",
    "timeout": "the host did not take the connection in time; check the network, the firewall and the proxy",
    "certificate": "the server's certificate is not trusted; if a proxy inspects the traffic, name its authority "
    "in network.ca_file; check this machine's clock as well",
    "proxy": "the proxy did not let the call through; check network.proxy and its user name and password",
}


def never_sent(error: BaseException) -> bool:
    """Whether not one byte of the request can have reached the service.

    True for a refused connection, a name that is not found, a connection that took too long, an untrusted
    certificate, a proxy that refused, and an address that is not allowed. False for everything else: read
    timeouts, resets, cut bodies and broken status lines leave the outcome open.
    """
    if isinstance(error, (NeverSent, ForbiddenAddress)):
        return True
    return not isinstance(error, HttpFailure) and _reason(error) is not None


def told(error: Exception, trace: Trace, *, reads: bool) -> HttpFailure:
    """Return what a broken call means, in our words; the library's own text may hold addresses with secrets."""
    reason = _reason(error)
    if reason is not None:
        return NeverSent(_WHY[reason], trace, reason=reason)
    what = _broken(error)
    if reads:
        return BrokenOff(f"{what}; try again later", trace)
    return OutcomeUnknown(f"{what}, so it is not known whether it was carried out", trace)


def _reason(error: BaseException) -> str | None:
    """Why a request never left; None where it may have."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "certificate"
    if any(isinstance(cause, (wire.ReadTimeoutError, requests.ReadTimeout, wire.ProtocolError)) for cause in causes):
        return None
    if any(isinstance(cause, (requests.exceptions.ProxyError, wire.ProxyError)) for cause in causes):
        return "proxy"
    if any(isinstance(cause, (wire.NameResolutionError, gaierror)) for cause in causes):
        return "name"
    if any(isinstance(cause, (requests.ConnectTimeout, wire.ConnectTimeoutError)) for cause in causes):
        # NewConnectionError is a ConnectTimeoutError to urllib3, so the finer one is asked first.
        refused = any(isinstance(cause, wire.NewConnectionError) for cause in causes)
        return "refused" if refused else "timeout"
    if any(isinstance(cause, wire.NewConnectionError) for cause in causes):
        return "refused"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all it was made of; not what was being dealt with when it came, which may be another call."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, getattr(one, "reason", None), *one.args]
        waiting.extend(cause for cause in inner if isinstance(cause, BaseException))


def _broken(error: BaseException) -> str:
    """What happened to a call that may have reached the service."""
    causes = list(_causes(error))
    if any(isinstance(cause, (wire.ReadTimeoutError, requests.ReadTimeout, TimeoutError)) for cause in causes):
        return "no answer came in time"
    if any(isinstance(cause, wire.IncompleteRead) for cause in causes):
        return "the answer is cut"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "the encrypted connection broke"
    return "the connection broke"

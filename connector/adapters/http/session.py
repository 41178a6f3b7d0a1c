"""The one way out of the house: every call to a service goes through this session and keeps its rules.

Nothing of the environment decides (no proxies, certificates or passwords from variables or files), every wait
ends, no redirect is followed, no cookie is kept, only allowed hosts are called, bodies are bounded and complete.
Also given to libraries that bring their own calls (msal, python-quickbooks): to them it is a requests.Session.
"""

import logging
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from connector.adapters.clock import SystemClock
from connector.adapters.http.adapter import Adapter
from connector.adapters.http.bodies import OutOfTime, chunks, unpacked
from connector.adapters.http.failures import BrokenOff, ForbiddenAddress, HttpFailure, OutcomeUnknown, TooLarge, Trace
from connector.adapters.http.gzips import Cut, OverLimit
from connector.adapters.http.hosts import Hosts
from connector.adapters.http.outcomes import READS, told
from connector.adapters.http.quota import Quota
from connector.adapters.http.retrying import retry_after
from connector.adapters.http.tally import tally
from connector.ports import Clock

_log = logging.getLogger(__name__)
_MEGABYTE = 1024 * 1024
_REQUEST_IDS = ("request-id", "x-ms-request-id", "MS-RequestId", "intuit_tid", "client-request-id")
_CORRELATION_IDS = ("MS-CorrelationId", "x-ms-correlation-request-id", "ms-correlation-x", "client-request-id")
_LONGEST_CALL = 200
_LONGEST_HOLD = 300.0


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside: own certificate authority, proxy address, and how long one wait may last."""

    ca_file: Path | None = None
    proxy: str | None = None
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=120)

    def __repr__(self) -> str:
        return f"Network(ca_file={self.ca_file}, proxy={'***' if self.proxy else None})"


class Session(requests.Session):
    """A requests.Session under the house's rules; failures are adapters.http.failures, never requests' own.

    `limit` bounds a body in bytes after unpacking, `deadline` the time a whole body may take, in seconds. With
    `bearer=False` a request that carries a token is refused: blob addresses are their own credential. With
    `posts_read=True` a POST is taken for a read (sign-in, queries), so that its broken answer may be asked for anew.
    """

    def __init__(
        self,
        hosts: Hosts,
        network: Network | None = None,
        *,
        quota: Quota | None = None,
        clock: Clock | None = None,
        limit: int = 256 * _MEGABYTE,
        deadline: timedelta = timedelta(minutes=10),
        bearer: bool = True,
        posts_read: bool = False,
    ) -> None:
        super().__init__()
        network = network or Network()
        self.hosts = hosts
        self.clock = clock or SystemClock()
        self.quota = quota
        self.limit = limit
        self.deadline = deadline.total_seconds()
        self.timeout = (network.connect_timeout.total_seconds(), network.read_timeout.total_seconds())
        self._bearer = bearer
        self._reads = READS | {"POST"} if posts_read else READS
        self.skew: timedelta | None = None
        """By how much the service's clock was ahead of ours when it last answered, to a second or so."""
        self.trust_env = False
        self.verify = True
        if network.proxy:
            self.proxies = {"http": network.proxy, "https": network.proxy}
        self.headers["User-Agent"] = f"csp-ledger-connector/{_version()}"
        self.headers["Accept-Encoding"] = "gzip"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(network.ca_file)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Put a request together; where that fails, without the library's words: they repeat keys and tokens."""
        try:
            return super().prepare_request(request)
        except requests.exceptions.InvalidHeader:
            raise ForbiddenAddress("A call was not made because one of its headers cannot be sent.") from None
        except (requests.RequestException, UnicodeError):
            raise ForbiddenAddress("An address was not called because it cannot be read.") from None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request and read its whole body, unless it is to be streamed."""
        method, url = request.method or "", self.hosts.check(request.url or "")
        if not self._bearer and "Authorization" in request.headers:
            raise ForbiddenAddress("A token was about to be sent to a place that must not see it; nothing was sent.")
        stream = bool(kwargs.get("stream"))
        kwargs.update(stream=True, allow_redirects=False, verify=self.verify, proxies=dict(self.proxies))
        kwargs["timeout"] = kwargs.get("timeout") or self.timeout
        asked_at = self.clock.monotonic()
        with self.quota.turn() if self.quota else nullcontext():
            waited = self.clock.monotonic() - asked_at
            try:
                response = super().send(request, **kwargs)
            except requests.RequestException as error:
                tally.add(self._service(url), 0, waited)
                raise told(error, trace_of(method, url, request.headers), reads=method in self._reads) from None
            tally.add(self._service(url), response.status_code, waited)
            self._tell(request, response, waited, self.clock.monotonic() - asked_at)
            self._look_at_the_clock(response)
            if not stream:
                self._read(response, method)
        if self.quota and response.status_code == 429:
            seconds = retry_after(response.headers.get("Retry-After"), self.clock.now())
            self.quota.hold(min(seconds or 0, _LONGEST_HOLD))
        if "charset" not in response.headers.get("Content-Type", "").lower():
            response.encoding = "utf-8"
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: where a service points to is decided by whoever made the call."""
        return None

    def _service(self, url: str) -> str:
        """The service an address belongs to, as calls are counted: its host, or the suffix that many hosts share."""
        host = urlsplit(url).hostname or ""
        return next((f"*{suffix}" for suffix in self.hosts.suffixes if host.endswith(suffix)), host)

    def _tell(self, request: requests.PreparedRequest, response: requests.Response, waited: float, took: float) -> None:
        """Write the call down for who asks for everything: what, how it ended, and the ids a vendor's support wants."""
        if not _log.isEnabledFor(logging.DEBUG):
            return
        trace = trace_of(request.method or "", request.url or "", request.headers, response.headers)
        ids = {"request_id": trace.request_id, "correlation_id": trace.correlation_id}
        extra = {"seconds": f"{took - waited:.3f}", "waited": f"{waited:.3f}"} | {
            name: own for name, own in ids.items() if own
        }
        _log.debug("%s: %s", trace.call, response.status_code, extra=extra)

    def _look_at_the_clock(self, response: requests.Response) -> None:
        """Note how far our clock is from the service's."""
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date") or "")
        except (ValueError, TypeError):
            return
        self.skew = (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)) - self.clock.now()

    def _read(self, response: requests.Response, method: str) -> None:
        """Take the whole body in, within the limit and the deadline, and let the connection go."""
        trace = trace_of(method, response.url, response.request.headers, response.headers)
        reads = method in self._reads
        until = self.clock.monotonic() + self.deadline
        try:
            pieces = chunks(response.raw, limit=self.limit, monotonic=self.clock.monotonic, until=until)
            packed = b"".join(pieces)
            body = unpacked(packed, response.headers.get("Content-Encoding", ""), limit=self.limit)
        except OverLimit:
            raise _fate("the answer is larger than allowed", trace, TooLarge if reads else OutcomeUnknown) from None
        except Cut as error:
            raise _fate(f"the answer is cut ({error})", trace, BrokenOff if reads else OutcomeUnknown) from None
        except OutOfTime:
            raise _fate("the answer took too long as a whole", trace, BrokenOff if reads else OutcomeUnknown) from None
        except (HTTPError, OSError) as error:
            raise told(error, trace, reads=reads) from None
        finally:
            response.close()
        # requests has no other way to be given a body, and response.text and .json() are what libraries use.
        response._content = body  # noqa: SLF001
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001


def _fate(what: str, trace: Trace, kind: type[HttpFailure]) -> HttpFailure:
    """A bad body: a read may be made again, but a write may have been carried out."""
    unknown = ", so it is not known whether it was carried out" if kind is OutcomeUnknown else ""
    return kind(f"{what}{unknown}", trace)


def trace_of(method: str, url: str, sent: Any, answered: Any = None) -> Trace:
    """Return which call it was, by the ids of the answer, else of the request; parameters are left out."""
    split = urlsplit(url)
    call = f"{method} {split.scheme}://{split.netloc}{split.path}"
    headers = [headers for headers in (answered, sent) if headers]
    return Trace(call[:_LONGEST_CALL], _first(headers, _REQUEST_IDS), _first(headers, _CORRELATION_IDS))


def _first(headers: list[Any], names: tuple[str, ...]) -> str:
    for one in headers:
        for name in names:
            value = str(one.get(name) or "")
            if value:
                return "".join(c for c in value if c.isprintable())[:100]
    return ""


def _version() -> str:
    try:
        return version("csp-ledger-connector")
    except PackageNotFoundError:
        return "0"

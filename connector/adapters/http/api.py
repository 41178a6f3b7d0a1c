"""A service's interface over HTTP: asks with its token, within its quota, and repeats reads that failed in passing."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from connector.adapters.http.answers import Answer
from connector.adapters.http.blobs import Blob, Bounds, save
from connector.adapters.http.bodies import written
from connector.adapters.http.failures import (
    BrokenOff,
    Garbled,
    HttpFailure,
    NeverSent,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from connector.adapters.http.quota import Full, Quota
from connector.adapters.http.retrying import Patience, retrying
from connector.adapters.http.session import Session, trace_of
from connector.ports import Clock

R = TypeVar("R")

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Tracing:
    """Under which headers a service wants our ids: `request` is new for each try that follows a definite answer."""

    request: str
    correlation: str = ""


PARTNER_CENTER = Tracing("MS-RequestId", "MS-CorrelationId")
GRAPH = Tracing("client-request-id")


class Api:
    """One service at `base`, such as `https://api.partnercenter.microsoft.com/v1`.

    `token` gives the bearer token for each call, `forget` drops it when the service does not take it any more;
    then a read is made once more. `headers` go with every call. Failures are those of adapters.http.failures.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are said by name
        self,
        base: str,
        session: Session,
        token: Callable[[], str] | None = None,
        *,
        quota: Quota | None = None,
        clock: Clock | None = None,
        patience: Patience | None = None,
        tracing: Tracing | None = None,
        headers: Mapping[str, str] | None = None,
        forget: Callable[[], None] | None = None,
    ) -> None:
        self.base = base.rstrip("/")
        self.session = session
        self._token = token
        self._quota = quota
        self._clock = clock or session.clock
        self._patience = patience or Patience()
        self._tracing = tracing
        self._headers = dict(headers or {})
        self._forget = forget

    def get(
        self,
        path: str,
        params: Parameters | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
        quota: Quota | None = None,
    ) -> Answer:
        """Read a path below the base, or a whole address that came as a link and is checked; 2xx only."""
        call = _Call("GET", self.url(path), dict(params or {}), dict(headers or {}), None, accept, quota or self._quota)
        return self._read(call, self._judged(call, reads=True))

    def post(  # noqa: PLR0913 - all but the first two are said by name
        self,
        path: str,
        json: Any = None,
        params: Parameters | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        content: bytes | None = None,
        method: str = "POST",
        accept: str = "application/json",
        reads: bool = False,
        quota: Quota | None = None,
        within: float | None = None,
    ) -> Answer:
        """Write once; never repeated unless the call only `reads` (a query, the start of an export).

        `json` is sent with exact numbers; `content` is sent as it is (name its Content-Type in `headers`). A call that
        the quota would hold back for longer than `within` seconds is not made: raises Throttled.
        """
        sent = dict(headers or {})
        if json is not None:
            content = written(json).encode()
            sent.setdefault("Content-Type", "application/json")
        call = _Call(
            method,
            self.url(path),
            dict(params or {}),
            sent,
            content or b"",
            accept,
            quota or self._quota,
            within=within,
        )
        judged = self._judged(call, reads=reads)
        return self._read(call, judged) if reads else self._once(call, self._ids(), judged, reads=False)

    def download(
        self,
        path: str,
        to_file: Path,
        params: Parameters | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        gzipped: bool = False,
        bounds: Bounds | None = None,
    ) -> Blob:
        """Read something large straight into a file, which appears only when it is complete."""
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        call = _Call("GET", self.url(path), dict(params or {}), sent, None, "*/*", self._quota, stream=True)

        def saved(response: requests.Response) -> Blob:
            return save(response, self.session, to_file, gzipped=gzipped, bounds=bounds)

        return self._read(call, saved)

    def url(self, path: str) -> str:
        """Return the whole address of a path below the base; a whole address is checked and stays."""
        if "://" in path[:12] or path.startswith("//"):
            return self.session.hosts.join(self.base, path)
        return self.session.hosts.check(f"{self.base}/{path.lstrip('/')}")

    def _read(self, call: "_Call", take: Callable[[requests.Response], R]) -> R:
        """Make a read, again and again where that is worth it."""
        ids = self._ids()
        renewed = False

        def attempt() -> R:
            nonlocal ids, renewed
            try:
                return self._once(call, ids, take, reads=True)
            except (NeverSent, BrokenOff):
                raise  # the service may see the same request twice, and is to know it by the same id
            except HttpFailure as error:
                ids = self._ids(ids)
                if error.status == 401 and self._forget and not renewed:
                    renewed = True
                    return self._once(call, ids, take, reads=True)
                raise

        return retrying(attempt, self._clock, self._patience)

    def _once(self, call: "_Call", ids: dict[str, str], take: Callable[[requests.Response], R], *, reads: bool) -> R:
        headers = {"Accept": call.accept, **self._headers, **ids, **call.headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token()}"
        asked: dict[str, Any] = {"params": call.params, "headers": headers, "data": call.content}
        try:
            with call.quota.turn(call.within) if call.quota else nullcontext():
                return take(self.session.request(call.method, call.url, stream=call.stream, **asked))
        except Full as full:
            trace = trace_of(call.method, call.url, headers)
            raise Throttled(
                "as many calls as are allowed were made; try again later", trace, retry_after=full.seconds
            ) from None
        except OutcomeUnknown as error:
            if reads:
                raise BrokenOff(error.text.partition(", so it")[0], error.trace) from None
            raise
        except Throttled as error:
            if call.quota and error.retry_after:
                call.quota.hold(min(error.retry_after, self._patience.longest))
            raise
        except Refused as error:
            if error.status == 401 and self._forget:
                self._forget()
            raise

    def _judged(self, call: "_Call", *, reads: bool) -> Callable[[requests.Response], Answer]:
        """Return what makes an answer of a response, or raises what it means."""

        def judge(response: requests.Response) -> Answer:
            answer = Answer.of(response, self._clock.now())
            if not 200 <= answer.status < 300:
                raise answer.failure(reads=reads)
            if call.accept == "application/json" and answer.body:
                try:
                    answer.json()
                except Garbled as error:
                    if reads:
                        raise
                    unknown = "the answer is unreadable, so it is not known whether it was carried out"
                    raise OutcomeUnknown(unknown, error.trace, status=answer.status) from None
            return answer

        return judge

    def _ids(self, before: Mapping[str, str] | None = None) -> dict[str, str]:
        """Make the ids of a call; a correlation id stays with all its tries."""
        if self._tracing is None:
            return {}
        made = {self._tracing.request: str(uuid.uuid4())}
        if name := self._tracing.correlation:
            made[name] = (before or {}).get(name) or str(uuid.uuid4())
        return made


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, ready to be made as often as needed."""

    method: str
    url: str
    params: dict[str, str | int]
    headers: dict[str, str]
    content: bytes | None
    accept: str
    quota: Quota | None
    stream: bool = False
    within: float | None = None

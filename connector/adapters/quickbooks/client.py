"""Speaks with QuickBooks Online over the wire: the one door to python-quickbooks, which carries our words as they are.

The package is used as transport only: it never signs in, never makes an entity of its own (whose defaults would be
sent along), and its verdict on an answer is not asked. Each call has a client of its own, so that nothing is shared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from quickbooks import QuickBooks
from quickbooks.exceptions import QuickbooksException

from connector.adapters.http import (
    BrokenOff,
    Failing,
    Garbled,
    HttpFailure,
    OutcomeUnknown,
    Patience,
    Refused,
    Session,
    Throttled,
    Trace,
)
from connector.adapters.http.bodies import parse, text_of
from connector.adapters.http.retrying import retry_after, retrying
from connector.adapters.http.session import trace_of
from connector.adapters.quickbooks.advice import sentence
from connector.adapters.quickbooks.faults import THROTTLED, Fault, read_faults, read_xml_faults
from connector.adapters.quickbooks.language import stamp
from connector.adapters.quickbooks.turns import PAUSE, Turns
from connector.domain.errors import ConnectorError, SignInNeeded
from connector.ports import Clock

MINOR_VERSION = 75
_SERVER_ERROR, _SYSTEM = "10000", "SYSTEMFAULT"
_NO_ACCESS = frozenset({"120", "270", "3100"})


class QuickBooksRefused(ConnectorError):
    """QuickBooks said no, for a reason a person or the posting can act on: `faults` say which."""

    def __init__(self, text: str, faults: tuple[Fault, ...], request_id: str) -> None:
        self.faults = faults
        self.request_id = request_id
        super().__init__(text)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all faults."""
        return frozenset(fault.code for fault in self.faults)


class Bearer(Protocol):
    """Who holds the sign-in of a company."""

    def current(self) -> str:
        """An access token that is valid now."""
        ...

    def renewed(self, refused: str | None) -> str:
        """Another one than was refused."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What QuickBooks answered: its JSON, numbers exact, and its id of the call (`intuit_tid`)."""

    body: Mapping[str, Any]
    request_id: str = field(default="")

    @property
    def time(self) -> str:
        """When QuickBooks says it answered."""
        return str(self.body.get("time") or "")


class _Exchange:
    """What python-quickbooks takes for its session: keeps the last answer, and signs in anew once after a 401."""

    def __init__(self, session: Session, bearer: Bearer, turns: Turns) -> None:
        self._session, self._bearer, self._turns = session, bearer, turns
        self.last: Any = None

    @property
    def access_token(self) -> str:
        return self._bearer.current()

    def request(self, method: str, url: str, **given: Any) -> Any:
        answer = self._once(method, url, given)
        if answer.status_code == 401:
            headers = dict(given["headers"])
            refused = str(headers["Authorization"]).removeprefix("Bearer ")
            headers["Authorization"] = f"Bearer {self._bearer.renewed(refused)}"
            answer = self._once(method, url, {**given, "headers": headers})
        return answer

    def _once(self, method: str, url: str, given: Mapping[str, Any]) -> Any:
        with self._turns.turn():
            self.last = self._session.request(method, url, **given)
        return self.last


class Client:
    """One company at QuickBooks. Reads are repeated as long as that is worth it, writes never.

    Raises adapters.http's failures, QuickBooksRefused and SignInNeeded.
    """

    def __init__(
        self,
        ledger: str,
        realm_id: str,
        base: str,
        *,
        session: Session,
        bearer: Bearer,
        clock: Clock,
        turns: Turns | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.ledger, self.realm_id = ledger, realm_id
        self._base = base.rstrip("/")
        self._session, self._bearer, self._clock = session, bearer, clock
        self.turns = turns or Turns(clock)
        self._patience = patience or Patience()

    def query(self, words: str) -> Mapping[str, Any]:
        """Ask in QuickBooks' query language; the QueryResponse, empty where nothing was found."""
        return self.page(words).body.get("QueryResponse") or {}

    def page(self, words: str) -> Reply:
        """Ask in QuickBooks' query language; the whole reply, with its time."""
        return self._read(lambda qb: qb.query(words))

    def changed(self, entities: tuple[str, ...], since: datetime) -> Reply:
        """All records of these entities that changed since a moment, deleted ones too (change data capture)."""
        asked = {"entities": ",".join(entities), "changedSince": stamp(since)}
        return self._read(lambda qb: qb.get(self._url("cdc"), params=asked))

    def get(self, path: str) -> Reply:
        """Read one thing below the company, such as `invoice/17`."""
        return self._read(lambda qb: qb.get(self._url(path), params={}))

    def report(self, name: str, asked: Mapping[str, str]) -> Reply:
        """Have a report made, such as GeneralLedger, with these parameters."""
        return self._read(lambda qb: qb.get(self._url(f"reports/{name}"), params=dict(asked)))

    def create(self, entity: str, payload: str, request_id: str) -> Reply:
        """Send a payload once, exactly as it is written; the same request id is never carried out twice."""
        return self._write(lambda qb: qb.create_object(entity, payload.encode(), request_id=request_id))

    def upload(self, content: bytes, content_type: str, request_id: str) -> Reply:
        """Send files with their descriptions, once."""
        return self._write(
            lambda qb: qb.post(self._url("upload"), content, content_type=content_type, request_id=request_id)
        )

    def deliver(self, path: str, request_id: str, to: str | None = None) -> Reply:
        """Have a document sent by e-mail, once; `to` where the document itself names no address."""
        asked = {"sendTo": to} if to else {}
        kind = "application/octet-stream"
        return self._write(lambda qb: qb.post(self._url(path), content_type=kind, params=asked, request_id=request_id))

    def _url(self, path: str) -> str:
        return f"{self._base}/v3/company/{self.realm_id}/{path}"

    def _read(self, act: Callable[[QuickBooks], object]) -> Reply:
        def once() -> Reply:
            try:
                return self._call(act, reads=True)
            except OutcomeUnknown as broken:
                # Queries are posted, too, and may be made again.
                raise BrokenOff(broken.text.partition(", so it")[0], broken.trace) from None

        return retrying(once, self._clock, self._patience)

    def _write(self, act: Callable[[QuickBooks], object]) -> Reply:
        return self._call(act, reads=False)

    def _call(self, act: Callable[[QuickBooks], object], *, reads: bool) -> Reply:
        """Make one call and judge its answer ourselves; raises what it means."""
        exchange = _Exchange(self._session, self._bearer, self.turns)
        door = QuickBooks(company_id=self.realm_id, minorversion=MINOR_VERSION, use_decimal=True)
        door.session, door.api_url_v3 = exchange, f"{self._base}/v3"
        try:
            act(door)
        except ConnectorError:
            raise
        except (QuickbooksException, ValueError, TypeError, KeyError, AttributeError):
            # Its reading of faults takes one of several for all, and stumbles over some; ours follows.
            if exchange.last is None:
                raise
        return self._judged(exchange.last, reads=reads)

    def _judged(self, response: Any, *, reads: bool) -> Reply:
        sent = response.request
        trace = trace_of(sent.method, response.url, sent.headers, response.headers)
        status, text = int(response.status_code), text_of(response.content)
        try:
            body = parse(text)
        except ValueError:
            body = None
        faults = read_faults(body) or (read_xml_faults(text) if body is None else ())
        codes = {fault.code for fault in faults}
        wait = retry_after(response.headers.get("Retry-After"), self._clock.now())
        if status == 429 or codes & THROTTLED:
            seconds = max(PAUSE, wait or 0)
            # Who may not ask for longer than that is told so, and not kept waiting.
            self.turns.pause(min(seconds, self._patience.longest))
            raise Throttled("QuickBooks is asked too often", trace, retry_after=seconds)
        if status in {401, 403} or codes & _NO_ACCESS:
            raise SignInNeeded(self._sentence(faults or (Fault("3200", "the sign-in is refused"),), trace))
        if status == 408 or status >= 500 or any(map(_is_their_own, faults)):
            raise _trouble(f"QuickBooks answered {status}", trace, status, wait, reads=reads)
        if faults:
            raise QuickBooksRefused(self._sentence(faults, trace), faults, trace.request_id)
        if not 200 <= status < 300:
            raise Refused(status, "", "no reason given", trace)
        if not isinstance(body, Mapping):
            unread = "QuickBooks' answer is no JSON"
            raise Garbled(unread, trace) if reads else _trouble(unread, trace, status, wait, reads=False)
        return Reply(body, trace.request_id)

    def _sentence(self, faults: tuple[Fault, ...], trace: Trace) -> str:
        told = sentence(faults, self.ledger, f"{trace.call.partition(' ')[0]} {trace.call.rpartition('/')[2]}")
        return f"{told} (intuit_tid {trace.request_id})" if trace.request_id else told


def _is_their_own(fault: Fault) -> bool:
    """Whether a fault is QuickBooks' own trouble, and so says nothing of what became of a request."""
    return fault.code == _SERVER_ERROR or fault.type.upper() == _SYSTEM


def _trouble(what: str, trace: Trace, status: int, wait: float | None, *, reads: bool) -> HttpFailure:
    if reads:
        return Failing(f"{what}; try again later", trace, status=status, retry_after=wait)
    return OutcomeUnknown(f"{what}, so it is not known whether it was carried out", trace, status=status)

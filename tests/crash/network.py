"""A ledger with one guard only, at the end of a network that loses, delays and doubles what is sent through it.

The ledger is told in which way it protects itself; all else is left to the connector:

- `requestid`: repeats the first answer to a request id it knows, and can be looked through by nobody;
- `number`: refuses a number that is taken, and can be asked for a number;
- `look`: protects itself in no way, and can be asked for a number or a mark;
- `two_steps`: protects itself in no way and can be asked for a number; documents are drafts until they are posted.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from connector.domain.document import Document
from connector.domain.errors import SignInNeeded, Unavailable
from connector.domain.ledger import RemoteDocument, RemoteLine
from connector.domain.money import ZERO
from connector.domain.posting import NeverSent, NumberTaken, OutcomeUnknown, Rejected, Sent, Stamp, Throttled

LEDGERS = ("requestid", "number", "look", "two_steps")
LATEST = 600
"""A request that is under way takes effect within so many seconds, or never."""


class Killed(BaseException):
    """The process is gone, in the middle of a request."""


@dataclass(frozen=True)
class Profile:
    """What goes wrong, as chances per request (0 to 1); `kill`, `stall` per point, and what else happens once."""

    name: str
    request_lost: float = 0
    answer_lost: float = 0
    late: float = 0
    twice: float = 0
    never_sent: float = 0
    throttled: float = 0
    broken: float = 0
    token: float = 0
    look_fails: float = 0
    kill: float = 0
    stall: float = 0
    restore: str = ""
    person: float = 0
    replanned: bool = False
    settle: int = 720
    protected_only: bool = False


@dataclass
class Request:
    step: str
    payload: Document
    stamp: Stamp
    remote_id: str | None


class Ledger:
    """A PostingLedger; what it holds are RemoteDocuments by id."""

    name = "books"

    def __init__(self, sort: str, profile: Profile, chance: random.Random) -> None:
        self.sort, self.profile, self.chance = sort, profile, chance
        self.steps = ("draft", "post") if sort == "two_steps" else ("create",)
        self.documents: dict[str, RemoteDocument] = {}
        self.answers: dict[str, Sent] = {}
        self.files: dict[str, list[str]] = {}
        self.mails: dict[str, int] = {}
        self.on_their_way: list[tuple[float, Request]] = []
        self.now = 0.0
        self.calm = False
        self.signed_out_until = 0.0
        self.kills = False

    # What the connector asks for.

    def obstacles(self) -> tuple[str, ...]:
        return ()

    def payload(self, document: Document, stamp: Stamp) -> str:
        return PAYLOADS.setdefault((document.key, document.fingerprint), msgspec.json.encode(document).decode())

    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        self._reading()
        if self.sort == "requestid":
            return ()
        by_mark = self.sort == "look"
        return tuple(
            one
            for one in self.documents.values()
            if one.number == stamp.number or (by_mark and one.marker == stamp.marker)
        )

    def read(self, kind: str, remote_id: str) -> RemoteDocument | None:
        self._reading()
        return self.documents.get(remote_id)

    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        request = Request(step, DOCUMENTS[payload], stamp, remote_id)
        return self._travel(request)

    def attached(self, kind: str, remote_id: str) -> frozenset[str]:
        self._reading()
        return frozenset(self.files.get(remote_id, ()))

    def attach(self, kind: str, remote_id: str, name: str, content: bytes, *, request_id: str) -> None:
        self._travel(Request("attach", None, Stamp(name, request_id, "", kind), remote_id))  # type: ignore[arg-type]

    def deliver(self, kind: str, remote_id: str, *, request_id: str) -> None:
        self._travel(Request("deliver", None, Stamp("", "", "", kind), remote_id))  # type: ignore[arg-type]

    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        self._reading()
        return iter(() if self.sort == "requestid" else tuple(self.documents.values()))

    # What becomes of it.

    def advance(self, now: float) -> None:
        """Let time pass; what was under way arrives."""
        self.now = now
        due = [one for one in self.on_their_way if one[0] <= now]
        self.on_their_way = [one for one in self.on_their_way if one[0] > now]
        for _, request in sorted(due, key=lambda one: one[0]):
            self._arrive(request)

    def deliver_all(self) -> None:
        self.advance(self.now + LATEST + 1)

    def by_hand(self, number: str) -> None:
        """A person makes an invoice of their own under the next number that the ledger proposes."""
        if not any(one.number == number for one in self.documents.values()):
            day = date(2026, 10, 31)
            self._add(RemoteDocument("", "0", "invoice", number, "someone", day, "USD", ZERO, ZERO, ZERO, "open"))

    def _reading(self) -> None:
        if self.calm:
            return
        if self.signed_out_until > self.now:
            raise SignInNeeded("sign in again")
        if self.chance.random() < self.profile.look_fails:
            raise Unavailable("no answer to a question")

    def _travel(self, request: Request) -> Sent:
        p, chance = self.profile, self.chance
        if self.calm:
            return self._apply(request)
        if self.signed_out_until > self.now:
            raise SignInNeeded("sign in again")
        fates = (
            (p.request_lost, self._lost),
            (p.answer_lost, self._unheard),
            (p.late, self._late),
            (p.twice, self._twice),
            (p.never_sent, self._never_sent),
            (p.throttled, self._throttled),
            (p.broken, self._broken),
            (p.token, self._signed_out),
        )
        luck = chance.random()
        for share, fate in fates:
            luck -= share
            if luck < 0:
                return fate(request)
        if self.kills and chance.random() < p.kill:
            self._somehow(request)
            raise Killed
        return self._apply(request)

    def _lost(self, request: Request) -> Sent:
        raise OutcomeUnknown("the request was lost")

    def _unheard(self, request: Request) -> Sent:
        self._arrive(request)
        raise OutcomeUnknown("the answer was lost")

    def _late(self, request: Request) -> Sent:
        self._later(request)
        raise OutcomeUnknown("no answer in time")

    def _twice(self, request: Request) -> Sent:
        self._later(request)
        return self._apply(request)

    def _never_sent(self, request: Request) -> Sent:
        raise NeverSent("refused")

    def _throttled(self, request: Request) -> Sent:
        raise Throttled("too many requests", 60)

    def _broken(self, request: Request) -> Sent:
        self._somehow(request)
        raise OutcomeUnknown("503")

    def _signed_out(self, request: Request) -> Sent:
        self.signed_out_until = self.now + self.chance.uniform(10, 300)
        raise SignInNeeded("sign in again")

    def _somehow(self, request: Request) -> None:
        """It arrives, arrives later, or never."""
        fate = self.chance.randrange(3)
        if fate == 1:
            self._arrive(request)
        elif fate == 2:
            self._later(request)

    def _later(self, request: Request) -> None:
        self.on_their_way.append((self.now + self.chance.uniform(0, LATEST), request))

    def _arrive(self, request: Request) -> None:
        with suppress(NumberTaken, Rejected):  # nobody hears it
            self._apply(request)

    def _apply(self, request: Request) -> Sent:
        known = self.answers.get(request.stamp.request_id) if self.sort == "requestid" else None
        if known is not None:
            return known
        if request.step == "post":
            found = self.documents.get(request.remote_id or "")
            if found is None or found.status != "draft":
                raise Rejected("there is no such draft")
            self.documents[found.remote_id] = replace(found, status="open", version="1", number=request.stamp.number)
            return Sent(found.remote_id, "1", found.number)
        if request.step in ("attach", "deliver"):
            return self._beside(request)
        if self.sort == "number":
            for one in self.documents.values():
                if one.number == request.stamp.number:
                    raise NumberTaken("the number is taken", one.remote_id)
        document = self._add(_remote(request, "draft" if request.step == "draft" else "open"))
        sent = Sent(document.remote_id, "0", document.number)
        self.answers[request.stamp.request_id] = sent
        return sent

    def _beside(self, request: Request) -> Sent:
        remote_id = request.remote_id or ""
        if request.step == "attach":
            self.files.setdefault(remote_id, []).append(request.stamp.number)
        else:
            self.mails[remote_id] = self.mails.get(remote_id, 0) + 1
            self.documents[remote_id] = replace(self.documents[remote_id], emailed=True)
        sent = Sent(remote_id, "", "")
        if request.stamp.request_id:
            self.answers[request.stamp.request_id] = sent
        return sent

    def _add(self, document: RemoteDocument) -> RemoteDocument:
        made = replace(document, remote_id=str(len(self.documents) + 1))
        self.documents[made.remote_id] = made
        return made


PAYLOADS: dict[tuple[str, str], str] = {}


class _Documents(dict[str, Document]):
    def __missing__(self, payload: str) -> Document:
        self[payload] = msgspec.json.decode(payload, type=Document)
        return self[payload]


DOCUMENTS = _Documents()


def _remote(request: Request, status: str) -> RemoteDocument:
    document = request.payload
    lines = tuple(RemoteLine(str(line.number), line.item, line.description, line.amount) for line in document.lines)
    return RemoteDocument(
        "", "0", document.kind, request.stamp.number, document.customer, document.day, document.currency,
        document.total, ZERO, document.total, status, lines, marker=request.stamp.marker,
    )  # fmt: skip

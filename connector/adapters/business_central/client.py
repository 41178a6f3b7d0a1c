"""Speaks with one company of Business Central over the wire: asks page by page, in batches, and writes once.

Answers come with exact numbers. Refusals are `BusinessCentralRefused` with what to do; SignInNeeded where the app is
not let in; all else are failures of adapters.http.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlencode

from connector.adapters.business_central.faults import Fault, Meaning, fault, meaning, sentence
from connector.adapters.business_central.language import MOST_IN_BATCH, names, together
from connector.adapters.business_central.values import Body, key, text
from connector.adapters.http import Answer, Api, Garbled, Quota, Refused, written
from connector.adapters.http.bodies import quoted
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable

PROMPTLY = 5
"""Seconds that a write may wait for its turn; later it might arrive when nobody counts on it any more."""
PAGE = 5000
PAGE_WITH_LINES = 1000
"""Records asked for at once; those that bring their lines are fewer."""
_GET_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_ROUNDS = 4
_READ_ONLY = {"Data-Access-Intent": "ReadOnly"}


class BusinessCentralRefused(ConnectorError):
    """Business Central said no, for a reason a person or the posting can act on."""

    def __init__(self, text: str, fault: Fault) -> None:
        self.fault = fault
        super().__init__(text)

    @property
    def meaning(self) -> Meaning:
        """What it means for whoever asked."""
        return meaning(self.fault)


@dataclass(frozen=True, slots=True)
class Question:
    """What a list is asked for: conditions that all hold, fields, and parts that come along.

    `posted` says that only rows are asked for that never change once they are there; a copy of the database may
    answer then, which can be some seconds behind.
    """

    page: str
    where: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    top: int = 0
    posted: bool = False

    @property
    def params(self) -> dict[str, str | int]:
        """The parameters of its address."""
        return {
            **({"$filter": together(*self.where)} if self.where else {}),
            **({"$select": names(self.select)} if self.select else {}),
            **({"$expand": names(self.expand)} if self.expand else {}),
            **({"$top": self.top} if self.top else {}),
        }


class Client:
    """One company. Reads are repeated as long as that is worth it, writes never."""

    def __init__(
        self, ledger: str, api: Api, company: str, *, hasty: Api | None = None, quota: Quota | None = None
    ) -> None:
        self.ledger = ledger
        self._api, self._hasty, self._wanted, self._quota = api, hasty or api, company, quota
        self._lock = threading.Lock()
        self._about: Body | None = None

    @property
    def about(self) -> Body:
        """The company as Business Central lists it. Raises ConnectorError where the settings name another."""
        with self._lock:
            if self._about is None:
                self._about = self._found()
            return self._about

    @property
    def company(self) -> str:
        """The address of the company, below which everything lies."""
        return f"companies({key(self.about.get('id'))})"

    @property
    def skew(self) -> timedelta:
        """By how much Business Central's clock was ahead of ours when it last answered."""
        return self._api.session.skew or timedelta(0)

    def ask(self, question: Question, *, hasty: bool = False) -> Iterator[Body]:
        """All records that fit, each once, whatever number of pages they come on; `hasty` tries a read once only."""
        size = PAGE_WITH_LINES if question.expand else PAGE
        headers = {"Prefer": f"odata.maxpagesize={size}", **(_READ_ONLY if question.posted else {})}
        api = self._hasty if hasty else self._api
        yield from self._pages(api, f"{self.company}/{question.page}", question.params, headers)

    def first(self, question: Question, *, hasty: bool = False) -> Body | None:
        """The first record that fits; None where none does."""
        return next(self.ask(question, hasty=hasty), None)

    def one(self, path: str, *expand: str, hasty: bool = False) -> Body | None:
        """One record by its address below the company; None where it is gone."""
        params: dict[str, str | int] = {"$expand": names(expand)} if expand else {}
        try:
            answer = self._call(
                path, lambda: (self._hasty if hasty else self._api).get(f"{self.company}/{path}", params)
            )
        except BusinessCentralRefused as refusal:
            if refusal.fault.status == 404 and refusal.meaning is Meaning.MISSING:
                return None
            raise
        return _record(answer)

    def create(self, page: str, content: str) -> Body:
        """Make a record by one request, with exactly this content."""
        sent = {"Content-Type": "application/json"}
        return _record(self._call(page, lambda: self._write(page, content.encode(), sent)))

    def act(self, path: str, action: str, version: str = "") -> None:
        """Have Business Central do something with a record, once; `version` is the state it must be in."""
        sent = {"If-Match": version} if version else {}
        where = f"{path}/Microsoft.NAV.{action}"
        self._call(where, lambda: self._write(where, b"", sent))

    def change(self, path: str, fields: Mapping[str, object], version: str) -> None:
        """Write fields of a record once, if it is still as it was in this version."""
        sent = {"If-Match": version, "Content-Type": "application/json"}
        self._call(path, lambda: self._write(path, written(dict(fields)).encode(), sent, "PATCH"))

    def fill(self, path: str, content: bytes) -> None:
        """Give a record its file, once; the same content again changes nothing."""
        sent = {"If-Match": "*", "Content-Type": "application/octet-stream"}
        self._call(path, lambda: self._write(path, content, sent, "PATCH"))

    def room_in(self, calls: int) -> float:
        """After how many seconds so many calls may be made at once; 0: now."""
        return self._quota.room_in(calls) if self._quota is not None else 0

    def ask_together(self, questions: Sequence[Question]) -> list[list[Body]]:
        """The answers to several questions in their order, asked a hundred at a time; each for one page only."""
        found: dict[int, list[Body]] = {}
        for _ in range(_ROUNDS):
            open_ = [nth for nth in range(len(questions)) if nth not in found]
            if not open_:
                break
            for begin in range(0, len(open_), MOST_IN_BATCH):
                some = open_[begin : begin + MOST_IN_BATCH]
                found |= self._batch({nth: questions[nth] for nth in some})
        if len(found) < len(questions):
            raise Unavailable(
                f"Business Central ({self.ledger}) left questions of a batch unanswered; try again later."
            )
        return [found[nth] for nth in range(len(questions))]

    def _write(self, path: str, content: bytes, headers: dict[str, str], method: str = "POST") -> Answer:
        return self._api.post(
            f"{self.company}/{path}", content=content, headers=headers, method=method, within=PROMPTLY
        )

    def _batch(self, questions: dict[int, Question]) -> dict[int, list[Body]]:
        """Ask once; what was answered, by its number. Raises what the first definite refusal means."""
        company = self.company
        asked = [
            {"method": "GET", "id": str(nth), "url": f"{company}/{_address(question)}", "headers": {}}
            for nth, question in questions.items()
        ]
        # A batch is a POST, which must not ask for the copy of the database.
        sent = {"Prefer": "odata.continue-on-error"}
        for _ in asked[1:]:
            # Whether a batch counts once or for each question is not documented.
            if self._quota is not None:
                self._quota.take()
        answer = self._call("$batch", lambda: self._api.post("$batch", {"requests": asked}, headers=sent, reads=True))
        body = answer.json()
        found: dict[int, list[Body]] = {}
        for one in body.get("responses") or () if isinstance(body, dict) else ():
            nth = int(one["id"]) if isinstance(one, dict) and str(one.get("id")).isdigit() else -1
            if nth not in questions:
                continue
            status, inner = one.get("status"), one.get("body")
            if status in _GET_AGAIN:
                continue
            if not isinstance(status, int) or not 200 <= status < 300:
                raise self._meant(_inner_fault(status, inner), f"GET {questions[nth].page} in a batch")
            found[nth] = _listed(inner, answer)
        return found

    def _pages(self, api: Api, path: str, params: dict[str, str | int], headers: dict[str, str]) -> Iterator[Body]:
        link, seen, links = path, set[str](), {path}
        while True:
            answer = self._call(path, partial(api.get, link, params, headers))
            rows = _listed(answer.json(), answer)
            new = [row for row in rows if _identity(row) not in seen]
            if rows and not new:
                raise Unavailable(
                    f"Business Central ({self.ledger}) sends the same page of {path.rpartition('/')[2]} again and "
                    "again; try again later."
                )
            seen.update(map(_identity, new))
            yield from new
            link = text(answer.json().get("@odata.nextLink"))
            if not link:
                return
            if link in links:
                raise Unavailable(
                    f"Business Central ({self.ledger}) leads from a page back to itself; try again later."
                )
            links.add(link)
            params = {}

    def _found(self) -> Body:
        found = list(self._pages(self._api, "companies", {}, {}))
        wanted = self._wanted.casefold()
        for name in ("id", "name", "displayName"):
            fitting = [one for one in found if text(one.get(name)).casefold() == wanted]
            if len(fitting) == 1:
                return fitting[0]
        there = ", ".join(sorted(text(one.get("name")) for one in found)[:12]) or "none that the app may see"
        raise ConnectorError(
            f"Business Central ({self.ledger}) has no company {self._wanted!r} in this environment; write one of "
            f"{quoted(there)} as `company` of the ledger."
        )

    def _call(self, what: str, act: Callable[[], Answer]) -> Answer:
        """Make a call; a refusal becomes what it means."""
        try:
            return act()
        except Refused as refusal:
            method = refusal.trace.call.partition(" ")[0]
            raise self._meant(
                fault(refusal.status, refusal.code, refusal.text), f"{method} {what.rpartition('/')[2]}"
            ) from refusal

    def _meant(self, found: Fault, call: str) -> ConnectorError:
        said = sentence(found, self.ledger, call)
        return SignInNeeded(said) if meaning(found) is Meaning.NO_ACCESS else BusinessCentralRefused(said, found)


def _record(answer: Answer) -> Body:
    found = answer.json()
    if not isinstance(found, Mapping):
        raise Garbled("a record was expected and something else came; try again later", answer.trace)
    return found


def _listed(body: object, answer: Answer) -> list[Body]:
    found = body.get("value") if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Garbled("a list was expected and something else came; try again later", answer.trace)
    return found


def _identity(row: Body) -> str:
    """What tells a record from all others of its list."""
    return key(row.get("id")) or repr(sorted(row.items(), key=str))


def _inner_fault(status: object, body: object) -> Fault:
    error = body.get("error") if isinstance(body, Mapping) else None
    said = error if isinstance(error, Mapping) else {}
    return fault(status if isinstance(status, int) else 0, text(said.get("code")), text(said.get("message")))


def _address(question: Question) -> str:
    """The address of a question below the company."""
    params = urlencode(question.params, quote_via=quote, safe="$,()'")
    return f"{question.page}?{params}" if params else question.page

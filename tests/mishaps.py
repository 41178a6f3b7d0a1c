"""Trouble on the way to Microsoft, dealt by a seed: faults on the line, lists in disorder, sign-ins that end early."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connector.sandbox.messages import Request, Response
from connector.sandbox.running import Running

# Where something can go wrong, and what; Microsoft's own ways first.
PLACES = (
    "GET /v1/customers",
    "GET /v1/customers/*/subscriptions",
    "GET /v1/auditrecords",
    "GET /v1/invoices",
    "POST /v1.0/reports/partners/billing/*",
    "GET /v1.0/reports/partners/billing/operations/*",
    "GET /v1.0/reports/partners/billing/manifests/*",
    "GET *.json.gz",
    "GET */sales/pricesheets*",
    "GET */sales/fxrates*",
    "POST */oauth2/v2.0/token",
)
EVENTS = (
    "request_lost", "answer_lost", "reset", "reset:40", "cut:1", "cut:97", "cut:2000", "garbage", "garbage:503",
    "status:429:1", "status:429:57", "status:429", "status:500", "status:503:5", "status:401", "status:408",
)  # fmt: skip
AT_BLOBS = ("cut:10", "cut:500", "reset:300", "status:403", "status:404", "status:500", "garbage", "request_lost")
LASTING = 40


@dataclass(frozen=True)
class Schedule:
    """Faults for one sync, and what else goes wrong meanwhile."""

    faults: tuple[dict[str, Any], ...]
    disorder: str
    tokens_end: bool

    def __str__(self) -> str:
        return json.dumps([list(self.faults), self.disorder, self.tokens_end])


def schedule(seed: int) -> Schedule:
    """Deal a schedule: one to six faults, one in seven of them lasting; every third with lists in disorder."""
    chance = random.Random(seed)
    faults = []
    for _ in range(chance.randint(1, 6)):
        place = chance.choice(PLACES)
        event = chance.choice(AT_BLOBS if place.endswith(".gz") else EVENTS)
        times = LASTING if chance.random() < 1 / 7 else chance.choice((1, 1, 1, 2, 3, 5))
        faults.append({"on": place, "nth": chance.choice((1, 1, 2, 3, 7)), "times": times, "do": event})
    disorder = chance.choice(("", "", "", "twice", "round", "skipped", "endless"))
    return Schedule(tuple(faults), disorder, chance.random() < 0.2)


@contextmanager
def befalling(sandbox: Running, dealt: Schedule) -> Iterator[None]:
    """Let a schedule happen to the sandbox; afterwards all is calm again."""
    for fault in dealt.faults:
        sandbox.faults.add(**fault)
    handle = sandbox.partner_center.handle
    disordered = Disorder(dealt.disorder, handle)
    sandbox.partner_center.handle = disordered.handle  # type: ignore[method-assign]
    if dealt.tokens_end:
        sandbox.tokens.expire_all()
    try:
        yield
    finally:
        sandbox.faults.clear()
        sandbox.partner_center.handle = handle  # type: ignore[method-assign]


class Disorder:
    """Serves lists page by page, and one of the pages twice, from the beginning again, not at all, or for ever."""

    def __init__(self, kind: str, handle: Callable[[Request], Response]) -> None:
        self._kind, self._handle = kind, handle
        self._pages: dict[str, list[Response]] = {}

    def handle(self, request: Request) -> Response:
        if not self._kind or request.path not in ("/v1/customers", "/v1/auditrecords"):
            return self._handle(request)
        query = {**request.query, "size": ["2"]}
        small = Request(
            request.method, request.path, query, request.headers, request.body, request.raw_query, request.origin
        )
        response = self._handle(small)
        if response.status != 200:
            return response
        pages = self._pages.setdefault(request.path, [])
        if not request.headers.get("ms-continuationtoken"):
            pages.clear()
        pages.append(response)
        if len(pages) == 2:
            if self._kind == "skipped":
                token = _token(response)
                if token:
                    headers = {**request.headers, "ms-continuationtoken": token}
                    query = {**query, "seekOperation": ["Next"]}
                    return self._handle(Request("GET", request.path, query, headers, b"", "", request.origin))
            if self._kind == "twice":
                return _with_items(response, pages[0])
        if self._kind == "round" and len(pages) == 3:
            return pages[1]
        if self._kind == "endless" and len(pages) > 1:
            return pages[0]
        return response


def _token(response: Response) -> str:
    return str(response.json().get("continuationToken") or "")


def _with_items(response: Response, other: Response) -> Response:
    """The items of another page under this page's links."""
    body = response.json()
    body["items"] = other.json()["items"]
    return Response(response.status, response.headers, json.dumps(body).encode())

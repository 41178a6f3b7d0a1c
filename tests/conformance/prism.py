"""Holds recorded traffic with Business Central against its OpenAPI description, by Stoplight's Prism as a proxy.

Prism stands between a client that repeats the recorded requests and a server that repeats the recorded answers; it
complains of whatever does not fit the description. The requests within a batch are held against it one by one.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Exchange, Request, Response
from connector.sandbox.serving import Server
from tests.conformance.node_package import Missing

PACKAGE = "@stoplight/prism-cli@5.14.2"
SPEC_NAME = "bc_api_v2.0.core.generated.openapi.yaml"
_FOLDERS = [parent / "shared" / "specs" for parent in Path(__file__).resolve().parents]
SPEC = next((folder / SPEC_NAME for folder in _FOLDERS if (folder / SPEC_NAME).is_file()), None)
_API = re.compile(r"/v2\.0/(?:[^/]+/){1,2}api/v2\.0(/.+)")
_QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1")
_OWN = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")
_PASSING = re.compile(rb'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|W/\\?"[^"]*"|127\.0\.0\.1:\d+')
_UNANSWERED = 599
_PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Said:
    """One request, what was answered, and its path from `companies(...)` on."""

    path: str
    request: Request
    response: Response | None

    def likeness(self) -> tuple[object, ...]:
        """What two exchanges have in common that differ in ids, versions and ports only."""
        asked, answered = self.request, self.response
        headers = tuple(sorted(name for name in asked.headers if name not in _OWN))
        answer = (None, b"") if answered is None else (answered.status, answered.whole())
        texts = (self.path.encode(), asked.raw_query.encode(), asked.body, answer[1])
        return asked.method, headers, answer[0], *(_PASSING.sub(b"", text) for text in texts)

    def __str__(self) -> str:
        query = f"?{self.request.raw_query}" if self.request.raw_query else ""
        return f"{self.request.method} {self.path}{query}"


class Replaying:
    """A server that repeats recorded answers, chosen by the number in a header."""

    def __init__(self) -> None:
        self.answers: dict[str, Response] = {}

    def handle(self, request: Request) -> Response:
        """The answer that was recorded."""
        return self.answers[request.headers["x-exchange"]]


@dataclass
class Validator:
    """A running Prism."""

    url: str
    upstream: Replaying
    session: requests.Session
    count: int = 0
    known: set[tuple[object, ...]] = field(default_factory=set)

    def complaints(self, exchanges: Iterable[Exchange]) -> list[str]:
        """What does not fit the description, a line each; empty when everything does.

        What differs from an exchange that fitted in ids only is not asked about again.
        """
        found = []
        for said in spoken(exchanges):
            likeness = said.likeness()
            if likeness in self.known:
                continue
            self.count += 1
            number = str(self.count)
            answer = said.response or Response(_UNANSWERED)
            self.upstream.answers[number] = Response(answer.status, _plain(answer.headers), answer.whole())
            query = f"?{said.request.raw_query}" if said.request.raw_query else ""
            headers = {name: text for name, text in said.request.headers.items() if name not in _OWN}
            with self.session.request(
                said.request.method,
                f"{self.url}{said.path}{query}",
                data=said.request.body,
                headers={**headers, "x-exchange": number},
            ) as made:
                if "stoplight.io/prism/errors" in made.text:
                    found.append(f"{said}: {_reason(made.json())}")
                else:
                    self.known.add(likeness)
        return found


def spoken(exchanges: Iterable[Exchange]) -> Iterator[Said]:
    """The requests of Business Central's API among exchanges, and those within batches."""
    for exchange in exchanges:
        match = _API.fullmatch(exchange.request.path)
        if match is None:
            continue
        said = Said(match[1], exchange.request, exchange.response)
        yield said
        if said.path == "/$batch" and said.request.method == "POST":
            yield from _within(said)


@contextmanager
def prism() -> Iterator[Validator]:
    """Run Prism until the block ends. Raises Missing with the reason where it cannot be."""
    if SPEC is None:
        raise Missing(f"{SPEC_NAME} is not part of the repository")
    program = _installed()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    surroundings = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    upstream = Replaying()
    with Server(upstream, clock=SandboxClock()) as server, requests.Session() as session:
        session.trust_env = False
        words = [str(program), "proxy", "--errors", "-h", "127.0.0.1", "-p", str(port), str(SPEC), server.url]
        with subprocess.Popen(words, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(process, port)
                yield Validator(f"http://127.0.0.1:{port}", upstream, session)
            finally:
                process.terminate()


def _installed() -> Path:
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is not installed (Debian: nodejs npm)")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "csp-ledger-connector" / "conformance" / "prism"
    program = folder / "node_modules" / ".bin" / "prism"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", *_QUIET, "--prefix", str(folder), PACKAGE]
        try:
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            raise Missing(f"{PACKAGE} could not be fetched within three minutes") from None
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise Missing(f"{PACKAGE} cannot be fetched: {said[0] if said else 'npm does not say why'}")
    return program


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Missing("Prism does not start")


def _within(said: Said) -> Iterator[Said]:
    answers = said.response.json().get("responses", []) if said.response is not None else []
    for number, one in enumerate(json.loads(said.request.body)["requests"]):
        target = urlsplit("/" + one["url"].lstrip("/"))
        body = json.dumps(one["body"]).encode() if "body" in one else b""
        headers = {"authorization": said.request.headers["authorization"], "content-type": "application/json"}
        headers |= {name.lower(): text for name, text in one.get("headers", {}).items()}
        inner = Request(one["method"], target.path, {}, headers, body, target.query)
        answer = answers[number] if number < len(answers) else None
        yield Said(target.path, inner, _answer(answer) if answer is not None else None)


def _answer(made: dict[str, Any]) -> Response:
    body = json.dumps(made["body"]).encode() if "body" in made else b""
    return Response(made["status"], made.get("headers", {}), body)


def _plain(headers: Any) -> dict[str, str]:
    return {name: text for name, text in dict(headers).items() if name.lower() not in _OWN}


def _reason(problem: dict[str, Any]) -> str:
    details = problem.get("validation") or [{"message": problem.get("detail", "")}]
    return "; ".join(f"{'.'.join(map(str, one.get('location', [])))} {one.get('message', '')}" for one in details)

"""Serves a simulator on a loopback address over real sockets, with trouble on the line where it is asked for.

A simulator ("app") is any object with `handle(request) -> Response`. It may also offer
`refusal(request, status, retry_after) -> Response`, its own body for a status that a fault asks for.

    with Server(app, clock=clock, faults=Faults([...])) as server:
        requests.get(server.url + "/v1/customers")
        server.exchanges[0].request.path
"""

import contextlib
import socket
import ssl
import threading
import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from connector.sandbox.authority import Authority
from connector.sandbox.clock import SandboxClock
from connector.sandbox.conversation import Conversation
from connector.sandbox.faults import Fault, Faults
from connector.sandbox.messages import App, Exchange, Refusing, Request, Response, json_response

__all__ = ["App", "Exchange", "Request", "Response", "Server", "json_response"]

_REMEMBERED = 50_000


class Listener(ThreadingHTTPServer):
    """The socket, its connections, and the way of a request through faults to the simulator and back."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, app: App, clock: SandboxClock, faults: Faults, tls: Authority | None, port: int) -> None:
        """Binds the port; 0 takes a free one."""
        super().__init__(("127.0.0.1", port), Conversation)
        self.app, self.clock, self.faults = app, clock, faults
        self.context = tls.context() if tls is not None else None
        self.secure = tls is not None
        self.latency = 0.0
        self.exchanges: list[Exchange] = []
        self.crashes: list[str] = []
        self._late: list[tuple[datetime, Request]] = []
        self._lock = threading.Lock()
        self._lines: dict[int, socket.socket] = {}
        self._talks: set[threading.Thread] = set()
        self._closing = threading.Event()

    def meet(self, request: Request, fault: Fault | None) -> Response | None:
        """Let the simulator act as the fault allows; None: the client gets no answer."""
        self.settle()
        name = fault.name if fault is not None else ""
        wait = self.latency + (fault.seconds if fault is not None and name == "delay" else 0.0)
        if wait:
            self._closing.wait(wait)
        response: Response | None = None
        if name == "app" and fault is not None:
            request = replace(request, twist=fault.number() or "")
        if name == "status" and fault is not None:
            response = self._refuse(request, int(fault.number() or 500), fault.number(1))
        elif name == "late" and fault is not None:
            due = self.clock.now() + timedelta(seconds=fault.seconds)
            with self._lock:
                self._late.append((due, request))
        elif not (name == "request_lost" or (name == "reset" and fault is not None and fault.number() is None)):
            if name == "twice":
                self._act(request)
            response = self._act(request)
        self._remember(Exchange(self.clock.now(), request, response, str(fault) if fault is not None else None))
        return None if name == "answer_lost" else response

    def settle(self) -> None:
        """Let the simulator see the late requests whose time has come."""
        if not self._late:
            return
        with self._lock:
            now = self.clock.now()
            due = sorted((late for late in self._late if late[0] <= now), key=lambda late: late[0])
            self._late = [late for late in self._late if late[0] > now]
        for _, request in due:
            self._act(request)

    def _act(self, request: Request) -> Response:
        try:
            return self.app.handle(request)
        except Exception:  # noqa: BLE001 - a simulator's own mistake is kept for Server.__exit__ to raise
            self.crashes.append(traceback.format_exc())
            return json_response(500, {"message": "The simulator itself failed."})

    def _refuse(self, request: Request, status: int, retry_after: str | None) -> Response:
        if isinstance(self.app, Refusing):
            return self.app.refusal(request, status, retry_after)
        headers = {} if retry_after is None else {"Retry_After": retry_after}
        return json_response(status, {"message": f"Refused with {status}."}, **headers)

    def _remember(self, exchange: Exchange) -> None:
        with self._lock:
            self.exchanges.append(exchange)
            if len(self.exchanges) > _REMEMBERED:
                del self.exchanges[: _REMEMBERED // 2]

    # The base class starts a thread per connection; here each one is known, so that closing leaves nothing behind.

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Serve a connection in its own thread."""
        talk = threading.Thread(target=self._talk, args=(request, client_address), daemon=True)
        with self._lock:
            self._lines[id(request)] = request
            self._talks.add(talk)
        talk.start()

    def _talk(self, line: socket.socket, address: object) -> None:
        own = line
        try:
            if self.context is not None:
                line.settimeout(Conversation.timeout)
                own = self.context.wrap_socket(line, server_side=True)
                with self._lock:
                    del self._lines[id(line)]
                    self._lines[id(own)] = own
            self.finish_request(own, address)
        except (OSError, ssl.SSLError, ValueError):
            pass  # the client went away, or does not trust us
        finally:
            reset = self.forget(own)
            if not reset:
                with contextlib.suppress(OSError):
                    own.shutdown(socket.SHUT_WR)
            own.close()
            with self._lock:
                self._talks.discard(threading.current_thread())

    def forget(self, line: socket.socket) -> bool:
        """Take a connection off the books; True when it was off them already."""
        with self._lock:
            return self._lines.pop(id(line), None) is None

    def hang_up(self) -> None:
        """Close every connection and wait for their threads."""
        self._closing.set()
        with self._lock:
            lines, talks = list(self._lines.values()), list(self._talks)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for talk in talks:
            talk.join(timeout=10)


class Server:
    """A simulator on its own loopback port, from `with` to the end of it.

    `latency` is real seconds before every answer. Leaving the block raises RuntimeError when the simulator itself
    failed, so that its own mistakes never pass for the vendor's.
    """

    def __init__(
        self,
        app: App,
        *,
        clock: SandboxClock,
        faults: Faults | None = None,
        latency: float = 0.0,
        tls: Authority | None = None,
        port: int = 0,
    ) -> None:
        self.app = app
        self._listener = Listener(app, clock, faults or Faults(), tls, port)
        self._listener.latency = latency
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        secure = self._listener.secure
        return f"{'https://localhost' if secure else 'http://127.0.0.1'}:{self._listener.server_port}"

    @property
    def exchanges(self) -> list[Exchange]:
        """What was asked and answered, in order; the oldest go first when there are very many."""
        return self._listener.exchanges

    def settle(self) -> None:
        """Let late requests act whose time has come; the next request does so as well."""
        self._listener.settle()

    def start(self) -> Self:
        """Serve from now on; `with` does the same."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; raises RuntimeError with the simulator's own mistakes, if any."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        self._listener.hang_up()
        if self._listener.crashes:
            raise RuntimeError("the simulator failed while it was asked:\n" + "\n".join(self._listener.crashes))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except RuntimeError:
            if error is None:
                raise

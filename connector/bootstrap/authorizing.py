"""Signs people in at the ledgers: asks for their consent in a browser, waits, and keeps what it gives."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from connector.bootstrap.authorizing_microsoft import Looked
from connector.bootstrap.ledgers import is_reachable, ledger_named, open_ledger, open_ledgers, quickbooks_sign_in
from connector.bootstrap.storing import open_store
from connector.domain.errors import ConnectorError, SignInNeeded

if TYPE_CHECKING:
    from connector.adapters.quickbooks.consent import Consent
    from connector.config.settings import Settings
    from connector.ports import Clock

_DONE = "<!doctype html><meta charset=utf-8><title>Connector</title><p>{}</p>"


def sign_in_at_quickbooks(
    settings: "Settings",
    name: str,
    redirect: str,
    show: Callable[[str], None],
    ask: Callable[[], str] | None,
    *,
    patience: float = 600,
    clock: "Clock | None" = None,
) -> str:
    """Sign a person in at a QuickBooks ledger and keep the sign-in; the company's name, in the end.

    `show` is given the address to open. The answer comes to this machine where `redirect` leads there and `ask` is
    None; else `ask` gives the address that the browser shows afterwards. Raises SignInNeeded where nothing usable
    came within `patience` seconds, ConnectorError where the ledger is no QuickBooks company.
    """
    from connector.adapters.clock import SystemClock
    from connector.adapters.http import Hosts, Session
    from connector.adapters.quickbooks.consent import Consent, exchanged
    from connector.bootstrap.partner_center import network_of
    from connector.config.values import QuickBooks

    ledger = ledger_named(settings, name)
    if not isinstance(ledger, QuickBooks):
        raise ConnectorError(f"{settings.file}: ledger {name} is of the kind {ledger.kind}, not quickbooks.")
    if settings.secret_key is None:
        raise ConnectorError(
            f"{settings.file}: there is no secret_key, so a sign-in could not be kept sealed; make one of 32 random "
            "bytes in base64, put it into the environment, and name it as config.example.yaml shows."
        )
    clock = clock or SystemClock()
    with open_store(settings, clock) as store:
        sign_in = quickbooks_sign_in(settings, ledger, store.tokens, clock)
        consent = Consent.begin(name, ledger.realm_id, ledger.client_id, ledger.endpoints.authorize, redirect)
        if ask is None and consent.listens is None:
            raise ConnectorError(
                f"--redirect {redirect} does not lead to this machine; add --paste and paste the address that the "
                "browser shows after the consent."
            )
        answer = _listened(consent, show, patience) if ask is None else _asked(consent, show, ask)
        session = Session(Hosts.of(ledger.endpoints.token), network_of(settings), clock=clock)
        sign_in.take(exchanged(consent, consent.code_in(answer), sign_in.app, session, clock))
        return open_ledger(settings, name, store.tokens, clock).source.company().name


def look_at_ledgers(settings: "Settings", clock: "Clock | None" = None) -> Iterator[Looked]:
    """Sign in at every ledger that is reached over the network; what is missing is told with what to do."""
    from connector.adapters.clock import SystemClock

    clock = clock or SystemClock()
    if not any(map(is_reachable, settings.ledgers)):
        return
    with open_store(settings, clock) as store:
        for opened in open_ledgers(settings, store.tokens, clock):
            name = f"Ledger {opened.name}"
            try:
                company = opened.source.company()
                obstacles = opened.posting.obstacles()
            except ConnectorError as trouble:
                yield Looked(name, problem=str(trouble), exit_code=trouble.exit_code)
                continue
            warning = opened.sign_in.warning() if opened.sign_in else None
            known = f"signed in at {company.name} ({company.home_currency})"
            # Reading needs none of what posting does.
            yield Looked(name, "; ".join(filter(None, (known, warning, *(f"no posting: {one}" for one in obstacles)))))


def _asked(consent: "Consent", show: Callable[[str], None], ask: Callable[[], str]) -> str:
    show(consent.url)
    return ask()


def _listened(consent: "Consent", show: Callable[[str], None], patience: float) -> str:
    """Wait on this machine for the browser to come back; what is asked for before that is answered with a 404."""
    came: list[str] = []
    there = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        """What the browser is shown."""

        # Browsers open connections ahead of time and say nothing on them.
        timeout = 10

        def do_GET(self) -> None:
            """Take the address the browser came back to."""
            ours = "state=" in self.path
            text = "You can close this window and go back to the connector." if ours else "There is nothing here."
            body = _DONE.format(text).encode()
            self.send_response(200 if ours else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)
            if ours and not came:
                came.append(self.path)
                there.set()

        def log_message(self, *_: object) -> None:
            """Write nothing: the address holds the code."""

    host, port = consent.listens or ("127.0.0.1", 80)
    try:
        server = ThreadingHTTPServer((host, port), Answer)
    except OSError as refused:
        raise ConnectorError(
            f"Port {port} of this machine cannot be listened on ({refused.strerror}); name another with --redirect, or "
            "add --paste."
        ) from refused
    server.daemon_threads, server.block_on_close = True, False
    with server:
        waiting = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        waiting.start()
        try:
            show(consent.url)
            if not there.wait(patience):
                raise SignInNeeded(
                    f"Nobody came back from the page within {int(patience) // 60} minutes; begin again with "
                    f"`connector auth quickbooks {consent.ledger}`, or add --paste."
                )
        finally:
            server.shutdown()
            waiting.join()
    return came[0]

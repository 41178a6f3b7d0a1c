"""Real processes share one sign-in: they refresh in turn, and one that is killed in the middle costs nothing."""

import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.adapters.clock import SystemClock
from connector.adapters.quickbooks.tokens import owner_of
from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import QuickBooks, TokenRules, open_company
from connector.sandbox.serving import Server
from connector.store import Store
from tests.unit.quickbooks.issuer import REALM

KEY = base64.b64encode(b"k" * 32)
WORKER = """\
import sys
from connector.adapters.clock import SystemClock
from connector.adapters.http import Hosts, Session
from connector.adapters.quickbooks.tokens import App, SignIn
from connector.store import Store
url, place, key, seed, times = sys.argv[1:]
clock = SystemClock()
with Store.open(place, key=key.encode(), clock=clock) as store:
    app = App("sandbox-client", "sandbox-secret", url + "/oauth2/v1/tokens/bearer")
    session = Session(Hosts.of(url), clock=clock)
    own = SignIn("books-us", "REALM", app, tokens=store.tokens, session=session, clock=clock, seed=seed)
    access = None
    for _ in range(int(times)):
        access = own.renewed(access)
        print("renewed", flush=True)
""".replace("REALM", REALM)


@pytest.mark.parametrize("killed", [False, True])
def test_two_processes_refresh_one_sign_in(tmp_path: Path, killed: bool) -> None:
    clock = SandboxClock(datetime(2026, 11, 2, 12, tzinfo=UTC), following=True)
    # An old token dies with its use, and a second use of it would end everything; a killed process may lose an answer.
    rules = TokenRules(rotates="always", until_used=killed)
    app = QuickBooks(clock, [open_company(REALM, clock)], tokens=rules)
    place = f"sqlite:///{tmp_path / 'connector.db'}"
    with Server(app, clock=clock) as server:
        seed = app.sign_in().refresh_token
        Store.open(place, key=KEY, clock=SystemClock()).close()

        def start(times: int) -> "subprocess.Popen[str]":
            words = [sys.executable, "-c", WORKER, server.url, place, KEY.decode(), seed, str(times)]
            return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        first, second = start(1000 if killed else 15), start(15)
        if killed:
            assert first.stdout is not None
            for _ in range(3):
                first.stdout.readline()
            first.kill()
        outcomes = [process.communicate(timeout=60) for process in (first, second)]
        assert second.returncode == 0, outcomes[1][1]
        assert killed or first.returncode == 0, outcomes[0][1]
        if killed:  # its last answer may have died with it: whoever comes next gets the newest token again
            third = start(1)
            third.communicate(timeout=60)
            assert third.returncode == 0
        assert app.tokens.refused == 0
        with Store.open(place, key=KEY, clock=SystemClock()) as store:
            token = store.tokens.load(owner_of(REALM))
        assert token is not None
        assert token.state == "ok"
        assert token.value == app.tokens.grants[0].refresh_token

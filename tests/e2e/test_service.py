"""The real `connector serve`: starts, runs what is due in children, answers, reloads, and stops without a loose end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.adapters.clock import SystemClock
from connector.bootstrap.links import approval_link
from connector.bootstrap.storing import open_store
from connector.config.settings import read_settings
from connector.domain.slot import SlotState
from tests.architecture.house import ROOT
from tests.crash.office import ENVIRONMENT, Office, an_office


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Serving:
    """A service at work in a process of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int) -> None:
        self.folder, self.port = folder, port
        self.log = folder / "serve.log"
        command = [sys.executable, "-m", "connector", "serve", "--config", str(folder / "config.yaml")]
        own = {**os.environ, **environment, "PYTHONPATH": str(ROOT), "CONNECTOR_HTTP__LISTEN": f"127.0.0.1:{port}"}
        with self.log.open("w") as out:
            self.process = subprocess.Popen(command, env=own, stdout=out, stderr=out, cwd=folder)
        until(lambda: self.process.poll() is not None or self.get("/livez")[0] == 200)

    def get(self, path: str) -> tuple[int, str]:
        return self.ask(path, "GET")

    def ask(self, path: str, method: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def memory(self) -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def told(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def has_said(self, words: str) -> bool:
        return any(words in line.get("event", "") for line in self.told())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("QB_REFRESH", "none")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    quiet = "schedule: {jitter: 1s, jobs: {ledger: off, reconcile: off, plan: off, backup: off, housekeeping: off}}\n"
    quiet += 'http: {public_url: "https://billing.example.com"}\n'
    with an_office(tmp_path / "office", customers=4, latency=0.15, more=quiet) as opened:
        monkeypatch.setenv("QB_REFRESH", opened.environment["QB_REFRESH"])
        yield opened


@contextmanager
def serving(office: Office) -> Iterator[Serving]:
    service = Serving(office.folder, office.environment, free_port())
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()


def approve(office: Office, service: Serving) -> str:
    """Approve the plan by the link that finance was sent."""
    settings = read_settings(office.folder / "config.yaml")
    link = approval_link(settings, office.plan.plan_id, "jane@example.com", datetime.now(UTC))
    assert link is not None
    return service.ask(link.removeprefix("https://billing.example.com"), "POST")[1]


def slots(office: Office) -> list[SlotState]:
    with open_store(read_settings(office.folder / "config.yaml"), SystemClock()) as store, store.look() as unit:
        return [slot.state for slot in unit.slots.open()]


def test_it_reloads_and_stops_while_a_document_is_posted_and_the_next_one_goes_on(office: Office) -> None:
    with serving(office) as service:
        assert service.get("/readyz") == (200, "ready\n")
        assert service.memory() < 150
        # A setting that is wrong leaves those of before in force, and says so.
        file = office.folder / "config.yaml"
        good = file.read_text()
        file.write_text(good + "htpp: {}\nposting: 3\n")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.get("/readyz")[0] == 503)
        assert "connector_config_last_reload_successful 0.0" in service.get("/metrics")[1]
        assert service.has_said("those of before stay in force")
        file.write_text(good)
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.get("/readyz")[0] == 200)

        assert "Thank you" in approve(office, service)
        assert office.watched.arrived.wait(40), service.log.read_text()
        assert service.stop() == 0
        assert service.has_said("the service has stopped")
        assert slots(office) == [SlotState.WAITING]
        # What was under way came to its end: nothing is on its way without an answer.
        states = [one.state.value for one in office.postings()]
        assert set(states) <= {"ready", "verified"}, states
        assert len(list(office.app.company().every("Invoice"))) == states.count("verified")
    with serving(office) as service:
        until(lambda: slots(office) == [] and office.wrong() == [])
        assert service.stop() == 0


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "taken").write_text("a file where a folder should be")
    (tmp_path / "config.yaml").write_text(
        "company: {name: N}\nstate: taken\nnetwork: {ca_file: none.pem}\n"
        f'http: {{listen: "127.0.0.1:{port}", public_url: "https://x.example.com"}}\n'
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "connector", "serve"], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    for words in ("state ", "database: ", "http.listen", "public_url needs a secret_key", "ca_file", "5 errors"):
        assert words in done.stderr

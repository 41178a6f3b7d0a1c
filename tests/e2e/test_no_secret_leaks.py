"""A month at DEBUG with a canary for every secret: none of them is in logs, errors, pages, figures, mails or files."""

import gzip
import json
import logging
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from connector.bootstrap.links import approval_link
from connector.bootstrap.serving import Service, Ways
from connector.cli.main import command_files, run
from connector.sandbox.running import Deal
from tests.firm import Firm, open_firm
from tests.unit.service.http import Caller

AT = datetime(2026, 11, 9, 8, tzinfo=UTC)
MORE = """\
posting: {mode: review, start: 2026-10}
http: {listen: "127.0.0.1:0", public_url: "https://billing.example.com", password: "${PAGES_PASSWORD}",
       webhooks: {quickbooks: "${QB_VERIFIER}", partner_center: true}}
schedule: {jobs: {sync: off, audit: off, subscriptions: off, prices: off, invoices: off, usage: off, ledger: off,
                  plan: off, post: off, reconcile: off, watch: off, alert: off, backup: off, housekeeping: off}}
"""


class Told:
    """All that was printed, logged, shown and sent, by where it was."""

    def __init__(self, firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
        self.firm, self._capsys = firm, capsys
        self.texts: dict[str, bytes] = {}

    def run(self, *words: str, code: int | None = None, log: str = "json") -> Any:
        self._capsys.readouterr()
        ended = run([*words, "--config", str(self.firm.folder / "config.yaml"), "-v", "-v", "--log-format", log])
        out, err = self._capsys.readouterr()
        name = f"{len(self.texts)} {' '.join(words)}"
        self.texts[f"{name} out"], self.texts[f"{name} log"] = out.encode(), err.encode()
        assert code is None or ended == code, err[-2000:]
        return json.loads(out) if "json" in words else out

    def ask(self, caller: Caller, path: str, **options: Any) -> int:
        answer = caller.ask(path, **options)
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.texts[f"{len(self.texts)} page {path.split('?', maxsplit=1)[0][:20]}"] = headers.encode() + answer.body
        return answer.status

    def gather(self) -> None:
        """Take in every file below the state folder, unpacked, and every mail."""
        for path in self.firm.folder.rglob("*"):
            if path.is_file() and path.suffix != ".pem":
                content = path.read_bytes()
                self.texts[str(path.relative_to(self.firm.folder))] = content
                if path.suffix == ".gz":
                    self.texts[f"{path.name} unpacked"] = gzip.decompress(content)
                if path.suffix == ".tar":
                    with tarfile.open(path) as archive:
                        assert "connector.db" in archive.getnames()
        for at, mail in enumerate(self.firm.mail.delivered):
            parts = [part.get_payload(decode=True) for part in mail.message.walk() if not part.is_multipart()]
            self.texts[f"mail {at}"] = b"\n".join([mail.content, *(part for part in parts if isinstance(part, bytes))])


def secrets_of(firm: Firm) -> dict[str, str]:
    """All secrets: those configured, and every token, key and signature that went over a wire."""
    found = dict(firm.environment)
    for name, server in firm.microsoft.servers.items():
        for at, exchange in enumerate(server.exchanges):
            asked, answered = exchange.request, exchange.response
            texts = [f"{asked.path}?{asked.query}", str(asked.headers), _text(asked.body)]
            for text in [*texts, _text(answered.body if answered else None)]:
                for kind, secret in re.findall(
                    r"(?i)(bearer |refresh_token[=\":\s]+|access_token\W+|[?&;]sig=)([A-Za-z0-9._~%+/=-]{12,})", text
                ):
                    found[f"{name} {kind.strip()} {at}"] = secret
    return found


def _text(body: bytes | None) -> str:
    return (body or b"").decode("utf-8", "replace")


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    with open_firm(tmp_path / "firm", Deal(customers=3, months=1, plain=True), AT) as firm:
        firm.configure(MORE)
        firm.sign_in()
        for name, value in firm.environment.items():
            monkeypatch.setenv(name, value)
        yield firm


def test_no_secret_is_anywhere_but_where_it_belongs(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(firm, capsys)
    # The mail server of the test runs in this process, and would log all that it is told.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with time_machine.travel(AT, tick=True):
        told.run("check", "--online", log="text")
        told.run("sync", code=0)
        plan = told.run("plan", "--format", "json")["plan_id"]
        told.run("post", plan, "--yes", "--by", "jane", code=0)
        # Trouble tells more than success does.
        firm.microsoft.faults.add(on="GET /v1/customers", do="status:403")
        firm.microsoft.faults.add(on="* /v3/company/*", do="garbage")
        firm.microsoft.faults.add(on="POST /oauth2/v1/tokens/bearer", do="status:400", times=1)
        told.run("sync", "--only", "subscriptions", "--only", "ledger")
        told.run("sync", "--only", "ledger", log="text")
        told.run("sync", "--only", "ledger")
        told.run("reconcile")
        told.run("watch")
        told.run("alert", "--digest", code=0)
        told.run("status", "--format", "json")
        told.run("backup", code=0)
        told.run("rotate-keys", "--by", "jane", code=0)
        told.run("housekeeping", code=0)
        capsys.readouterr()
        _pages(firm, told, plan)
        told.texts["serve out"], told.texts["serve log"] = (text.encode() for text in capsys.readouterr())
    told.gather()
    secrets = secrets_of(firm)
    assert len(secrets) > 20
    assert any("sig=" in name for name in secrets)
    leaks = [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, content in told.texts.items()
        if secret.encode() in content
    ]
    assert leaks == []
    # Nor are whole bodies: the log knows calls and numbers, not what was said.
    logs = b"".join(content for place, content in told.texts.items() if place.endswith(" log"))
    assert b"/v1/customers: 403" in logs
    assert logs.count(b"/query: 200") > 20
    assert b"the service is at work" in told.texts["serve log"]
    assert [word for word in (b"SalesItemLineDetail", b"BillingPreTaxTotal", b"Set-Cookie") if word in logs] == []


def _pages(firm: Firm, told: Told, plan: str) -> None:
    """Run the service in this process and look at all it shows."""
    service = Service(Ways(firm.folder / "config.yaml", command_files(), every=60))
    service.start()
    try:
        caller = Caller(service.port)
        link = approval_link(service.settings, plan, "jane@example.com", service.clock.now())
        assert link is not None
        basic = {"Authorization": "Basic Y29ubmVjdG9yOndyb25n"}
        paths = ("/metrics", "/healthz", "/readyz", "/reports/", "/reports/latest", "/x", link.partition(".com")[2])
        asked = [told.ask(caller, path) for path in paths]
        assert asked[0] == 200
        assert told.ask(caller, "/reports/latest", headers=basic) == 401
        assert told.ask(caller, "/webhooks/quickbooks", method="POST", body=b"{}") == 401
        # Children know of secrets by their environment alone.
        before = " ".join(service._ways.before)
        told.texts["command line of children"] = before.encode()
        assert before.endswith("config.yaml")
        figures = told.texts[next(name for name in told.texts if name.endswith("/metrics"))]
        assert b'connector_api_calls_total{service="' in figures
        names = [customer.name.encode() for customer in firm.microsoft.world.customers]
        assert [name for name in names if name in figures] == []
    finally:
        service.stop()

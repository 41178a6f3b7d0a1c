"""`connector sandbox` runs in the foreground, says where it is, writes what one needs, and stops when asked to."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from connector.cli.main import run
from connector.config.mappings import read_mappings
from connector.config.settings import read_settings

AT = "2026-11-09T08:00Z"


def secrets_of(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / "secrets.env").read_text().splitlines())


def test_it_runs_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "rehearsal"
    trouble = tmp_path / "faults.json"
    trouble.write_text(json.dumps([{"on": "GET /v1/invoices", "do": "status:503:7"}]))
    words = [
        sys.executable,
        "-m",
        "connector",
        "sandbox",
        "--output",
        str(folder),
        "--at",
        AT,
        "--faults",
        str(trouble),
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = []
            for line in process.stdout:
                told.append(line)
                if "Ctrl-C" in line:
                    break
            addresses = dict(re.findall(r"^  (\w+) +(https?://\S+)$", "".join(told), re.MULTILINE))
            for name, secret in secrets_of(folder).items():
                monkeypatch.setenv(name, secret)
            settings = read_settings(folder / "config.yaml")
            center = settings.partner_center
            assert center is not None
            assert center.endpoints.api == addresses["api"]
            assert read_mappings(settings.mappings, ("books-us", "books-eu")).customers
            with requests.Session() as session:
                session.trust_env = False
                token = session.post(
                    f"{center.endpoints.authority}/{center.tenant_id}/oauth2/v2.0/token",
                    data={
                        "grant_type": "client_credentials",
                        "client_id": center.client_id,
                        "client_secret": secrets_of(folder)["PARTNER_CENTER_SECRET"],
                        "scope": "https://api.partnercenter.microsoft.com/.default",
                    },
                    verify=str(settings.network.ca_file),
                ).json()["access_token"]
                headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
                answers = [session.get(f"{addresses['api']}/v1/invoices", headers=headers) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [503, 200]
            assert answers[1].headers["Date"].startswith("Mon, 09 Nov 2026 08:0")
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out.splitlines()[-1], err) == (0, "The sandbox has stopped.", "")
    assert (
        oct((folder / "secrets.env").stat().st_mode)[-3:] == oct((folder / "client.pem").stat().st_mode)[-3:] == "600"
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "--output DIR"),
        (["--output", "{used}"], "holds something else"),
        (["--output", "{new}", "--at", "soon"], "is not a moment"),
        (["--output", "{new}", "--last-month", "October"], "YYYY-MM"),
        (["--output", "{new}", "--faults", "{bad}"], "cannot do 'explode'"),
        (["--output", "{new}", "--port", "{taken}"], "choose other ports"),
    ],
    ids=lambda value: str(value)[-24:],
)
def test_what_it_cannot_do_it_says(
    words: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "thesis.txt").touch()
    (tmp_path / "bad.json").write_text('[{"on": "GET /", "do": "explode"}]')
    places: dict[str, object] = {name: tmp_path / name for name in ("used", "new")}
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        places |= {"bad": tmp_path / "bad.json", "taken": somebody.getsockname()[1]}
        assert run(["sandbox", *(word.format(**places) for word in words)]) == 2
    assert why in " ".join(capsys.readouterr().err.split())

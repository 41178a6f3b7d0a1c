"""Image, compose file and systemd unit keep to the rules that there is no engine here to try out."""

import re
from pathlib import Path

import pytest
import yaml

from connector.cli.main import command_files
from connector.config.service import JOBS
from connector.domain.alert import NOTICES
from tests.architecture.house import ROOT, modules

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UNIT = (ROOT / "docs" / "deploy" / "connector.service").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    joined = re.sub(r"\\\n", " ", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(at for at, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def test_the_image_takes_only_hashed_wheels() -> None:
    installs = [
        command for name, text in instructions() if name == "RUN" for command in text.split("&&") if "pip" in command
    ]
    for command in installs:
        flags = ("--require-hashes", "--only-binary=:all:") if "-r " in command else ("--no-deps", "--no-index")
        assert all(flag in command for flag in flags), command
    assert len(installs) == 3
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.split(r"\n(?=[a-z])", text.strip())
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
        assert len(pins) > 50


def test_the_image_runs_as_nobody_special_and_asks_how_it_is() -> None:
    stage = dict(last_stage())
    assert [text for name, text in instructions() if name == "FROM"] == [
        "python:3.13-slim AS build",
        "python:3.13-slim",
    ]
    assert stage["USER"] == "10001"
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert stage["HEALTHCHECK"].endswith('CMD ["connector", "health"]')
    assert (stage["ENTRYPOINT"], stage["CMD"]) == ('["connector"]', '["serve"]')
    assert {"health", "serve"} <= command_files().keys()
    # What runs has no build tools, and nothing is fetched while it is put together but by pip.
    assert "pip" not in " ".join(text for name, text in last_stage() if name != "COPY")
    assert not re.search(r"\b(ADD|curl|wget|apt-get|sudo|latest|chmod 777)\b", DOCKERFILE)
    assert "ENV" not in [name for name, text in instructions() if re.search(r"(?i)secret|password|token", text)]


def test_only_what_the_image_needs_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    copied = {
        word for name, text in instructions() if name == "COPY" and "--from" not in text for word in text.split()[:-1]
    }
    assert copied == {"requirements.txt", "requirements-dev.txt", "pyproject.toml", "README.md", "LICENSE", "connector"}


def test_the_compose_file_takes_away_what_is_not_needed() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["connector"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert [volume for volume in service["volumes"] if not volume.endswith(":ro")] == ["state:/var/lib/connector"]
    assert service["stop_grace_period"] == "180s"
    database = compose["services"]["db"]
    assert service["depends_on"] == {"db": {"condition": "service_healthy"}}
    # Secrets are files; none stands in the environment or in the file itself.
    assert "environment" not in service
    assert set(service["secrets"] + database["secrets"]) == set(compose["secrets"])
    assert [name for name in database["environment"] if name.endswith("PASSWORD")] == []
    assert database["image"] == "postgres:18"


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify", "WatchdogSec=120", "DynamicUser=yes", "StateDirectory=connector", "UMask=0077", "LimitCORE=0",
        "LoadCredentialEncrypted=secret_key:", "ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service", "MemoryMax=",
        "TimeoutStopSec=180", "KillMode=mixed", "CapabilityBoundingSet=\n", "ExecReload=/bin/kill -HUP $MAINPID",
        "RestartPreventExitStatus=3", "ProtectHome=yes",
    ],
)  # fmt: skip
def test_the_unit_is_hardened(line: str) -> None:
    assert f"\n{line}" in UNIT
    assert "Environment=" not in UNIT


def test_the_page_on_operations_knows_every_job_and_every_notice() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    known = page + " ".join(NOTICES[-3:])
    told = {"month_end", "baseline", "all_quiet"}
    assert [name for name in JOBS if f"`{name}`" not in page and name not in ("report",)] == []
    assert [name for name in NOTICES if name not in told and f"`{name}`" not in known] == []


def test_every_test_that_the_page_on_security_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    there = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"`(?:tests/[\w/]*)?(test_\w+?)(?:\.py)?(?:::(test_\w+))?`", page))
    lost = [name for name, _ in named if name not in there]
    lost += [each for name, each in named if each and name in there and f"def {each}" not in there[name].read_text()]
    assert lost == []
    assert re.findall(r"^\| (S\d+) ", page, re.M) == [f"S{number}" for number in range(1, 19)]


def test_nothing_is_unpickled() -> None:
    loose = re.compile(r"\b(pickle|shelve|marshal|dill|jsonpickle)\b|SQLAlchemyJobStore|yaml\.(unsafe_)?load\(")
    assert [str(Path(module.path)) for module in modules() if loose.search(module.text)] == []

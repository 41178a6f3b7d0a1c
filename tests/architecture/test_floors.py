"""Every floor of the house rests only on the floors below it, and the contracts that say so really bite."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGE, ROOT, contracts

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

OFFENCES = {
    "Every floor rests only on the floors below it": ("domain", "import connector.config"),
    "The thinking rooms touch nothing outside: no files, no network, no clock, no chance": (
        "engine",
        "import time",
    ),
    "Only the engine builds table expressions among the thinking rooms": ("reports", "import ibis"),
    "Tests' and benchmarks' tools stay out of the house": ("adapters", "import orjson"),
    "The sandbox is the outside world and shares no code with us": (
        "sandbox",
        "import connector.domain.errors",
    ),
    "Nothing but the command line knows that there is a sandbox": ("jobs", "import connector.sandbox"),
    "Door: signing in at Entra": ("config", "import msal"),
    "Door: HTTP and its retries": ("adapters", "import requests"),
    "Door: QuickBooks' own package": ("adapters", "from quickbooks import QuickBooks"),
    "Door: the database": ("config", "import sqlmodel"),
    "Door: the clock that starts jobs": ("jobs", "import apscheduler"),
    "Door: the pages' server and the figures": ("bootstrap", "import waitress"),
    "Door: the query engines": ("adapters", "import duckdb"),
    "Door: YAML": ("adapters", "import yaml"),
    "Door: spreadsheets": ("adapters", "import xlsxwriter"),
    "Door: the likeness of names": ("jobs", "import rapidfuzz"),
    "Door: the log's form": ("adapters", "import structlog"),
    "Door: the command line's words": ("config", "import typer"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in a folder."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False
    )


def verdicts(report: str) -> dict[str, str]:
    """Return KEPT or BROKEN for each contract; the report breaks long names over lines."""
    text = " ".join(report.split())
    found = {}
    for contract in contracts():
        match = re.search(re.escape(contract["name"]) + r" (KEPT|BROKEN)", text)
        found[contract["name"]] = match.group(1) if match else "not judged"
    return found


def test_no_floor_rests_on_one_above_it() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def crooked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the verdicts on a copy of the house in which every contract is broken once."""
    copy = tmp_path_factory.mktemp("crooked")
    shutil.copytree(PACKAGE, copy / "connector", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for number, (room, offence) in enumerate(OFFENCES.values()):
        (copy / "connector" / room / f"offence_{number}.py").write_text(f"{offence}\n", encoding="utf-8")
    return verdicts(lint(copy).stdout)


def test_every_contract_has_its_offence() -> None:
    assert {contract["name"] for contract in contracts()} == OFFENCES.keys()


@pytest.mark.parametrize("contract", OFFENCES)
def test_a_broken_contract_is_noticed(crooked: dict[str, str], contract: str) -> None:
    assert crooked[contract] == "BROKEN"


def test_every_room_stands_on_a_floor() -> None:
    layers = contracts()[0]["layers"]
    on_floors = {room.strip(" ()") for layer in layers for room in layer.split("|")}
    rooms = {
        f"connector.{path.stem}"
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - on_floors - {"connector.__init__", "connector.sandbox"} == set()


def test_the_contracts_name_every_room_there_is() -> None:
    """A room that is new must be added to the contracts that list rooms one by one."""
    by_name = {contract["name"]: contract for contract in contracts()}
    rooms = {
        f"connector.{path.stem}"
        for path in PACKAGE.iterdir()
        if path.stem not in {"__init__", "__main__", "__pycache__"}
    }
    thinking = rooms & {"connector.domain", "connector.engine", "connector.reports", "connector.ports"}
    sandbox = by_name["The sandbox is the outside world and shares no code with us"]
    ignorant = by_name["Nothing but the command line knows that there is a sandbox"]
    outside = by_name["The thinking rooms touch nothing outside: no files, no network, no clock, no chance"]
    expressions = by_name["Only the engine builds table expressions among the thinking rooms"]
    words = by_name["Door: the command line's words"]
    assert set(outside["source_modules"]) == thinking
    # The port to the tables speaks of expressions; it neither builds nor runs any.
    assert set(expressions["source_modules"]) == thinking - {"connector.engine", "connector.ports"}
    assert set(sandbox["forbidden_modules"]) == rooms - {"connector.sandbox"}
    assert set(ignorant["source_modules"]) == rooms - {"connector.sandbox", "connector.cli"}
    assert set(words["source_modules"]) == rooms - {"connector.cli"}

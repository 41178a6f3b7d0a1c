"""Law 6: nothing calls backwards, and what thinks touches nothing outside."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.builders import ROOT

THINKING = ("domain", "engine", "reports")


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_the_floors_are_a_contract() -> None:
    (layers,) = [contract["layers"] for contract in contracts() if contract["type"] == "layers"]
    assert isinstance(layers, list)
    order = " > ".join(layers)
    places = [order.index(f"connector.{floor}") for floor in ("cli", "bootstrap", "jobs", "engine", "domain")]
    assert places == sorted(places)


def test_every_contract_is_kept() -> None:
    # A process of its own: the linter sets up logging anew, and silences every logger of the tests that follow.
    linter = (
        "import sys; from importlinter.cli import lint_imports as lint; sys.exit(lint('pyproject.toml', no_cache=True))"
    )
    ended = subprocess.run([sys.executable, "-c", linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def called_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what a file calls: where, and its last name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f"{path}:{node.lineno}", f".{name}"
            case ast.Call(func=ast.Name(id=name)):
                yield f"{path}:{node.lineno}", name


def test_the_thinking_rooms_ask_no_clock_and_no_chance() -> None:
    outside = {".today", ".now", ".utcnow", ".time", "open", "print", "input"}
    paths = [path for room in THINKING for path in (ROOT / "connector" / room).rglob("*.py")]
    called = [call for path in paths for call in called_in(path)]
    assert called
    assert [call for call in called if call[1] in outside] == []

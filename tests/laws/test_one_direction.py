"""Law 6: nothing calls backwards, and what thinks touches nothing outside."""

import ast
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

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


def test_every_contract_is_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "path",
    sorted(path for room in THINKING for path in (ROOT / "connector" / room).rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_thinking_rooms_ask_no_clock_and_no_chance(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) if isinstance(node.func, ast.Attribute)
    }
    names = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) if isinstance(node.func, ast.Name)}
    assert not called & {"today", "now", "utcnow", "time"}
    assert not names & {"open", "print", "input"}

"""Every command is one file, is called as the file is called, answers to --help and is in the README."""

import importlib
import subprocess
import sys

import pytest
import typer

from connector.cli.main import build, command_files, run
from tests.architecture.house import ROOT

COMMANDS = sorted(
    name for name, module in command_files().items() if hasattr(importlib.import_module(module), "register")
)
HEAVY = ("duckdb", "ibis", "numpy", "pandas", "pyarrow", "pydantic", "requests", "sqlmodel", "structlog")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_called_as_its_file_is(command: str) -> None:
    app = typer.Typer()
    importlib.import_module(command_files()[command]).register(app)
    registered = [found.name for found in (*app.registered_commands, *app.registered_groups)]
    assert registered == [command]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert f"Usage: connector {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_tells_of_every_command(command: str) -> None:
    assert f"connector {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {line[0] for line in lines if line} >= set(COMMANDS)


def test_commands_share_their_options() -> None:
    """No command gives `--config` and its like a meaning of its own; `build` raises where one does."""
    assert build([]).info.name == "connector"


def test_help_is_quick_because_nothing_heavy_is_loaded() -> None:
    program = (
        "import sys\nfrom connector.cli.main import run\nrun(['--help'])\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stderr == ""


def test_what_arrow_does_loads_no_pandas() -> None:
    program = (
        "import sys\nfrom connector.__main__ import leave_pandas_aside\nleave_pandas_aside()\n"
        "import pyarrow\npyarrow.array([1]).to_pylist()\nsys.stderr.write(str('pandas' in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stderr == "False"

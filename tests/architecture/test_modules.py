"""Every module is short, says what it is for, speaks the trade's words and keeps floats away from money."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.house import ROOT, Module, modules, plan

LONGEST = 400
EMPTY_WORDS = frozenset(("data", "info", "manager", "helper", "util", "utils", "processor", "handler"))
THINKING = ("connector.domain", "connector.engine", "connector.reports", "connector.ports")


def words(name: str) -> set[str]:
    """Return the words a name is made of, in lower case and singular."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return set(parts) | {part.removesuffix("s") for part in parts}


def public_names(body: list[ast.stmt]) -> Iterator[str]:
    """Yield what a module or class offers under a name."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.ClassDef(name=name):
                names = [name, *public_names(node.body)] if not name.startswith("_") else []
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def calls(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a module calls, and where."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield f"{module.path}:{node.lineno}", node.func


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    silent = [module.name for module in modules() if not sentence_of(module)]
    assert silent == []


def sentence_of(module: Module) -> bool:
    return (ast.get_docstring(module.tree) or "").split("\n\n")[0].endswith(".")


def test_every_module_is_one_room() -> None:
    assert [module.name for module in modules() if len(module.text.splitlines()) > LONGEST] == []


def test_names_say_something() -> None:
    names = [(m.name, name) for m in modules() for name in (*m.name.split("."), *public_names(m.tree.body))]
    assert [pair for pair in names if words(pair[1]) & EMPTY_WORDS] == []


def test_no_amount_can_become_a_float() -> None:
    called = [call for module in modules() for call in calls(module)]
    assert [where for where, what in called if isinstance(what, ast.Name) and what.id == "float"] == []


def test_thinking_never_asks_for_the_time() -> None:
    asked = {"now", "today", "utcnow"}
    called = [call for module in modules() if module.name.startswith(THINKING) for call in calls(module)]
    assert called
    assert [where for where, what in called if isinstance(what, ast.Attribute) and what.attr in asked] == []


def test_every_package_we_import_is_one_we_ask_for() -> None:
    imported = set()
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                imported.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"connector"}
    project = plan()["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["spark"]]
    offered = {re.split(r"[\[<>=~ ]", line)[0] for line in asked}
    called = {
        "css_inline": "css-inline",
        "dateutil": "python-dateutil",
        "duckdb": "ibis-framework",
        "ibis": "ibis-framework",
        "py4j": "pyspark",
        "pydantic_settings": "pydantic-settings",
        "prometheus_client": "prometheus-client",
        "pyrate_limiter": "pyrate-limiter",
        "python_calamine": "python-calamine",
        "quickbooks": "python-quickbooks",
        "sqlalchemy": "sqlmodel",
        "urllib3": "requests",
        "yaml": "pyyaml",
    }
    assert {package for package in foreign if called.get(package, package) not in offered} == set()


def test_importing_does_nothing(tmp_path: Path) -> None:
    """No module writes, prints or warns because it is imported."""
    names = [m.name for m in modules() if not m.name.endswith("__main__")]
    program = f"import importlib\nfor name in {names!r}:\n    importlib.import_module(name)\n"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [name for name in listed.stdout.splitlines() if re.match(r"requirements.*\.txt|Makefile|\.ci/", name)]
    assert named
    for name in named:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|file:|--index|--find-links|/opt/|/root/|/home/", text), name

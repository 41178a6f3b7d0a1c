"""The house as the tests see it: its modules, their trees, and its plan in pyproject.toml."""

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "connector"


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package."""

    path: Path

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return tree_of(self.path)

    def __str__(self) -> str:
        return self.name


@cache
def tree_of(path: Path) -> ast.Module:
    """Return what Python reads in a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the package, sorted by path."""
    return tuple(Module(path) for path in sorted(PACKAGE.rglob("*.py")))


@cache
def plan() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contracts() -> list[dict[str, Any]]:
    """Return the import-linter contracts."""
    found: list[dict[str, Any]] = plan()["tool"]["importlinter"]["contracts"]
    return found

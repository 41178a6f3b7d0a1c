"""Brings a Node package others wrote onto this machine: from the registry, else from its sources, else not at all."""

import json
import os
import shutil
import subprocess
from pathlib import Path

CHECKOUT = "PARTNERCENTER_NODE_CHECKOUT"
PACKAGE = "microsoft-partnercenter"
SOURCES = "https://github.com/pliancy/microsoft-partnercenter-node"
_QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1")
_BUILDING = ("typescript", "@types/csvtojson", "@types/node", "@types/jsonwebtoken", "@types/unzipper")


class Missing(Exception):
    """The package cannot be had here; the text says why."""


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "csp-ledger-connector" / "conformance" / PACKAGE


def fetched() -> Path:
    """A folder in which `require("microsoft-partnercenter")` works. Raises Missing with the reason."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is not installed (Debian: nodejs npm)")
    folder = cache()
    if (folder / ".ready").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    reason = _run(folder, "npm", "install", *_QUIET, "--prefix", str(folder), f"{PACKAGE}@6")
    if reason:
        reason = _built(folder, reason)
    if reason:
        raise Missing(f"{PACKAGE} cannot be fetched: {reason}; {CHECKOUT}=DIR names a checkout of {SOURCES}")
    (folder / ".ready").touch()
    return folder


def _built(folder: Path, earlier: str) -> str:
    """Build the package from its sources; returns the reason why not."""
    checkout = os.environ.get(CHECKOUT)
    sources = folder / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    if checkout:
        ignored = shutil.ignore_patterns(".git", "node_modules", "dist")
        shutil.copytree(checkout, sources, ignore=ignored)
    elif reason := _run(folder, "git", "clone", "--quiet", "--depth", "1", SOURCES, str(sources)):
        return f"{earlier}; {reason}"
    plan = json.loads((sources / "package.json").read_text(encoding="utf-8"))
    # What it takes to publish the package is not needed, nor to be had everywhere.
    plan["devDependencies"] = {name: at for name, at in plan["devDependencies"].items() if name in _BUILDING}
    plan["scripts"] = {}
    (sources / "package.json").write_text(json.dumps(plan), encoding="utf-8")
    if reason := _run(sources, "npm", "install", *_QUIET, "--prefix", str(sources)):
        return reason
    compiler = str(sources / "node_modules" / ".bin" / "tsc")
    narrowed = ("-p", "tsconfig.build.json", "--types", "node", "--outDir", "dist", "--noEmitOnError", "false")
    _run(sources, compiler, *narrowed)
    if not (sources / "dist" / "index.js").exists():
        return "its sources do not compile"
    home = folder / "node_modules"
    home.mkdir(exist_ok=True)
    link = home / PACKAGE
    link.unlink(missing_ok=True)
    link.symlink_to(sources, target_is_directory=True)
    return ""


def _run(folder: Path, *words: str) -> str:
    """Run a command; returns "" or the line that says why it failed."""
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        return str(wrong)
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip() and " code " not in line]
    return "" if done.returncode == 0 else (said[0] if said else f"{words[0]} ended with {done.returncode}")

"""A service whose jobs run when a test says so: one process loads the program once, and forks for each turn.

A turn is a replica at a moment: it runs everything that is due then, each job by the real command line, and ends. It
is a process of its own, with its own time, and can be killed like any other.
"""

import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import connector
from tests.architecture.house import ROOT
from tests.crash.forking import Process


@dataclass
class Replicas:
    """Starts turns in a folder."""

    folder: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self._path = self.folder / "replicas.sock"
        command = [sys.executable, "-m", "tests.e2e.replica", str(self._path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def turn(self, at: datetime) -> Process:
        """Begin a turn at a moment."""
        talk = socket.socket(socket.AF_UNIX)
        talk.connect(str(self._path))
        asked = {"cwd": str(self.folder), "at": at.isoformat(), "environment": self.environment}
        talk.sendall(json.dumps(asked).encode() + b"\n")
        pid = b""
        while not pid.endswith(b"\n"):
            pid += talk.recv(1)
        return Process(int(pid), talk)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


# What the program loads when it first needs it.
_LATER = (
    "alembic.runtime.environment", "alembic.script", "babel.numbers", "css_inline", "duckdb", "ibis.backends.duckdb",
    "jinja2", "msal", "msgspec", "pandas", "psycopg", "pyarrow.compute", "pyarrow.parquet", "pydantic", "quickbooks",
    "rich.traceback", "sqlalchemy.dialects.postgresql.psycopg", "structlog", "time_machine", "xlsxwriter", "yaml",
)  # fmt: skip


def serve(path: str) -> None:
    """Load the program, then fork for each turn that is asked for."""
    for found in pkgutil.walk_packages(connector.__path__, "connector."):
        if not found.name.startswith(("connector.sandbox", "connector.__main__", "connector.warehouse.spark")):
            importlib.import_module(found.name)
    for name in _LATER:
        importlib.import_module(name)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        talk, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with talk.makefile() as lines:
                _watch(talk, json.loads(lines.readline()))
            os._exit(0)
        talk.close()


def _watch(talk: socket.socket, asked: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        talk.close()
        code = 99
        try:
            code = _turn(asked)
        except BaseException:  # noqa: BLE001 - what stopped it stands in the file, and the code says that it stopped
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    talk.sendall(f"{pid}\n".encode())
    _, status, used = os.wait4(pid, 0)
    with (Path(asked["cwd"]) / "processor.txt").open("a") as out:
        out.write(f"{used.ru_utime + used.ru_stime:.3f}\n")
    talk.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _turn(asked: dict[str, Any]) -> int:
    import time

    import time_machine

    from connector.adapters.clock import SystemClock
    from connector.bootstrap.recording import record
    from connector.bootstrap.storing import open_store
    from connector.bootstrap.timetable import jobs_of
    from connector.cli.main import command_files, run
    from connector.config.settings import read_settings
    from connector.jobs.duty import Duty, Ended, Held
    from connector.jobs.timetable import Job, Words

    os.chdir(asked["cwd"])
    os.environ.update(asked["environment"])
    for number, name in ((1, "stdout.txt"), (2, "stderr.txt")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    # Whoever waits for a vendor or a lease waits, but not for minutes.
    real = time.sleep
    SystemClock.sleep = lambda self, seconds: real(min(seconds, 0.1))  # type: ignore[method-assign]

    def job(one: Job, words: Words, held: Held) -> Ended:
        print(f"{asked['at']} {one.name} {' '.join(words)}", file=sys.stderr, flush=True)
        code = run([*words, "--config", "config.yaml"])
        print(f"{asked['at']} {one.name} ended with {code} at {time.process_time():.2f} s", file=sys.stderr, flush=True)
        return Ended(code)

    clock = SystemClock()
    with time_machine.travel(datetime.fromisoformat(asked["at"]), tick=True):
        settings = read_settings(Path("config.yaml"))
        with open_store(settings, clock) as store:
            jobs = jobs_of(settings, store, command_files())
            zone = ZoneInfo(settings.schedule.timezone)
            duty = Duty(store, clock, jobs, zone, job, lease=2, heard=partial(record, settings, store, clock))
            while duty.turn():
                pass
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])

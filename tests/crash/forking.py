"""Starts real connector processes quickly: one process loads the program once, and forks for each command.

Run as a program it listens on a socket; each connection is one command, and gets its process id, then how it ended.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Process:
    """A command at work."""

    pid: int
    talk: socket.socket

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = 240) -> int:
        """How it ended: its exit code, or minus the signal that ended it."""
        self.talk.settimeout(seconds)
        with self.talk, self.talk.makefile() as lines:
            return int(lines.readline())


class Forker:
    """Keeps the loaded program, until closed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "forker.sock"
        command = [sys.executable, "-m", "tests.crash.forking", str(self._path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def start(self, folder: Path, words: list[str], environment: dict[str, str]) -> Process:
        talk = socket.socket(socket.AF_UNIX)
        talk.connect(str(self._path))
        talk.sendall(json.dumps({"cwd": str(folder), "words": words, "environment": environment}).encode() + b"\n")
        pid = b""
        while not pid.endswith(b"\n"):
            pid += talk.recv(1)
        return Process(int(pid), talk)

    def run(self, folder: Path, words: list[str], environment: dict[str, str]) -> int:
        return self.start(folder, words, environment).wait()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def serve(path: str) -> None:
    """Load the program, then fork for each command that is asked for."""
    import connector.adapters.quickbooks.posting
    import connector.bootstrap.posting
    import connector.cli.main
    import connector.cli.post
    import connector.config.settings
    import connector.jobs.carriers
    import connector.jobs.posting_round
    import connector.jobs.resolving
    import connector.store  # noqa: F401

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
    """Run the command in a process of its own and tell how it ended."""
    pid = os.fork()
    if pid == 0:
        talk.close()
        os._exit(_command(asked))
    talk.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    talk.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _command(asked: dict[str, Any]) -> int:
    from connector.cli.main import run

    os.chdir(asked["cwd"])
    os.environ.update(asked["environment"])
    for number, name in ((1, "stdout.txt"), (2, "stderr.txt")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    try:
        return run(asked["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    serve(sys.argv[1])

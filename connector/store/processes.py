"""Tells whether a process that began some work is still there."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process so that no later one is taken for it: `mark` names this start of the machine, its room and moment."""

    host: str
    pid: int
    mark: str

    @classmethod
    def own(cls) -> "Process":
        """The process that asks."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, f"{_place()}/{_began(pid)}")

    def is_gone(self) -> bool | None:
        """Whether it has ended; None where that cannot be seen from here (another machine, container or start)."""
        place, _, began = self.mark.rpartition("/")
        if self.host != socket.gethostname() or place != _place():
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return began != _began(self.pid)


def _place() -> str:
    """This start of the machine and, in it, the container: process numbers mean nothing outside."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _began(pid: int) -> str:
    try:
        # The name in brackets may hold spaces; the third field of proc(5) is the state, the 22nd when it began.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        # One that is dead but not yet buried by its parent still has its number.
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return ""

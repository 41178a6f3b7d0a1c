"""Kills a sync at a chosen step: a process of its own counts what it does to files, and dies at one of them."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from tests.architecture.house import ROOT
from tests.fetching import Office

_STEPS = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree", "socket.connect"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def killed_at(own: Office, step: int) -> int:
    """Run a sync that is killed (-9) at a step; 0 lets it end. Returns how many steps it came to before it ended."""
    # Its clock is its own, so that it cannot wait for the sandbox's.
    own.sandbox.manners.operation_takes = timedelta(0)
    program = "import sys; from tests.killing import child; child(sys.argv[1], sys.argv[2], int(sys.argv[3]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(own.folder), own.sandbox.clock.now().isoformat(), str(step)],
        cwd=ROOT,
        env={**os.environ, **own.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if step else 0), done.stderr[-2000:]
    return 0 if step else int(done.stdout)


def child(folder: str, now: str, step: int) -> None:
    """Sync in this process, by a clock that stands, and die at a step."""
    from connector.bootstrap.syncing import SyncTools, sync
    from connector.cli.sync import exit_code
    from connector.config.settings import read_settings
    from connector.sandbox.clock import SandboxClock

    settings = read_settings(Path(folder) / "config.yaml")
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            path, _, flags = arguments
            # Folders are opened to make sure that a rename in them lasts; that is a step too.
            counts = isinstance(path, str | Path) and str(path).startswith(folder)
            counts = counts and (bool(isinstance(flags, int) and flags & _WRITING) or Path(str(path)).is_dir())
        else:
            counts = event in _STEPS
        if counts:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    told = sync(
        settings,
        (),
        progress=lambda *_: None,
        exit_code=exit_code,
        tools=SyncTools(SandboxClock(datetime.fromisoformat(now))),
    )
    assert not told.troubles, told.troubles
    print(count)

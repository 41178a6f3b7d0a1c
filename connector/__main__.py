"""Starts the connector when it is called as a program."""

import gc
import signal
import sys
from typing import NoReturn


def collect_seldom() -> None:
    """Have Python look for garbage less often: building queries makes many objects that stay for the run."""
    gc.set_threshold(200_000, 20, 20)


def interrupt(*_: object) -> NoReturn:
    """Be asked to stop as by Ctrl-C: what is under way comes to its end, and is recorded as interrupted."""
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and end with its exit code; 130 also when interrupted while it still loads."""
    signal.signal(signal.SIGTERM, interrupt)
    collect_seldom()
    try:
        from connector.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("connector: Interrupted.\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

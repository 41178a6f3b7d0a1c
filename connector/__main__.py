"""Starts the connector when it is called as a program."""

import gc
import os
import signal
import sys
from typing import NoReturn


def collect_seldom() -> None:
    """Have Python look for garbage less often: building queries makes many objects that stay for the run."""
    gc.set_threshold(200_000, 20, 20)


class _PandasAside:
    """Hides pandas from Arrow, which loads it when first used if it is there: a sixth of the time of a small month."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas" and "pyspark" not in sys.modules:
            raise ModuleNotFoundError("Only Spark has a use for pandas.", name=name)


def leave_pandas_aside() -> None:
    """Have no library load pandas for nothing. Nothing of ours uses it; Spark does, and gets it."""
    sys.meta_path.insert(0, _PandasAside)


def interrupt(*_: object) -> NoReturn:
    """Be asked to stop as by Ctrl-C: what is under way comes to its end, and is recorded as interrupted."""
    raise KeyboardInterrupt


def open_outputs() -> None:
    """Stand in for outputs that the caller closed, so that no file opened later takes their place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def main() -> None:
    """Run the command line and end with its exit code; 130 also when interrupted while it still loads."""
    open_outputs()
    signal.signal(signal.SIGTERM, interrupt)
    collect_seldom()
    leave_pandas_aside()
    try:
        from connector.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("connector: Interrupted.\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

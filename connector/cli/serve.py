"""connector serve: run the jobs at their times and show the pages, until asked to stop."""

import os
import resource
import signal
import sys
import threading

import typer

from connector.cli import logs
from connector.cli.exit_codes import ExitCode
from connector.cli.options import options_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(ctx: typer.Context) -> None:
    """Run the jobs of `schedule` at their times, and answer for health, figures, reports, approvals and notices.

    Whatever is wrong with settings, mappings, folders, database or address is named at once, with exit code 3. SIGTERM
    and Ctrl-C let what is under way come to its end; SIGHUP reloads the settings, or keeps those of before and says
    so.
    """
    from connector.bootstrap.serving import Service, Ways
    from connector.cli.main import command_files

    options = options_of(ctx)
    format_ = options.log_format or (logs.LogFormat.TEXT if sys.stderr.isatty() else logs.LogFormat.JSON)
    logs.configure(format_, max(options.verbose, 1))
    os.umask(0o077)
    # What it has in memory must not end up in a file when it crashes.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stopping, reload = threading.Event(), threading.Event()
    child = (
        sys.executable, "-m", "connector", "--config", str(options.config_file().absolute()),
        "--log-format", format_.value, *["-v"] * options.verbose,
    )  # fmt: skip
    service = Service(Ways(options.config_file().absolute(), command_files(), child))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())
    service.start()
    try:
        service.wait(stopping, reload)
    finally:
        service.stop()
    raise typer.Exit(ExitCode.DONE)

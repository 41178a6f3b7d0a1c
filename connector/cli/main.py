"""The command line's frame: finds the commands, runs one, and ends with the right code and a sentence.

A command is a file in this folder with a function `register(app)`; it is called as its file is called
(`import_.py` is `import`). To stay quick at the start, only the files named on the command line are loaded,
and a command imports what it needs when it runs.
"""

import errno
import functools
import importlib
import logging
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from connector import cli
from connector.cli import logs, options
from connector.cli.exit_codes import ExitCode
from connector.domain.errors import ConnectorError, InvalidConfig

_log = logging.getLogger(__name__)


class _OutputClosed(Exception):
    """Whoever read our output, `head` for one, has gone."""


def command_files() -> dict[str, str]:
    """Return the module of every file in this folder, by the name of the command it would be."""
    return {
        found.name.rstrip("_").replace("_", "-"): f"{cli.__name__}.{found.name}"
        for found in pkgutil.iter_modules(cli.__path__)
    }


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"connector {version('csp-ledger-connector')}")
        raise typer.Exit


def _start(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    """Reconcile Microsoft's CSP invoices with your ledger, to the cent."""


def build(words: Sequence[str]) -> typer.Typer:
    """Put the command line together from the commands among `words`; from all where none is named."""
    app = typer.Typer(
        name="connector",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(options.choosing(_start))
    files = command_files()
    named = [name for name in files if name in words]
    if not _register(app, [files[name] for name in named]):
        _register(app, [module for name, module in files.items() if name not in named])
    options.spread(app, _translating)
    return app


def run(words: Sequence[str]) -> int:
    """Run the command the words name and return its exit code. Never a traceback, never an exception."""
    logs.configure(logs.LogFormat.TEXT, 0)
    try:
        code = _run(list(words))
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except (_OutputClosed, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.TROUBLE
    except InvalidConfig as invalid:
        count = len(invalid.problems)
        sys.stderr.write(logs.redaction.known(f"{invalid}\n"))
        _say(f"{count} {'error' if count == 1 else 'errors'} in the configuration or the mappings.")
        code = ExitCode.CONFIG_INVALID
    except ConnectorError as trouble:
        _say(str(trouble))
        code = trouble.exit_code
    except OSError as trouble:
        _log.info("the system refused", exc_info=trouble)
        _say(f"{trouble.filename or 'The system'}: {trouble.strerror or trouble}.")
        code = ExitCode.TROUBLE
    except MemoryError:
        _say("There is not enough memory for this; give more, or set a lower engine.memory_limit.")
        code = ExitCode.TROUBLE
    except Exception as fault:  # noqa: BLE001 - the last line of defence: people get a sentence, not a traceback
        _log.info("a fault of the program", exc_info=fault)
        first = (str(fault).splitlines() or [""])[0]
        _say(
            f"The program failed by a fault of its own ({type(fault).__name__}: {first}). "
            "Run the same with -v and report what it prints."
        )
        code = ExitCode.TROUBLE
    if code == ExitCode.INTERRUPTED:
        _say("Interrupted.")
    return code


def _refuse_empty(words: Sequence[str]) -> None:
    """Refuse an empty text, as an unset variable of a script gives: as a path it would mean the current folder."""
    for before, word in zip(("connector", *words), words, strict=False):
        if not word or (word.startswith("--") and word.endswith("=")):
            raise ConnectorError(
                f"{word.rstrip('=') or before} is followed by an empty text; write something or leave it out."
            )


def _refuse_overwriting(words: Sequence[str]) -> None:
    """Refuse to write a result over a file that another word names: it is read, and would be lost."""
    told = [
        f"--output={word}" if before == "--output" else word for before, word in zip(("", *words), words, strict=False)
    ]
    outputs = [Path(word.removeprefix("--output=")) for word in told if word.startswith("--output=")]
    others = [Path(word.rpartition("=")[2]) for word in told if not word.startswith("--output=")]
    for output in outputs:
        if output.is_file() and any(other.is_file() and other.samefile(output) for other in others):
            raise ConnectorError(f"--output {output}: this file is read; name another one for the result.")


def _run(words: list[str]) -> int:
    _refuse_empty(words)
    _refuse_overwriting(words)
    app = build(words)
    try:
        typer.main.get_command(app).main(args=words, prog_name="connector")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.DONE
    return ExitCode.DONE


def _register(app: typer.Typer, modules: Sequence[str]) -> bool:
    """Let the modules that are commands add themselves, and tell whether there was one."""
    registers = [getattr(importlib.import_module(module), "register", None) for module in modules]
    for register in registers:
        if register is not None:
            register(app)
    return any(registers)


def _translating(command: Callable[..., Any]) -> Callable[..., Any]:
    """Keep Typer from ending with 1, our code for findings, where a person declined or a pipe broke."""

    @functools.wraps(command)
    def translated(*args: Any, **values: Any) -> Any:
        try:
            return command(*args, **values)
        except typer.Abort as declined:
            raise ConnectorError("Stopped, because it was not confirmed.") from declined
        except OSError as trouble:
            if trouble.errno == errno.EPIPE:
                raise _OutputClosed from trouble
            raise

    return translated


def _say(text: str) -> None:
    sys.stderr.write(logs.redaction.text(f"connector: {text}") + "\n")

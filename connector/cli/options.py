"""The options every command understands: where the configuration is, how to print, and where to."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli import logs
from connector.domain.errors import ConnectorError


class Format(StrEnum):
    """What a result can be printed as; each command says which of them it knows."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line; None where nothing was said."""

    config: Path | None = None
    format: Format | None = None
    output: Path | None = None
    log_format: logs.LogFormat | None = None
    verbose: int = 0

    def config_file(self) -> Path:
        """Return the configuration's path: `--config`, else `config.yaml` here, else `$CONNECTOR_CONFIG`."""
        if self.config is not None:
            return self.config
        usual = Path("config.yaml")
        named = os.environ.get("CONNECTOR_CONFIG")
        return Path(named) if named and not usual.exists() else usual

    def format_among(self, *known: Format) -> Format:
        """Return the format to print in: what was asked for, else the first of those the command knows.

        Raises ConnectorError where something else was asked for.
        """
        if self.format is None:
            return known[0]
        if self.format not in known:
            names = " or ".join(known)
            raise ConnectorError(f"--format {self.format} is not known here; this command prints {names}.")
        return self.format


def choose(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="PATH",
            help="Configuration file; without it config.yaml here, else the one $CONNECTOR_CONFIG names.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", help="How to print the result; a table unless told.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="Where to write the result.", show_default=False),
    ] = None,
    log_format: Annotated[
        logs.LogFormat | None,
        typer.Option("--log-format", help="How to print the log on stderr.", show_default=False),
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Tell more on stderr; twice tells everything.",
            show_default=False,
        ),
    ] = 0,
) -> None:
    """Remember what was said, on top of what was said before the command's name."""
    said = Options(config, format, output, log_format, verbose)
    before = options_of(ctx)
    ctx.obj = Options(
        config=said.config if said.config is not None else before.config,
        format=said.format if said.format is not None else before.format,
        output=said.output if said.output is not None else before.output,
        log_format=said.log_format if said.log_format is not None else before.log_format,
        verbose=before.verbose + said.verbose,
    )
    logs.configure(ctx.obj.log_format or logs.LogFormat.TEXT, ctx.obj.verbose)


def options_of(ctx: typer.Context) -> Options:
    """Return what was chosen so far, before or after the command's name."""
    return ctx.obj if isinstance(ctx.obj, Options) else Options()


def spread(app: typer.Typer, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Let every command of `app` take the options of `choose` after its own name too.

    `around` wraps each command, innermost.
    """
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = choosing(around(command.callback))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            spread(group.typer_instance, around)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with the options of `choose` added to its own.

    Raises TypeError where it has an option of the same name: one name, one meaning.
    """
    own = dict(inspect.signature(command, eval_str=True).parameters)
    shared = dict(inspect.signature(choose, eval_str=True).parameters)
    wanted = next((name for name, p in own.items() if p.annotation is typer.Context), None)
    del shared["ctx"]
    if twice := own.keys() & shared.keys():
        raise TypeError(f"{command.__module__}: {', '.join(sorted(twice))} is an option of every command")

    @functools.wraps(command)
    def chosen(**values: Any) -> Any:
        ctx = values[wanted or "ctx"]
        choose(ctx, **{name: values.pop(name) for name in shared})
        if wanted is None:
            del values["ctx"]
        return command(**values)

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own.values(), *shared.values())]
    if wanted is None:
        parameters.append(context)
    chosen.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    chosen.__annotations__ = {p.name: p.annotation for p in parameters}
    return chosen

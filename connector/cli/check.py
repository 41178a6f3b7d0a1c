"""`connector check`: says everything that is wrong with the settings and the mapping, or what they hold."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exit_codes import ExitCode, gravest
from connector.cli.options import Format, Options, options_of
from connector.domain.errors import ConnectorError, InvalidConfig, Problem

if TYPE_CHECKING:
    from connector.bootstrap.authorizing_microsoft import Looked
    from connector.config.settings import Settings
    from connector.domain.rules import Mapping

_SHOWN_WARNINGS = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    ctx: typer.Context,
    mappings: Annotated[
        Path | None,
        typer.Option(
            "--mappings",
            metavar="PATH",
            help="Mapping folder or file; without it the configured one.",
            show_default=False,
        ),
    ] = None,
    online: Annotated[
        bool,
        typer.Option("--online", help="Sign in at Microsoft and the ledgers too, and tell what is not allowed."),
    ] = False,
) -> None:
    """Check config.yaml and the mapping files, and tell all errors at once.

    Each error names its file, line and column. Exit code 3 when there are errors; warnings change nothing. With
    --online every configured interface is tried: exit code 4 when somebody must sign in, 2 when a permission is
    missing, 75 when one is not reached.
    """
    options = options_of(ctx)
    machine = options.format_among(Format.TABLE, Format.JSON) is Format.JSON
    problems: list[Problem] = []
    settings = _settings(options, problems)
    mapping = _mapping(mappings, settings, problems)
    looks = _looks(settings) if online and not problems else ()
    if machine:
        document = _as_json(mapping, problems) | ({"online": [asdict(look) for look in looks]} if online else {})
        _deliver(json.dumps(document, indent=2, ensure_ascii=False), options)
    if problems or mapping is None:
        raise InvalidConfig(tuple(problems))
    if not machine:
        _deliver("\n".join([*_summary(settings, mapping), *map(_in_words, looks)]), options)
    if looks:
        raise typer.Exit(gravest(ExitCode(look.exit_code) for look in looks))


def _looks(settings: "Settings | None") -> tuple["Looked", ...]:
    """Try every interface that is configured."""
    from connector.bootstrap.authorizing import look_at_ledgers
    from connector.bootstrap.authorizing_microsoft import look_at_microsoft

    if settings is None:
        raise ConnectorError("--online needs a config.yaml that says where to sign in; `connector init` writes one.")
    ledgers = tuple(look_at_ledgers(settings))
    # Without either there is nothing to look at, and the settings of Partner Center are what is missing.
    vendor = tuple(look_at_microsoft(settings)) if settings.partner_center or not ledgers else ()
    return (*vendor, *ledgers)


def _in_words(look: "Looked") -> str:
    return f"{look.name}: {look.problem or look.note}"


def _settings(options: Options, problems: list[Problem]) -> "Settings | None":
    """The settings where there are any; without a file, only a named one is missed."""
    file = options.config_file()
    if options.config is None and not file.exists():
        return None
    from connector.config.settings import read_settings

    try:
        return read_settings(file)
    except InvalidConfig as invalid:
        problems += invalid.problems
        return None


def _mapping(named: Path | None, settings: "Settings | None", problems: list[Problem]) -> "Mapping | None":
    from connector.config import cache
    from connector.config.mappings import read_mappings

    path = named or (settings.mappings if settings else Path("mappings"))
    ledgers = settings.ledger_names if settings else ()
    try:
        return read_mappings(path, ledgers, settings.cache if settings else cache.usual_folder())
    except InvalidConfig as invalid:
        problems += invalid.problems
        return None


def _summary(settings: "Settings | None", mapping: "Mapping") -> list[str]:
    lines = []
    if settings is None:
        lines.append("No config.yaml: ledger names were not checked.")
    else:
        ledgers = ", ".join(settings.ledger_names) or "none"
        lines.append(f"{settings.file}: valid (ledgers: {ledgers})")
    counts = ", ".join(f"{part.replace('_', ' ')} {count:,}" for part, count in _counts(mapping).items() if count)
    lines.append(f"Mapping: valid ({counts or 'no rules yet'})")
    lines += [f"warning: {warning}" for warning in mapping.warnings[:_SHOWN_WARNINGS]]
    hidden = len(mapping.warnings) - _SHOWN_WARNINGS
    if hidden > 0:
        lines.append(f"and {hidden:,} more warnings; --format json lists them all")
    return lines


def _counts(mapping: "Mapping") -> dict[str, int]:
    parts = [part.name for part in fields(mapping) if part.name not in ("warnings", "digest")]
    return {part: len(getattr(mapping, part)) for part in parts}


def _as_json(mapping: "Mapping | None", problems: list[Problem]) -> dict[str, Any]:
    return {
        "schema": "connector.check/1",
        "valid": not problems,
        "problems": [
            {"file": p.place.file, "line": p.place.line, "column": p.place.column, "text": p.text} for p in problems
        ],
        "warnings": list(mapping.warnings) if mapping else [],
        "rules": _counts(mapping) if mapping else {},
    }


def _deliver(text: str, options: Options) -> None:
    if options.output is None:
        typer.echo(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")

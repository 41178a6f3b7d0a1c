"""The frame of the command line: exit codes, sentences instead of tracebacks, options that hold anywhere."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import pytest
import typer

from connector.cli import exit_codes, logs, main, options
from connector.cli.exit_codes import ExitCode
from connector.domain import errors

PROBLEMS = (
    errors.Problem(errors.Place("config.yaml", 3, 5), "unknown key 'pricee'; did you mean 'price'?"),
    errors.Problem(errors.Place("config.yaml", 9), "ledger is missing"),
)
ENDINGS = {
    "done": None,
    "differs": typer.Exit(ExitCode.FINDINGS),
    "trouble": errors.ConnectorError("The file is empty: lines.csv."),
    "unreadable": errors.UnreadableInput("lines.csv:7: amount is not a number: 'x'."),
    "wrong": errors.InvalidConfig(PROBLEMS),
    "signed-out": errors.SignInNeeded("Sign in again: connector auth partner-center."),
    "locked": errors.Locked("Another run is at work."),
    "away": errors.Unavailable("Partner Center does not answer."),
    "declined": typer.Abort(),
    "missing": FileNotFoundError(2, "No such file or directory", "lines.csv"),
    "fault": KeyError("unit_price"),
    "ctrl-c": KeyboardInterrupt(),
    "full": MemoryError(),
}
CODES = {
    "done": 0, "differs": 1, "trouble": 2, "unreadable": 2, "wrong": 3, "signed-out": 4, "locked": 7,
    "away": 75, "declined": 2, "missing": 2, "fault": 2, "ctrl-c": 130, "full": 2,
}  # fmt: skip


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[options.Options]:
    """Hang commands into the frame that end as ENDINGS says; return the options they were given."""
    given: list[options.Options] = []

    def register(app: typer.Typer) -> None:
        group = typer.Typer()
        app.add_typer(group, name="end")
        for name in ENDINGS:
            group.command(name)(ending(name))

    def ending(name: str):
        def end(ctx: typer.Context, times: Annotated[int, typer.Option()] = 1) -> None:
            """End."""
            given.append(options.options_of(ctx))
            if ENDINGS[name] is not None:
                raise ENDINGS[name]

        return end

    monkeypatch.setattr(main, "command_files", lambda: {"end": "fakes.end", "frame": "fakes.frame"})
    monkeypatch.setitem(sys.modules, "fakes.end", SimpleNamespace(register=register))
    monkeypatch.setitem(sys.modules, "fakes.frame", SimpleNamespace())
    return given


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_has_its_code_and_no_traceback(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["end", name]) == CODES[name]
    told = capsys.readouterr()
    assert "Traceback" not in told.err + told.out
    assert told.out == ""
    assert (told.err == "") == (name in {"done", "differs"})


@pytest.mark.usefixtures("seen")
def test_all_errors_of_a_configuration_are_listed_each_with_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main.run(["end", "wrong"])
    assert capsys.readouterr().err.splitlines() == [
        "config.yaml:3:5: unknown key 'pricee'; did you mean 'price'?",
        "config.yaml:9: ledger is missing",
        "connector: 2 errors in the configuration or the mappings.",
    ]


@pytest.mark.usefixtures("seen")
def test_a_fault_shows_where_it_happened_only_to_those_who_ask(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["-v", "end", "fault"])
    told = capsys.readouterr()
    assert "Traceback" in told.err
    assert told.out == ""


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("words", [["ennd"], ["end", "dome"], ["end", "done", "--tims", "2"], ["--confg", "x"]])
def test_wrong_usage_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(words) == ExitCode.TROUBLE
    assert "Error" in capsys.readouterr().err


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("words", [["end", "done", "--output", ""], ["end", "done", "--output="]])
def test_an_empty_argument_is_refused_for_it_would_mean_the_current_folder(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(words) == ExitCode.TROUBLE
    assert "--output is followed by an empty text" in capsys.readouterr().err


@pytest.mark.usefixtures("seen")
def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["ennd"])
    assert "Did you mean 'end'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "a.yaml", "--format", "json", "end", "done"],
        ["end", "done", "--config", "a.yaml", "--format", "json"],
        ["--config", "b.yaml", "end", "done", "--format", "json", "--config", "a.yaml"],
    ],
)
def test_options_hold_before_and_after_the_name_and_the_last_word_counts(
    seen: list[options.Options], words: list[str]
) -> None:
    assert main.run(words) == 0
    assert seen == [options.Options(config=Path("a.yaml"), format=options.Format.JSON)]


def test_a_command_may_not_give_a_common_option_another_meaning() -> None:
    def command(output: str = "") -> None:
        """Misuse a name."""

    with pytest.raises(TypeError, match="output is an option of every command"):
        options.choosing(command)


def test_a_command_names_the_formats_it_knows() -> None:
    known = (options.Format.TABLE, options.Format.JSON)
    assert options.Options().format_among(*known) is options.Format.TABLE
    assert options.Options(format=options.Format.JSON).format_among(*known) is options.Format.JSON
    with pytest.raises(errors.ConnectorError, match="this command prints table or json"):
        options.Options(format=options.Format.XLSX).format_among(*known)


def test_the_configuration_is_the_named_one_else_here_else_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    assert options.Options().config_file() == Path("config.yaml")
    monkeypatch.setenv("CONNECTOR_CONFIG", "/etc/connector/config.yaml")
    assert options.Options().config_file() == Path("/etc/connector/config.yaml")
    Path("config.yaml").touch()
    assert options.Options().config_file() == Path("config.yaml")
    assert options.Options(config=Path("mine.yaml")).config_file() == Path("mine.yaml")


def test_a_reader_who_leaves_early_is_no_drama() -> None:
    """`connector … | head -1` prints no traceback, and does not end with 0 or 1 as if all had been told."""
    program = (
        "import os, sys\nfrom connector.cli import main\n"
        "def speak(words):\n    [print('line') for _ in range(100_000)]\n    return 0\n"
        "main._run = speak\nsys.exit(main.run([]))"
    )
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (2, "")


def test_a_full_disk_is_told_in_a_sentence() -> None:
    program = (
        "import sys\nfrom connector.cli import main\n"
        "main._run = lambda words: print('result') or 0\nsys.exit(main.run([]))"
    )
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == ExitCode.TROUBLE
    assert result.stderr.startswith("connector: The system: No space left on device.")


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ((), 0),
        ((0, 1), 1),
        ((1, 5), 5),
        ((5, 2, 1), 2),
        ((2, 75), 75),
        ((75, 7), 7),
        ((7, 4), 4),
        ((4, 3), 3),
        ((3, 130), 130),
    ],
)
def test_where_several_codes_hold_the_gravest_wins(held: tuple[int, ...], wanted: int) -> None:
    assert exit_codes.gravest(ExitCode(code) for code in held) == wanted


def test_every_code_has_its_rank() -> None:
    assert {exit_codes.gravest([code]) for code in ExitCode} == set(ExitCode)


def test_the_log_is_quiet_until_asked(capsys: pytest.CaptureFixture[str]) -> None:
    log = logs.logging.getLogger("connector.test")
    logs.configure(logs.LogFormat.TEXT, 0)
    log.info("course of the work")
    assert capsys.readouterr().err == ""
    logs.configure(logs.LogFormat.TEXT, 1)
    log.info("course of the work")
    assert "course of the work" in capsys.readouterr().err

"""The command line: check, replay, faults, validate, model.

Exit status: 0 conforms, 1 a divergence was found or nothing was checked, 2 bad input or usage, said in one
line (where, what was seen, what was expected), 3 a model was not searched completely, 130 interrupted, 141
nobody reads the answer. stdout has the answer, stderr the progress.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from raftcheck.tla.errors import TlaError
from raftcheck.traces.errors import TraceError, printable

from .console import BAD_INPUT, BROKEN_PIPE, INTERRUPTED
from .errors import UsageProblem

COMMANDS = {
    "check": "checkcommand",
    "faults": "faultscommand",
    "model": "modelcommand",
    "new-adapter": "newadaptercommand",
    "prove": "provecommand",
    "replay": "replaycommand",
    "scenarios": "scenarioscommand",
    "selftest": "selftestcommand",
    "synth": "synthcommand",
    "validate": "tracecommand",
}
"""The module of each command, which has it as NAME_command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; ends the process with the exit status."""
    _open_closed_streams()
    try:
        status = cli.main(arguments, prog_name="raftcheck", standalone_mode=False)
    except click.ClickException as error:
        status = _complain(error.format_message())
    except (UsageProblem, TraceError, TlaError) as error:
        status = _complain(str(error))
    except OSError as error:
        status = _complain(
            f"{error.filename or 'output'}: {error.strerror}; expected a file that can be written"
        )
    except (click.Abort, KeyboardInterrupt):
        click.echo("raftcheck: interrupted", err=True)
        status = INTERRUPTED
    sys.exit(status)


def _open_closed_streams() -> None:
    """Where the shell has closed stdout or stderr (`>&-`), what is written there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (to the end)


def _complain(problem: str) -> int:
    click.echo("raftcheck: " + printable(" ".join(problem.split())), err=True)
    return BAD_INPUT


class _Commands(click.Group):
    """A command is imported when it is asked for: what the others need takes longer than a short trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[cmd_name]}", __package__)
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> int:
        """Also ends well where nobody reads the answer; click would end with the status of a violation."""
        try:
            status: int = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is left in the buffer goes nowhere; else it would fail again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        return status


@click.group(cls=_Commands, invoke_without_command=True)
@click.version_option(package_name="raftcheck", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Random schedules on a Raft, every step judged by spec/raft.tla."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return BAD_INPUT

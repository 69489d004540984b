"""The command `raftcheck model`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path

import click

from raftcheck.spec.model import FOLDER
from raftcheck.tla.checker import Result
from raftcheck.tla.run import current, running
from raftcheck.tla.values import is_field_name

from . import modelverdict
from . import walks as walks_on_target
from .answers import not_kept
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, Seconds, counting, show, telling
from .modelcheck import Answer, Engine, Question, Walks, answer
from .outputs import given, refuse_clashes, refuse_unwritable

WALKS, DEPTH = 1000, 100
"""Of a simulation that is not told otherwise; TLC's walks have as many steps."""

STATUS = {"holds": CONFORMS, "violated": DIVERGES, "vacuous": DIVERGES, "incomplete": INCOMPLETE}


class Size(click.ParamType[int]):
    """Bytes, written as 4GB or 512MiB."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B?|B)", str(value), re.IGNORECASE)
        if found is None:
            self.fail(f"saw {value}, expected a size such as 4GB or 512MiB", param, ctx)
        number, unit, binary = found.groups(default="")
        return int(float(number) * (1024 if binary else 1000) ** " KMGT".index(unit.upper() or " "))


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`--simulate 200` is `--simulate --walks 200`."""
        for place in range(len(args) - 1, 0, -1):
            if args[place - 1] == "--simulate" and args[place].isdecimal():
                args.insert(place, "--walks")
        return super().parse_args(ctx, args)


MOST_CALLS = 20_000
"""How deep Python may call while operators recur; twice as deep was seen to fit a stack of 8 MiB."""


@click.command("model", cls=_Command)
@click.argument("module", required=False, type=click.Path(path_type=Path), metavar="[MODULE.tla]")
@click.option("--config", type=click.Path(path_type=Path), help="[default: MODULE.cfg, beside the module]")
@click.option("--engine", type=click.Choice(["raftcheck", "tlc"]), default="raftcheck", show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option("--no-deadlock", is_flag=True, help="A state without a next one is no violation.")
@click.option("--seconds", type=Seconds(), help="Stop after as many seconds.")
@click.option("--memory", type=Size(), help="Stop at as much memory, such as 4GB.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    help=f"Stop at paths of as many states; with --simulate: steps of a walk at most. [default: {DEPTH}]",
)
@click.option("--simulate", is_flag=True, help="Random walks in place of a search. With a number: so many.")
@click.option(
    "--walks",
    type=click.IntRange(min=1),
    help=f"How many. [default: {WALKS}; with --replay: {walks_on_target.WALKS}]",
)
@click.option(
    "--replay",
    "target",
    metavar="TARGET",
    help="Have TARGET follow each walk. [default module: spec/Coderaft.tla, raft.tla as code takes it]",
)
@click.option("--seed", type=int, help="Where the chance of the walks comes from. [default: 0]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "itf", "tla"]),
    default="text",
    show_default=True,
    help="Of the counterexample. itf and tla take stdout for it, and leave stderr to the table.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the counterexample into this file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def model_command(
    module: Path | None,
    config: Path | None,
    engine: Engine,
    workers: int,
    no_deadlock: bool,
    seconds: float | None,
    memory: int | None,
    depth: int | None,
    simulate: bool,
    walks: int | None,
    target: str | None,
    seed: int | None,
    form: str,
    output: Path | None,
    as_json: bool,
) -> int:
    """Search all states of MODULE.tla, by default those of spec/MCraft.tla with MCraft1.cfg.

    Ends with 0 if all that is to hold does in every reachable state, 1 if something is violated, 2 if the
    input is bad, 3 if the search was not complete (a bound stopped it, or it is a simulation) and nothing is
    violated so far, 130 if interrupted. With --replay, 0 says that TARGET (`reference`, or module:attribute)
    follows all walks, and 1 that it does not: the first such is kept under .raftcheck/failures.
    """
    if not simulate and (walks is not None or seed is not None):
        raise click.UsageError("--walks and --seed are for --simulate")
    if simulate and (memory is not None or (workers > 1 and engine != "tlc")):
        raise click.UsageError("--memory and --workers are for a search, and not for --simulate")
    if engine == "tlc" and depth is not None and not simulate:
        raise click.UsageError("--depth is nothing that TLC can bound; expected --seconds or --memory")
    if target is not None:
        if not simulate or engine == "tlc" or form != "text" or output is not None:
            raise click.UsageError("--replay is for --simulate, of our engine, without --format, --output")
        return _replay(target, module, config, walks, seed or 0, depth, seconds, as_json)
    if walks is None and seconds is None:
        walks = WALKS
    module, config = _files(module, config)
    if output is not None:
        refuse_clashes(given(output=output), [module, config], "a part of the model")
        refuse_unwritable(output)
    question = Question(
        module=module,
        config=config,
        engine=engine,
        walks=Walks(seed or 0, walks, depth or DEPTH) if simulate else None,
        deadlock=not no_deadlock,
        workers=workers,
        seconds=seconds,
        memory=memory,
        depth=depth,
    )
    with _bounds_of_python_lifted():
        with telling(f"reading {module}") as tell, _terminated_as_interrupted(), _printing():
            found = answer(question, lambda so_far: tell(_news(so_far)))
        _print(found, form, output, as_json)
    return INTERRUPTED if found.result.stopped == "interrupt" else STATUS[found.word]


def _replay(
    target: str,
    module: Path | None,
    config: Path | None,
    walks: int | None,
    seed: int,
    depth: int | None,
    seconds: float | None,
    as_json: bool,
) -> int:
    """Random walks on a target."""
    module, config = _files(walks_on_target.MODULE if module is None else module, config)
    if walks is None and seconds is None:
        walks = walks_on_target.WALKS
    with (
        _bounds_of_python_lifted(),
        counting("walks", walks) as watch,
        redirect_stdout(sys.stderr),
    ):
        found = walks_on_target.replay_walks(
            target,
            walks,
            depth=depth or walks_on_target.DEPTH,
            seed=seed,
            seconds=seconds,
            module=module,
            config=config,
            progress=watch,
        )
    if found.lost is not None:
        not_kept(found.lost)
    if as_json:
        click.echo(json.dumps(walks_on_target.as_json(target, found)))
    else:
        show(walks_on_target.as_table(target, found))
        if report := found.report():
            click.echo("\n" + report)
    if found.result.stopped == "interrupt":
        return INTERRUPTED
    return CONFORMS if found.conforms else DIVERGES


@contextmanager
def _printing() -> Iterator[None]:
    """What the model itself prints is news of the search, and goes where these go."""
    with running(replace(current(), output=lambda line: click.echo(line, err=True))):
        yield


@contextmanager
def _bounds_of_python_lifted() -> Iterator[None]:
    """Operators of a model may recur deeply, and its numbers may be large."""
    calls, digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    sys.setrecursionlimit(MOST_CALLS)
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.setrecursionlimit(calls)
        sys.set_int_max_str_digits(digits)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """What was found so far is not lost, and TLC does not outlive this process."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _files(module: Path | None, config: Path | None) -> tuple[Path, Path]:
    """The module and the configuration; as with TLC, .tla may be left out."""
    if module is None:
        return FOLDER / "MCraft.tla", config or FOLDER / "MCraft1.cfg"
    if not module.suffix:
        module = module.with_suffix(".tla")
    beside = module.with_suffix(".cfg")
    if config is None and module.is_file() and not beside.is_file():
        raise click.UsageError(f"{beside}: no such file; expected the configuration there, or --config FILE")
    return module, config or beside


def _news(so_far: Result) -> str:
    rate = so_far.generated / so_far.seconds if so_far.seconds else 0.0
    return (
        f"{so_far.distinct:,} states, queue {so_far.queue:,}, depth {so_far.depth:,},"
        f" {so_far.generated:,} generated, {rate:,.0f}/s"
    )


def _print(found: Answer, form: str, output: Path | None, as_json: bool) -> None:
    """The answer to stdout; of a counterexample in a form for programs, only that."""
    counterexample = _counterexample(found, form, output)
    if output is not None and counterexample:
        _write(output, counterexample)
    if as_json:
        click.echo(json.dumps(modelverdict.as_json(found)))
        return
    apart = form != "text" and output is None and bool(counterexample)
    show(modelverdict.as_table(found), err=apart)
    if output is not None and counterexample:
        click.echo(f"\nthe counterexample is in {output}")
    elif counterexample:
        click.echo(counterexample if apart else f"\n{counterexample}", nl=False)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:  # one of the disk does not know the name
        raise OSError(error.errno, error.strerror, str(file)) from error


def _counterexample(found: Answer, form: str, output: Path | None) -> str:
    if form == "itf":
        return modelverdict.as_itf(found)
    if form == "text":
        return modelverdict.as_text(found)
    if output is not None and output.suffix == ".tla" and is_field_name(output.stem):
        return modelverdict.as_module(found, output.stem)
    return modelverdict.as_module(found, f"{found.question.module.stem}_counterexample")

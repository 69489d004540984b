"""A program: TLC in one Java machine that stays, for a start of Java costs more than hundreds of evaluations.

    python differential_machine.py JAR FOLDER

Answers each request, a line of JSON on its standard input, with a line of JSON. Modules are written into the
folder. A request is [operation, name of the module, its text, its configuration]:

    evaluate   what the configuration calls INVARIANTS, each in every initial state:
               [[[what came, value or message], ...] for each state]
    check      model-checks with one worker; all that TLC prints
    search     the same, where a state without a next one is no violation

TLC numbers the names that modules define, for as long as it runs: a name that only a later module defines
gets the number of another. So all modules that one machine checks define the same names.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jpype

ERROR, VALUE = "error", "value"
STACK = 64 * 2**20
"""Bytes: deep recursions of TLC end before those of the thread that it runs in."""


class Machine:
    """TLC's classes, and the folder with the modules."""

    def __init__(self, jar: str, folder: Path) -> None:
        self.folder = folder
        java = (f"-Djava.io.tmpdir={folder}", "-Xmx512m", "-XX:+UseSerialGC")
        jpype.startJVM(*java, classpath=[jar], convertStrings=False)
        self.tool_io = jpype.JClass("util.ToolIO")
        self.tool_io.setMode(self.tool_io.TOOL)  # keeps what TLC prints
        self.resolver = jpype.JClass("util.SimpleFilenameToStream")
        self.runs = 0

    def write(self, name: str, text: str, config: str) -> None:
        (self.folder / f"{name}.tla").write_text(text)
        (self.folder / f"{name}.cfg").write_text(config)
        self.tool_io.reset()

    def printed(self) -> str:
        return "\n".join(map(str, self.tool_io.getAllMessages()))

    def evaluate(self, name: str, text: str, config: str) -> list[list[tuple[str, str]]]:
        self.write(name, text, config)
        try:
            tool = jpype.JClass("tlc2.tool.impl.FastTool")(name, name, self.resolver(str(self.folder)))
        except jpype.JException as error:
            raise ValueError(f"{error.getMessage()}\n{self.printed()}") from error
        states = tool.getInitStates()
        return [
            [self.value(tool, each, states.elementAt(place)) for each in tool.getInvariants()]
            for place in range(states.size())
        ]

    def value(self, tool: Any, formula: Any, state: Any) -> tuple[str, str]:
        """The value is found in full, as it is before TLC stores a state: sets are lazy until then."""
        try:
            value = tool.eval(formula.pred, formula.con, state)
            value.deepNormalize()
            value.fingerPrint(0)
            return VALUE, str(value)
        except jpype.JException as error:
            return ERROR, f"{type(error).__name__}: {error.getMessage()}"

    def search(self, name: str, text: str, config: str) -> str:
        return self.check(name, text, config, "-deadlock")

    def check(self, name: str, text: str, config: str, *more: str) -> str:
        self.write(name, text, config)
        self.runs += 1
        own = self.folder / str(self.runs)  # TLC names a folder of its own by the second
        own.mkdir()
        tlc = jpype.JClass("tlc2.TLC")()
        options = [
            "-workers",
            "1",
            "-fpmem",
            "0.01",
            "-metadir",
            str(own),
            "-config",
            f"{name}.cfg",
            *more,
            name,
        ]
        if not tlc.handleParameters(options):
            raise ValueError(self.printed())
        tlc.setResolver(self.resolver(str(self.folder)))
        tlc.process()
        printed = self.printed()
        if "Parsing or semantic analysis failed" in printed:
            raise ValueError(printed)
        return printed


def serve(machine: Machine, answers: int) -> None:
    operations: dict[str, Callable[[str, str, str], Any]] = {
        "evaluate": machine.evaluate, "check": machine.check, "search": machine.search,
    }  # fmt: skip
    with open(answers, "w") as out:
        for line in sys.stdin:
            operation, name, text, config = json.loads(line)
            try:
                answer = {"answer": operations[operation](name, text, config)}
            except ValueError as error:
                answer = {"refused": str(error)}
            out.write(json.dumps(answer) + "\n")
            out.flush()


if __name__ == "__main__":
    # Whatever Java prints goes to the standard error output.
    answers = os.dup(1)
    os.dup2(2, 1)
    threading.stack_size(STACK)
    thread = threading.Thread(target=lambda: serve(Machine(sys.argv[1], Path(sys.argv[2])), answers))
    thread.start()
    thread.join()
    os._exit(0)  # threads of TLC may still be there

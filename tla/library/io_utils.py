"""IOUtils: the environment, files, numbers in text. No other program is ever started."""

from __future__ import annotations

import codecs
import gzip
import re
from typing import NoReturn

from ..errors import TlaError
from ..notation import parse_value
from ..run import current
from ..values import TRUE, Value, apply, format_value, function, ordered, record, shown, strict, truth
from .arguments import number, sequence, text
from .declaration import Library
from .json_values import json_lines, path_of

IO_UTILS = Library("IOUtils")


@IO_UTILS.operator("IOEnv")
def environment() -> Value:
    """IOEnv: the record of the environment's variables."""
    return function(dict(current().environment))


@IO_UTILS.operator("atoi")
def number_in(digits: Value) -> int:
    """atoi("42"): the number that the text writes."""
    if not re.fullmatch(r"[+-]?[0-9]+", text(digits)):
        raise TlaError(f"expected the digits of a number, saw {shown(digits)}")
    return int(digits)


@IO_UTILS.operator("zeroPadN")
def zero_padded(value: Value, width: Value) -> str:
    """zeroPadN(7, 3): the number as text, filled up with zeros on the left."""
    return str(number(value)).rjust(number(width), "0")


# --- files ------------------------------------------------------------------------------------------------


@IO_UTILS.operator("IOSerialize", pure=False)
def serialize_value(value: Value, file: Value, compress: Value) -> bool:
    """IOSerialize(v, file, compress): TRUE; writes the value, as text, for IODeserialize."""
    content = format_value(strict(value)).encode()
    try:
        path_of(file).write_bytes(gzip.compress(content) if truth(compress) else content)
    except OSError as error:
        raise TlaError(f"{file}: {error.strerror}, expected a file to write") from None
    return True


@IO_UTILS.operator("IODeserialize")
def deserialize_value(file: Value, compressed: Value) -> Value:
    """IODeserialize(file, compressed): the value that IOSerialize wrote."""
    try:
        content = path_of(file).read_bytes()
        return parse_value((gzip.decompress(content) if truth(compressed) else content).decode(), text(file))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise TlaError(f"{file}: {error}, expected what IOSerialize has written here") from None


@IO_UTILS.operator("Serialize", pure=False)
def serialize(payload: Value, file: Value, options: Value) -> Value:
    """Serialize(v, file, options): writes text ([format |-> "TXT", ...]) or lines of JSON ("NDJSON")."""
    content = _content(payload, options)
    try:
        with open(path_of(file), _open_mode(options), encoding=_charset(options), newline="") as opened:
            opened.write(content)
    except OSError as error:
        if apply(options, "format") == "NDJSON":
            raise TlaError(f"{file}: {error.strerror}, expected a file to write") from None
        return record(exitValue=1, stdout="", stderr=f"Serialize: {error.strerror}: {text(file)}")
    if apply(options, "format") == "NDJSON":
        return TRUE
    return record(exitValue=0, stdout="the file is written", stderr="")


def _content(payload: Value, options: Value) -> str:
    match apply(options, "format"):
        case "TXT":
            return text(payload)
        case "NDJSON":
            return json_lines(payload)
        case other:
            raise TlaError(f'expected the format "TXT" or "NDJSON", saw {shown(other)}')


def _open_mode(options: Value) -> str:
    """Python's mode for a sequence of Java's StandardOpenOptions."""
    chosen = frozenset(sequence(apply(options, "openOptions")))
    known = ("WRITE", "CREATE", "CREATE_NEW", "APPEND", "TRUNCATE_EXISTING")
    if unknown := ordered(chosen - frozenset(known)):
        raise TlaError(f"expected openOptions among {', '.join(known)}, saw {shown(unknown[0])}")
    if "CREATE_NEW" in chosen:
        return "x"
    if "APPEND" in chosen:
        return "a"
    return "w" if "CREATE" in chosen or "TRUNCATE_EXISTING" in chosen else "r+"


def _charset(options: Value) -> str:
    name = text(apply(options, "charset"))
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise TlaError(f"expected the name of a character set such as UTF-8, saw {shown(name)}") from None


@IO_UTILS.operator("Deserialize", pure=False)
def deserialize(file: Value, options: Value) -> Value:
    """Deserialize(file, [format |-> "TXT", charset |-> "UTF-8"]): a record with the text as `stdout`."""
    if apply(options, "format") != "TXT":
        raise TlaError(f'expected the format "TXT", saw {shown(apply(options, "format"))}')
    try:
        with open(path_of(file), encoding=_charset(options), newline="") as opened:
            return record(exitValue=0, stdout=opened.read(), stderr="")
    except (OSError, UnicodeDecodeError) as error:
        return record(exitValue=1, stdout="", stderr=f"Deserialize: {error}")


# --- other programs ---------------------------------------------------------------------------------------


@IO_UTILS.operator("IOExec", pure=False, of_state=True)
def execute(command: Value) -> NoReturn:
    """IOExec(command): refused."""
    _refuse(command)


@IO_UTILS.operator("IOEnvExec", pure=False, of_state=True)
def execute_in(variables: Value, command: Value) -> NoReturn:
    """IOEnvExec(env, command): refused."""
    _refuse(command)


@IO_UTILS.operator("IOExecTemplate", pure=False, of_state=True)
def execute_template(command: Value, parameters: Value) -> NoReturn:
    """IOExecTemplate(command, parameters): refused."""
    _refuse(command)


@IO_UTILS.operator("IOEnvExecTemplate", pure=False, of_state=True)
def execute_template_in(variables: Value, command: Value, parameters: Value) -> NoReturn:
    """IOEnvExecTemplate(env, command, parameters): refused."""
    _refuse(command)


def _refuse(command: Value) -> NoReturn:
    raise TlaError(f"a model may not start other programs here, saw the command {shown(command)}")

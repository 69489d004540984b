"""CSV: lines of text at the end of a file, and a file's lines as records."""

from __future__ import annotations

import os
import re

from ..errors import TlaError
from ..values import Function, Value, format_value, function, items, order_key, shown, strict, truth
from .arguments import sequence, text
from .declaration import Library
from .json_values import path_of, read_text

CSV = Library("CSV")


@CSV.operator("CSVWrite", pure=False)
def write(template: Value, values: Value, file: Value) -> bool:
    """CSVWrite("%1$s;%2$s", <<a, b>>, file): TRUE; adds the line, the values filled in."""
    _append(file, _filled(text(template), [format_value(value) for value in sequence(values)]))
    return True


@CSV.operator("CSVWriteRecord", pure=False)
def write_record(record: Value, delimiter: Value, headers: Value, file: Value) -> bool:
    """CSVWriteRecord(r, ";", headers, file): TRUE; adds the values, and before them the names."""
    record = strict(record)
    if type(record) is not Function or not all(type(name) is str for name in record.domain.keys):
        raise TlaError(f"expected a record, saw {shown(record)}")
    pairs = sorted(items(record), key=lambda pair: order_key(pair[0]))
    if truth(headers):
        _append(file, text(delimiter).join([name for name, _ in pairs]))
    _append(file, text(delimiter).join([format_value(value) for _, value in pairs]))
    return True


@CSV.operator("CSVRead", pure=False)
def read(columns: Value, delimiter: Value, file: Value) -> Value:
    """CSVRead(<<"a", "b">>, ";", file): the lines as records of strings; none where there is no file."""
    names = [text(name) for name in sequence(columns)]
    made = []
    for number, line in enumerate(_lines(file), 1):
        parts = re.split(text(delimiter), line)
        if len(parts) != len(names):
            place = f"{text(file)}:{number}"
            raise TlaError(f"{place}: expected {len(names)} columns, saw {len(parts)}")
        made.append(function(dict(zip(names, parts, strict=True))))
    return tuple(made)


@CSV.operator("CSVRecords", pure=False)
def count(file: Value) -> int:
    """CSVRecords(file): the number of lines; 0 where there is no file."""
    return len(_lines(file))


def _lines(file: Value) -> list[str]:
    return read_text(file).splitlines() if path_of(file).exists() else []


def _append(file: Value, line: str) -> None:
    try:
        with path_of(file).open("a", encoding="utf-8", newline="") as opened:
            opened.write(line + os.linesep)
    except OSError as error:
        raise TlaError(f"{text(file)}: {error.strerror}, expected a file to write") from None


def _filled(template: str, values: list[str]) -> str:
    """The template with values for %s (the next one) and %2$s (the second)."""
    following = iter(values)

    def value(mark: re.Match[str]) -> str:
        if mark[0] in ("%%", "%n"):
            return "%" if mark[0] == "%%" else os.linesep
        try:
            return values[int(mark["place"]) - 1] if mark["place"] else next(following)
        except (IndexError, StopIteration):
            raise TlaError(f"no value for {mark[0]} among {', '.join(values) or 'none'}") from None

    if unknown := re.search(r"%(?!%|n|s|[1-9][0-9]*\$s)(?<!%%).{0,3}", template):
        raise TlaError(f"expected %s, %1$s, %n or %% in a template, saw {unknown[0]}")
    return re.sub(r"%(?:(?P<place>[1-9][0-9]*)\$)?s|%n|%%", value, template)

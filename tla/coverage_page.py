"""The text of a module as a page, with what was seen of each place in its margin.

What was not seen is said by signs as well as by colours: in the margin, after the place, and when the pointer
rests on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from .coverage import Counts, Gap, Place, gaps
from .errors import Span
from .page import element, page

FULL, PARTLY, NEVER = "\u25cf", "\u25d0", "\u25cb"
LEGEND = {
    "full": (FULL, "seen with every value that is expected of it"),
    "partly": (PARTLY, "seen, but never TRUE or never FALSE"),
    "never": (NEVER, "never seen"),
}

COMMENT = re.compile(r"\\\*.*|\(\*.*?\*\)")
"""Comments within one line; one of several lines is written with the marks on each line."""


def coverage_page(
    title: str,
    facts: Sequence[tuple[str, str]],
    warnings: Sequence[str],
    taken: Mapping[str, int],
    module: str,
    text: str,
    places: Sequence[Place],
    counts: Counts,
) -> str:
    """A page on the module with this text; `facts` are of what was judged, in a table at the top.

    `taken` says how often each action was taken.
    """
    missing = [gap for gap in gaps(places, counts) if taken.get(gap.place.operator) != 0]
    content = [element("h1", {}, title), _table(facts)]
    if warnings:
        items = [element("li", {}, warning) for warning in warnings]
        content += [
            element("h2", {}, "The verdict rests on little"),
            element("ul", {"class": "warnings"}, *items),
        ]
    content += [
        element("h2", {}, "Actions"),
        _actions(taken, places),
        element("h2", {}, f"Not seen ({len(missing)})"),
        _gaps(missing, text.splitlines(), module),
        element("h2", {}, module),
        _legend(),
        _listing(text, places, counts),
    ]
    return page(title, STYLE, element("main", {}, *content))


def _table(facts: Sequence[tuple[str, str]]) -> Element:
    rows = [element("tr", {}, element("th", {}, name), element("td", {}, value)) for name, value in facts]
    return element("table", {"class": "facts"}, *rows)


def _actions(taken: Mapping[str, int], places: Sequence[Place]) -> Element:
    first: dict[str, int] = {}
    for place in places:
        first.setdefault(place.operator, place.span.line)
    rows = []
    for name, times in taken.items():
        sign = element("td", {"class": "full" if times else "never"}, FULL if times else NEVER)
        link = element("a", {"href": f"#L{first.get(name, 1)}"}, name)
        said = f"{times:,}" if times else "never taken"
        rows.append(
            element("tr", {}, sign, element("td", {}, link), element("td", {"class": "number"}, said))
        )
    return element("table", {"class": "actions"}, *rows)


def _gaps(missing: Sequence[Gap], lines: Sequence[str], module: str) -> Element:
    rows = []
    for gap in missing:
        span = gap.place.span
        rows.append(
            element(
                "tr",
                {},
                element("td", {}, element("a", {"href": f"#L{span.line}"}, f"{module}:{span.line}")),
                element("td", {}, gap.place.operator),
                element("td", {"class": "tag"}, gap.words),
                element("td", {}, element("code", {}, _first_line(span, lines))),
            )
        )
    return element("table", {"class": "gaps"}, *rows)


def _first_line(span: Span, lines: Sequence[str]) -> str:
    line = lines[span.line - 1]
    if span.end_line == span.line:
        return line[span.column - 1 : span.end_column - 1]
    return line[span.column - 1 :] + " ..."


def _legend() -> Element:
    items: list[Element | str] = []
    for name, (sign, meaning) in LEGEND.items():
        items += [element("span", {"class": f"key {name}"}, f"{sign} "), meaning + "; "]
    items.append("the number: how often the line was looked at in a step; point at a part to see its values")
    return element("p", {"class": "legend"}, *items)


# --- the text ---------------------------------------------------------------------------------------------


def _listing(text: str, places: Sequence[Place], counts: Counts) -> Element:
    """The lines' numbers and counts in one column, the text in another."""
    lines = text.splitlines()
    width = len(str(len(lines)))
    begun: dict[int, list[Place]] = {}
    for place in places:
        begun.setdefault(place.span.line, []).append(place)
    margin: list[Element] = []
    for number in range(1, len(lines) + 1):
        there = begun.get(number, [])
        status = _status_of_line(there, counts)
        most = max((_total(place, counts) for place in there), default=0)
        sign = LEGEND[status][0] if status else " "
        label = f"{sign} {f'{most:,}' if there else '':>9} {number:>{width}}\n"
        margin.append(element("span", {"id": f"L{number}", "class": status}, label))
    code = element("pre", {"class": "code"}, *_marked(lines, places, counts))
    return element("div", {"class": "listing"}, element("pre", {"class": "margin"}, *margin), code)


def _total(place: Place, counts: Counts) -> int:
    return counts[place.span, True] + counts[place.span, False]


def _status(place: Place, counts: Counts) -> str:
    if not _total(place, counts):
        return "never"
    return "full" if all(counts[place.span, value] for value in place.expected) else "partly"


def _status_of_line(places: Sequence[Place], counts: Counts) -> str:
    """Of the places that begin on a line; those that are made of others leave it to the others."""
    told = {_status(place, counts) for place in places if place.kind != "composed"}
    told = told or {_status(place, counts) for place in places}
    if len(told) > 1:
        return "partly"
    return next(iter(told), "")


@dataclass(slots=True)
class _Open:
    """A part of the text that is being written: where it ends, and what is in it so far."""

    end: tuple[int, int]
    attributes: dict[str, str]
    content: list[Element | str] = field(default_factory=list)


def _marked(lines: Sequence[str], places: Sequence[Place], counts: Counts) -> list[Element | str]:
    """The text, with an element around each place and comment, one in another as they are."""
    parts = sorted([*_places(places, counts), *_comments(lines)], key=lambda part: (part[0], _later(part[1])))
    outermost = _Open((len(lines) + 1, 1), {})
    open_parts = [outermost]
    at = (1, 1)
    for begin, end, attributes in parts:
        while open_parts[-1].end <= begin and len(open_parts) > 1:
            at = _close(open_parts, at, lines)
        open_parts[-1].content.append(_text(lines, at, begin))
        open_parts.append(_Open(end, attributes))
        at = begin
    while len(open_parts) > 1:
        at = _close(open_parts, at, lines)
    outermost.content.append(_text(lines, at, outermost.end))
    return outermost.content


def _close(open_parts: list[_Open], at: tuple[int, int], lines: Sequence[str]) -> tuple[int, int]:
    done = open_parts.pop()
    done.content.append(_text(lines, at, done.end))
    open_parts[-1].content.append(element("span", done.attributes, *done.content))
    return done.end


def _later(end: tuple[int, int]) -> tuple[int, int]:
    return -end[0], -end[1]


def _text(lines: Sequence[str], begin: tuple[int, int], end: tuple[int, int]) -> str:
    """What stands from one place to another; lines and columns from 1."""
    if begin[0] == end[0]:
        return lines[begin[0] - 1][begin[1] - 1 : end[1] - 1]
    last = [lines[end[0] - 1][: end[1] - 1]] if end[0] <= len(lines) else [""]
    return "\n".join([lines[begin[0] - 1][begin[1] - 1 :], *lines[begin[0] : end[0] - 1], *last])


_Part = tuple[tuple[int, int], tuple[int, int], dict[str, str]]


def _places(places: Sequence[Place], counts: Counts) -> Iterator[_Part]:
    for place in places:
        span, status = place.span, _status(place, counts)
        true, false = counts[span, True], counts[span, False]
        seen = f"reached {true:,} times" if place.kind == "arm" else f"TRUE {true:,}, FALSE {false:,}"
        classes = status if place.kind != "composed" or status == "never" else "whole"
        attributes = {"class": classes, "title": f"{place.operator}: {seen}"}
        if place.kind in ("formula", "reference") and status == "partly":
            attributes["data-missing"] = " TRUE" if not true else " FALSE"
        yield (span.line, span.column), (span.end_line, span.end_column), attributes


def _comments(lines: Sequence[str]) -> Iterator[_Part]:
    for number, line in enumerate(lines, 1):
        for found in COMMENT.finditer(line):
            yield (number, found.start() + 1), (number, found.end() + 1), {"class": "comment"}


STYLE = """
:root { --full: #00664f; --partly: #8a5a00; --never: #b02a00; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0; }
main { max-width: 1080px; margin: 0 auto; padding: 16px 24px 64px; }
h1 { font-size: 22px; margin: 8px 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 28px 0 8px; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 600; padding: 1px 16px 1px 0; vertical-align: top; white-space: nowrap; }
td { padding: 1px 14px 1px 0; vertical-align: top; overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.actions { columns: 2; }
a { color: #004a99; }
code, pre { font: 13px/20px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.warnings { border-left: 4px solid var(--partly); padding: 6px 12px 6px 30px; margin: 8px 0;
  background: #fff6e0; }
.legend { margin: 4px 0 10px; }
.listing { display: flex; border: 1px solid #ccc; }
.listing pre { margin: 0; padding: 8px; }
.margin { flex: none; background: #f4f4f4; border-right: 1px solid #ccc; color: #666; user-select: none; }
.margin .full, td.full, .key.full { color: var(--full); }
.margin .partly, .key.partly { color: var(--partly); font-weight: bold; }
.margin .never, td.never, .key.never { color: var(--never); font-weight: bold; }
.margin span:target { background: #cfe3ff; }
.tag { color: var(--never); white-space: nowrap; }
.code { flex: auto; overflow-x: auto; }
.code .never { background: #ffe3da; text-decoration: underline dotted var(--never); }
.code .never .never { text-decoration: none; }
.code .partly { background: #ffedc2; }
.code .full, .code .whole { background: transparent; }
.code .partly .full, .code .partly .whole { background: #fff; }
.code .partly[data-missing]::after { content: "never" attr(data-missing); color: var(--partly);
  font-size: 10px; line-height: 0; font-weight: bold; margin-left: 3px; }
.comment { color: #66707a; }
.code .full:hover, .code .whole:hover, .code .partly:hover, .code .never:hover { outline: 1px solid #7a9cc6; }
"""

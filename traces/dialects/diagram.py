"""A space-time diagram of a judged trace, as SVG and as a page: servers are lanes, time runs downwards.

Whatever a colour says is also written or drawn in another way. There is no script in it; what a line did in
full is the title of its signs, and on the page also a note that a click on the line opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from raftcheck.tla.page import element, page

from ..events import AppendEntriesResponse, Message, RequestVoteRequest, RequestVoteResponse
from .timeline import Flight, ServerState, Timeline
from .words import COMMITTED, brief, fitted, of_flight, of_log, of_moment, of_state, reason

COLOURS = ("#0072b2", "#b34700", "#007a5a", "#a4498a", "#7a6400", "#3f3f3f")
"""Of terms, in turn: told apart by people who do not see all colours (after Okabe and Ito), dark on white."""
ALARM = "#b00020"
FAINT = "#8a8a8a"

ROW, TOP, LEFT, LANE, WORDS, FOOT = 26, 52, 64, 124, 520, 112
"""Pixels: height of a line; what is above; numbers of lines; width of a lane; of the words; what is below."""
LONGEST_WORDS = 82
"""Letters that fit into WORDS; in bold, a tenth fewer."""
LONGEST_REPORT = 10_000
WIDTHS = {"Follower": 2.5, "Candidate": 4.0, "Leader": 9.0}


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A lane between two heights, in which the server's role and term stay; None: it is down."""

    top: float
    bottom: float
    state: ServerState | None


class Diagram:
    """Draws the lines that a Timeline has kept; `subject` and `verdict` stand above them."""

    def __init__(self, timeline: Timeline, subject: str, verdict: str) -> None:
        self.timeline = timeline
        self.moments = list(timeline.moments)
        self.subject, self.verdict = subject, verdict
        self.lane = {server: LEFT + LANE * (place + 0.5) for place, server in enumerate(timeline.servers)}
        self.text_at = LEFT + LANE * len(self.lane) + 44
        self.width = max(self.text_at + WORDS, LEGEND_WIDTH)
        self.bottom = TOP + ROW * (len(self.moments) + 1)
        self.height = self.bottom + FOOT

    def y(self, place: int) -> float:
        """The height of a line of the window."""
        return TOP + ROW * (place + 1)

    @property
    def extent(self) -> str:
        """Which of the lines are there, and what is left out."""
        if not self.moments:
            return f"none of the {self.timeline.lines:,} lines"
        first, last = self.moments[0].number, self.moments[-1].number
        shown = f"lines {first:,} to {last:,} of {self.timeline.lines:,} that were judged"
        inits = len(self.timeline.servers)
        return shown + (f"; lines {inits + 1:,} to {first - 1:,} are left out" if first > inits + 1 else "")

    def svg(self) -> str:
        """The diagram as a file of its own."""
        drawn = self.drawing(linked=False)
        drawn.set("xmlns", "http://www.w3.org/2000/svg")
        return ElementTree.tostring(drawn, encoding="unicode") + "\n"

    def page(self) -> str:
        """The diagram on a page, with a note on each line."""
        title = f"{self.subject}: {self.verdict}"
        notes = [self.note(place) for place in range(len(self.moments))]
        return page(
            title,
            STYLE + PAGE_STYLE,
            element("h1", {}, title),
            element("p", {}, f"{self.extent}. Point at a sign, or click on the words of a line, for more."),
            element("div", {"class": "picture"}, self.drawing(linked=True)),
            *notes,
        )

    def drawing(self, linked: bool) -> Element:
        """The svg element; `linked`: the words of a line lead to its note."""
        size = {"width": f"{self.width:g}", "height": f"{self.height:g}"}
        content: list[Element] = []
        if not linked:
            content += [element("style", {}, STYLE), self.caption()]
        content += [
            *self.rows(linked),
            *(self.lane_of(server) for server in self.lane),
            *(self.arrow(flight) for flight in self.timeline.flights()),
            *(self.sign(place) for place in range(len(self.moments))),
            *(label for server in self.lane for label in self.labels(server)),
            *self.heads(),
            self.legend(),
        ]
        box = {"viewBox": f"0 0 {self.width:g} {self.height:g}", "role": "img"}
        label = f"Space-time diagram, {self.extent}"
        return element("svg", {**size, **box, "aria-label": label}, *content)

    # --- lines and lanes ----------------------------------------------------------------------------------

    def caption(self) -> Element:
        title = fitted(f"{self.subject}: {self.verdict} ({self.extent})", 120)
        return _text(LEFT, 18, title, {"class": "title"})

    def heads(self) -> Iterator[Element]:
        """The names of the servers, above and below their lanes."""
        for server, x in self.lane.items():
            for y in (TOP - 12, self.bottom + 18):
                yield _text(x, y, brief(server), {"class": "head"}, element("title", {}, fitted(server, 200)))

    def rows(self, linked: bool) -> Iterator[Element]:
        """The number of each line and the words on it, with a bar behind those of a refused line."""
        for place, moment in enumerate(self.moments):
            y = self.y(place)
            kind = "refused" if moment.refusal else "odd" if place % 2 else "even"
            bar = {"x": "0", "y": f"{y - ROW / 2:g}", "width": f"{self.width:g}", "height": f"{ROW}"}
            yield element("rect", {**bar, "class": f"row {kind}"})
            yield _text(LEFT - 14, y + 4, f"{moment.number:,}", {"class": "number"})
            words = _text(self.text_at, y + 4, self.words(place), {"class": f"words {kind}"})
            words.append(element("title", {}, self.details(place)))
            yield element("a", {"href": f"#line-{moment.number}"}, words) if linked else words

    def words(self, place: int) -> str:
        moment = self.moments[place]
        said = of_moment(moment)
        if moment.refusal:
            return fitted(f"\u2717 refused: {reason(moment.refusal)} | {said}", LONGEST_WORDS * 9 // 10)
        return fitted(said, LONGEST_WORDS)

    def details(self, place: int) -> str:
        """All there is to say of a line."""
        moment = self.moments[place]
        lines = [f"line {moment.number}: {of_moment(moment)}"]
        if moment.taken:
            lines.append(f"steps of raft.tla: {', '.join(moment.taken)}")
        if moment.refusal:
            lines += [
                moment.refusal.report(f"line {moment.number}")[:LONGEST_REPORT],
                f"{brief(moment.event.server)} before this line:",
            ]
        return "\n".join([*lines, *of_state(self.moments[place].after)])

    def note(self, place: int) -> Element:
        moment = self.moments[place]
        close = element("a", {"href": "#"}, "close")
        return element(
            "pre", {"class": "note", "id": f"line-{moment.number}"}, close, "\n" + self.details(place)
        )

    def lane_of(self, server: str) -> Element:
        """The lane of a server: thick where it leads, broken for a candidate, a gap where it is down."""
        group = element("g", {"class": "lane"})
        x = self.lane[server]
        for stretch in self.stretches(server):
            ends = {"x1": f"{x:g}", "x2": f"{x:g}", "y1": f"{stretch.top:g}", "y2": f"{stretch.bottom:g}"}
            if stretch.state is None:
                group.append(element("line", {**ends, "class": "down"}))
                continue
            state = stretch.state
            look = {"stroke": _colour(state.term), "stroke-width": f"{WIDTHS[state.role]:g}"}
            if state.role == "Candidate":
                look["stroke-dasharray"] = "7 4"
            title = element("title", {}, "\n".join([brief(server), *of_state(state)]))
            group.append(element("line", {**ends, **look}, title))
        return group

    def labels(self, server: str) -> Iterator[Element]:
        """The term and role of each stretch of a lane, above the arrows, since they name the colours."""
        for stretch in self.stretches(server):
            if stretch.state is not None:
                role = "" if stretch.state.role == "Follower" else f" {stretch.state.role.lower()}"
                look = {"class": "label", "style": f"fill: {_colour(stretch.state.term)}"}
                yield _text(self.lane[server] + 10, stretch.top + 4, f"t{stretch.state.term}{role}", look)

    def stretches(self, server: str) -> Iterator[_Stretch]:
        """The parts of a lane, from above to below."""
        state = None if server in self.timeline.down else self.timeline.before[server]
        top: float = TOP
        for place, moment in enumerate(self.moments):
            if moment.event.server != server or moment.event.event in ("DropMessage", "DuplicateMessage"):
                continue
            if moment.refusal:
                break  # what it is from then on is not known
            now = None if moment.event.event == "Crash" else self.moments[place].after
            if _look(now) != _look(state):
                yield _Stretch(top, self.y(place), state)
                top, state = self.y(place), now
            elif now is not None:
                state = now
        yield _Stretch(top, self.bottom, state)

    # --- what happened ------------------------------------------------------------------------------------

    def sign(self, place: int) -> Element:
        """The sign of a line on the lane of its server, and what is newly committed there."""
        moment, state = self.moments[place], self.moments[place].after
        x, y = self.lane[moment.event.server], self.y(place)
        group = element("g", {"class": "sign"}, element("title", {}, self.details(place)))
        shape = element(
            "path", {"d": _SHAPES.get(moment.event.event, _DOT), "transform": f"translate({x:g} {y:g})"}
        )
        shape.set("fill", _colour(state.term))
        if moment.event.event in ("Crash", "DuplicateMessage"):
            shape.set("class", "cross")
        if moment.event.event != "DropMessage" or moment.refusal:  # else the end of the arrow shows it
            group.append(shape)
        if moment.refusal:
            group.append(element("circle", {"cx": f"{x:g}", "cy": f"{y:g}", "r": "10", "class": "ring"}))
        if state.commit_index > self.committed_before(place):
            label = f"{COMMITTED}{state.commit_index}"
            group.append(
                _text(x - 12, y + 4, label, {"class": "commit"}, element("title", {}, of_log(state)))
            )
        return group

    def committed_before(self, place: int) -> int:
        server = self.moments[place].event.server
        for earlier in range(place - 1, -1, -1):
            if self.moments[earlier].event.server == server:
                return self.moments[earlier].after.commit_index
        return self.timeline.before[server].commit_index

    def arrow(self, flight: Flight) -> Element:
        """A message: where only one end is in the window, a short piece of its way."""
        message = flight.message
        begin = self.lane[message.source], self.y(flight.sent if flight.sent is not None else 0)
        end = self.lane[message.dest], self.y(flight.ended if flight.ended is not None else 0)
        side = 1 if end[0] > begin[0] else -1
        if flight.sent is None:
            begin = end[0] - side * 0.36 * LANE, end[1] - 0.5 * ROW
        if flight.ended is None:
            end = begin[0] + side * 0.36 * LANE, begin[1] + 0.5 * ROW
        d = f"M{begin[0]:g} {begin[1]:g}L{end[0]:g} {end[1]:g}"
        kind = flight.fate.replace(" ", "-")
        group = element(
            "g", {"class": f"arrow {kind}"}, element("title", {}, of_flight(flight, self.timeline))
        )
        group.append(element("path", {"d": d, "class": "wide"}))
        line = element("path", {"d": d, "stroke": _colour(message.term)})
        if flight.sent is None:
            line.set("stroke-dasharray", "1 3")
        elif dashes := _dashes(message):
            line.set("stroke-dasharray", dashes)
        group.append(line)
        group.append(self.tip(begin, end, flight))
        return group

    def tip(self, begin: tuple[float, float], end: tuple[float, float], flight: Flight) -> Element:
        """The end of an arrow: a head, a cross where it was lost, a ring where it was not received here."""
        colour = _colour(flight.message.term)
        dx, dy = end[0] - begin[0], end[1] - begin[1]
        length = (dx * dx + dy * dy) ** 0.5
        ux, uy = dx / length, dy / length
        if flight.fate == "in flight":
            ring = {"cx": f"{end[0]:.1f}", "cy": f"{end[1]:.1f}", "r": "3", "stroke": colour}
            return element("circle", {**ring, "class": "tip"})
        if flight.fate == "lost":
            x, y = end[0] - 14 * ux, end[1] - 14 * uy
            return element(
                "path", {"d": f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8", "class": "tip", "stroke": ALARM}
            )
        x, y = end[0] - 5 * ux, end[1] - 5 * uy
        back = x - 9 * ux, y - 9 * uy
        points = f"{x:.1f},{y:.1f} {back[0] - 3.5 * uy:.1f},{back[1] + 3.5 * ux:.1f} "
        points += f"{back[0] + 3.5 * uy:.1f},{back[1] - 3.5 * ux:.1f}"
        return element("polygon", {"points": points, "fill": colour})

    # --- the legend ---------------------------------------------------------------------------------------

    def legend(self) -> Element:
        """What the lines and signs mean, below."""
        group = element("g", {"class": "legend"})
        for row, samples in enumerate(_LEGEND):
            for place, (look, meaning) in enumerate(samples):
                x, y = LEFT + LEGEND_COLUMN * place, self.bottom + 42 + 22 * row
                line = {"x1": f"{x}", "x2": f"{x + 30}", "y1": f"{y:g}", "y2": f"{y:g}", "stroke": COLOURS[0]}
                group.append(element("line", {**line, **look}))
                group.append(_text(x + 38, y + 4, meaning, {}))
        group.append(_text(LEFT, self.bottom + 42 + 22 * len(_LEGEND) + 4, SIGNS, {}))
        return group


_DOT = "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0"
_SHAPES = {
    "Timeout": "M0 -6L6 0L0 6L-6 0Z",
    "ClientRequest": "M-5 -5h10v10h-10Z",
    "Crash": "M-6 -6l12 12m0 -12l-12 12",
    "DuplicateMessage": "M-5 0h10M0 -5v10",
    "Restart": "M0 -6L6 5L-6 5Z",
}


LEGEND_COLUMN, LEGEND_WIDTH = 190, 900
_LEGEND = (
    (
        ({"stroke-width": "2.5"}, "follower; t1 is term 1"),
        ({"stroke-width": "4", "stroke-dasharray": "7 4"}, "candidate"),
        ({"stroke-width": "9"}, "leader"),
    ),
    (
        ({"stroke-width": "1.4"}, "AppendEntries"),
        ({"stroke-width": "1.4", "stroke-dasharray": "6 3"}, "RequestVote"),
        ({"stroke-width": "1.4", "stroke-dasharray": "2 2"}, "answer"),
        ({"stroke-width": "1.4", "stroke-dasharray": "1 3"}, "not seen to be sent here"),
    ),
)
"""Rows of lines, and what they mean."""
SIGNS = (
    f"\u25cf message   \u25c6 timer   \u25a0 client   \u2715 crash, or lost   \u25b2 restart   + doubled   "
    f"\u25cb not received in these lines   {COMMITTED}3 commit index is now 3"
)


def _look(state: ServerState | None) -> tuple[int, str] | None:
    return None if state is None else (state.term, state.role)


def _colour(term: int) -> str:
    return COLOURS[(term - 1) % len(COLOURS)] if term else FAINT


def _dashes(message: Message) -> str:
    match message:
        case RequestVoteRequest():
            return "6 3"
        case RequestVoteResponse() | AppendEntriesResponse():
            return "2 2"
    return ""


def _text(x: float, y: float, text: str, attributes: dict[str, str], *content: Element) -> Element:
    made = element("text", {"x": f"{x:g}", "y": f"{y:g}", **attributes}, text)
    made.extend(content)
    return made


STYLE = """
svg { font: 12px system-ui, "DejaVu Sans", sans-serif; background: #fff; }
svg text { fill: #1b1b1b; }
.title { font-size: 14px; font-weight: bold; }
.head { font-size: 14px; font-weight: bold; text-anchor: middle; }
.number { text-anchor: end; fill: #6b6b6b; font-variant-numeric: tabular-nums; }
.row.even { fill: #fff; }
.row.odd { fill: #f6f7f9; }
.row.refused { fill: #ffdfe3; }
svg .words.refused { fill: #b00020; font-weight: bold; }
.lane line { stroke-linecap: butt; }
.lane .down { stroke: #b8b8b8; stroke-width: 1; stroke-dasharray: 1 5; }
svg .label { font-size: 11px; font-weight: bold; }
svg .label, svg .commit { paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; }
svg .commit { text-anchor: end; font-size: 11px; font-weight: bold; fill: #00664f; }
.sign path { stroke: #fff; stroke-width: 1; }
.sign .cross { stroke: #1b1b1b; stroke-width: 2.4; }
.sign .ring { fill: none; stroke: #b00020; stroke-width: 3; }
.arrow path { fill: none; stroke-width: 1.4; }
.arrow .wide { stroke: transparent; stroke-width: 10; }
.arrow:hover path:not(.wide) { stroke-width: 3.4; }
.arrow .tip { fill: #fff; stroke-width: 1.6; }
.arrow.in-flight path:not(.wide) { opacity: 0.7; }
svg a:hover text, svg a:focus text { text-decoration: underline; }
"""

PAGE_STYLE = """
body { font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; color: #1b1b1b; background: #fff;
  margin: 16px 20px 40px; }
h1 { font-size: 19px; margin: 0 0 4px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; }
.picture { overflow-x: auto; }
.picture svg { display: block; }
.note { display: none; position: fixed; left: 0; right: 0; bottom: 0; margin: 0; padding: 10px 20px;
  max-height: 40vh; overflow: auto; background: #fffbe8; border-top: 2px solid #7a6400; white-space: pre-wrap;
  font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.note:target { display: block; }
.note a { float: right; }
"""

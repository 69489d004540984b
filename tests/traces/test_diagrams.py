"""Pictures of a trace: where each message went, what is drawn, and that nothing of a trace acts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from raftcheck.traces.dialects import timeline as timelines
from raftcheck.traces.dialects.diagram import Diagram
from raftcheck.traces.dialects.mermaid import mermaid
from raftcheck.traces.dialects.picture import SUFFIXES, check_suffix, picture
from raftcheck.traces.dialects.shiviz import EXPRESSION, shiviz
from raftcheck.traces.dialects.timeline import Flight, Timeline
from raftcheck.traces.dialects.words import fitted, of_moment, of_state
from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import Entry, Event, NodeState
from raftcheck.traces.validate import Validator

from .runs import run
from .test_verdict import ASK, ELECTION, GRANT, INIT

SVG = "{http://www.w3.org/2000/svg}"
LEADING = replace(ELECTION[4], state=NodeState(role="Leader"))
HOSTILE = ("<script>alert(1)</script>", "a\u202e\x07\"b'\n]]>-->&lt; c;d#e", "\U0001f600" * 9)


def seen(events: Iterable[Event], first: int | None = None, last: int | None = None) -> Timeline:
    """The timeline of a trace, judged up to a refusal."""
    timeline = Timeline(first, last)
    servers = tuple(event.server for event in events if event.event == "Init")
    judge = Validator(servers)
    for event in events:
        refusal = judge.observe(event)
        timeline(event, judge)
        if refusal is not None:
            break
    return timeline


def renamed(events: Sequence[Event], names: Sequence[str]) -> list[Event]:
    """The trace, with other names for n1, n2, ..."""
    texts = [json.dumps(name)[1:-1] for name in names]
    found = []
    for event in events:
        text = msgspec.json.encode(event).decode()
        for place, name in enumerate(texts, 1):
            text = text.replace(f'"n{place}"', f'"{name}"')
        found.append(msgspec.json.decode(text, type=Event))
    return found


# where messages went


def test_a_message_goes_from_the_line_that_sent_it_to_the_line_that_received_it() -> None:
    assert seen(ELECTION).flights() == [Flight(ASK, 0, 1, "received"), Flight(GRANT, 1, 2, "received")]


def test_a_message_that_is_not_received_is_in_flight() -> None:
    assert seen(ELECTION[:4]).flights()[1:] == [Flight(GRANT, 1, None, "in flight")]


def test_a_lost_message_ends_where_it_was_lost() -> None:
    drop = Event(event="DropMessage", server="n2", message=ASK)
    assert seen((*ELECTION[:3], drop)).flights() == [Flight(ASK, 0, 1, "lost")]


def test_a_doubled_message_arrives_twice_from_the_same_line() -> None:
    double = Event(event="DuplicateMessage", server="n2", message=ASK)
    again = Event(event="Receive", server="n2", message=ASK, sends=(GRANT,))
    found = seen((*ELECTION[:3], double, again, again)).flights()
    assert found[:2] == [Flight(ASK, 0, 2, "received"), Flight(ASK, 0, 3, "received")]


def test_what_was_sent_before_the_window_has_no_beginning() -> None:
    assert seen(ELECTION, first=4).flights()[0] == Flight(ASK, None, 0, "received")


def test_update_term_leaves_its_message_in_flight() -> None:
    finer = Event(event="UpdateTerm", server="n2", message=ASK)
    handled = Event(event="HandleRequestVoteRequest", server="n2", message=ASK, sends=(GRANT,))
    assert seen((*ELECTION[:3], finer, handled)).flights()[0] == Flight(ASK, 0, 2, "received")


# the window


def test_without_a_choice_the_last_lines_are_kept() -> None:
    _, events = run(3)
    timeline = seen(events)
    numbers = [moment.number for moment in timeline.moments]
    assert numbers == list(range(len(events) - timelines.USUAL_LINES + 1, len(events) + 1))
    assert timeline.lines == len(events)
    assert f"{numbers[0] - 1:,} are left out" in Diagram(timeline, "", "").extent


def test_the_window_can_be_chosen() -> None:
    _, events = run(3)
    assert [moment.number for moment in seen(events, 20, 30).moments] == list(range(20, 31))


def test_the_longest_window_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MOST_LINES", 7)
    _, events = run(3)
    assert len(seen(events, 1).moments) == 7


def test_the_window_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MOST_BYTES", 4_000)
    _, events = run(3)
    moments = seen(events, 1).moments
    assert 1 < len(moments) < 60
    assert 3_000 < sum(moment.size for moment in moments) <= 4_000
    assert moments[-1].number == len(events)
    monkeypatch.setattr(timelines, "MOST_BYTES", 1)
    assert len(seen(events, 1).moments) == 1


def test_names_without_end_do_not_swell_a_page() -> None:
    names = ("a" * 100_000, "b" * 100_000)
    wrong = replace(ELECTION[3], sends=(replace(GRANT, vote_granted=False),))
    timeline = seen(renamed((*ELECTION[:3], wrong), names))
    assert len(Diagram(timeline, "trace", "diverges").page()) < 100_000


def test_what_a_server_was_before_the_last_lines_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "USUAL_LINES", 1)
    timeline = seen((*ELECTION[:4], LEADING))
    assert timeline.before["n1"].role == "Candidate"
    assert timeline.before["n2"].voted_for == "n1"


def test_what_a_server_was_before_the_window_is_known() -> None:
    timeline = seen((*ELECTION[:4], LEADING), first=5)
    assert timeline.before["n1"].role == "Candidate"
    assert timeline.moments[0].after.role == "Leader"


# the drawing


def texts(timeline: Timeline) -> list[str]:
    root = ElementTree.fromstring(Diagram(timeline, "trace", "conforms").svg())
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_every_server_line_term_and_commit_is_in_the_drawing() -> None:
    servers, events = run(4)
    timeline = seen(events, 1)
    found = texts(timeline)
    for server in servers:
        assert found.count(server) == 2
    for moment in timeline.moments:
        assert str(moment.number) in found
        after = moment.after
        if moment.event.event != "Crash":
            assert any(text.startswith(f"t{after.term}") for text in found)
        if "AdvanceCommitIndex" in moment.taken:
            assert f"\u2713{after.commit_index}" in found
    assert any(text.endswith(" leader") for text in found)
    root = ElementTree.fromstring(Diagram(timeline, "trace", "conforms").svg())
    arrows = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("arrow")]
    assert len(arrows) == len(timeline.flights())


def test_a_refused_line_is_marked_with_its_reason() -> None:
    wrong = replace(ELECTION[3], sends=(replace(GRANT, vote_granted=False),))
    timeline = seen((*ELECTION[:3], wrong))
    (refused,) = [text for text in texts(timeline) if "refused" in text]
    assert "mvoteGranted = FALSE, not TRUE" in refused
    page = Diagram(timeline, "trace", "diverges").page()
    assert 'class="ring"' in page
    assert "is not a step of raft.tla" in page


def test_a_crash_leaves_a_gap_in_the_lane() -> None:
    timeline = seen((*ELECTION, Event(event="Crash", server="n2"), Event(event="Restart", server="n2")))
    diagram = Diagram(timeline, "trace", "conforms")
    states = [stretch.state for stretch in diagram.stretches("n2")]
    assert [state is None for state in states] == [False, False, True, False]
    assert states[0] is not None
    assert states[1] is not None
    assert (states[0].term, states[1].term) == (0, 1)
    assert 'class="down"' in diagram.svg()


def test_a_server_that_crashed_before_the_window_is_down_until_it_restarts() -> None:
    crash, restart = (Event(event=event, server="n2") for event in ("Crash", "Restart"))
    events = (*ELECTION[:3], crash, Event(event="Timeout", server="n1", sends=()), restart)
    for first, down in ((4, [False, True, False]), (5, [True, False]), (None, [False, True, False])):
        stretches = Diagram(seen(events, first), "trace", "conforms").stretches("n2")
        assert [stretch.state is None for stretch in stretches] == down
    found = seen((*events[:-1], restart, events[-2]), first=7)
    assert found.down == set()


def test_a_refused_restart_does_not_bring_a_server_up() -> None:
    """What stands there is the spec's state before the line, in which raft.tla has nobody down."""
    restart = Event(event="Restart", server="n2", state=NodeState(current_term=7))
    timeline = seen((*ELECTION, Event(event="Crash", server="n2"), restart))
    assert timeline.moments[-1].refusal is not None
    stretches = list(Diagram(timeline, "trace", "diverges").stretches("n2"))
    assert stretches[-1].state is None
    assert stretches[-1].bottom == Diagram(timeline, "trace", "diverges").bottom


def test_a_leader_is_thick_and_a_candidate_broken() -> None:
    lane = Diagram(seen((*ELECTION[:4], LEADING)), "trace", "conforms").lane_of("n1")
    looks = [(line.get("stroke-width"), line.get("stroke-dasharray")) for line in lane.iter("line")]
    assert looks == [("2.5", None), ("4", "7 4"), ("9", None)]


def test_the_notes_on_a_page_show_log_and_commit_index() -> None:
    _, events = run(4)
    page = Diagram(seen(events), "trace", "conforms").page()
    for expected in ("commit index", "log 1:", "(t1)", "match/next index", "steps of raft.tla: "):
        assert expected in page


def test_the_words_on_a_line_say_what_the_server_did_of_itself_and_what_it_knows() -> None:
    _, events = run(4)
    moments = seen(events, 1).moments
    (commit,) = [moment for moment in moments if "AdvanceCommitIndex" in moment.taken]
    assert "commits up to 1" in of_moment(commit)
    leads, log, indexes = of_state(commit.after)
    assert leads.startswith("Leader, term ")
    assert log.startswith("commit index 1, log 1:\u2713")
    assert commit.event.server not in indexes
    earlier = next(moment for moment in moments if moment.after.last_entries)
    assert "log 1:v" in of_state(earlier.after)[1], "not committed yet"


def test_the_network_says_nothing_of_a_server() -> None:
    """A message that is lost or doubled on its way to a server that is down does not bring it up."""
    down, lost = Event(event="Crash", server="n2"), Event(event="DropMessage", server="n2", message=ASK)
    stretches = Diagram(seen((*ELECTION[:3], down, lost)), "trace", "conforms").stretches("n2")
    assert [stretch.state is None for stretch in stretches] == [False, True]


def test_a_long_log_is_cut() -> None:
    log = tuple(Entry(1, "v" * 100) for _ in range(500))
    init = (replace(INIT[0], state=NodeState(current_term=1, log=log)), INIT[1])
    page = Diagram(seen((*init, Event(event="Timeout", server="n1", sends=()))), "trace", "conforms").page()
    assert "... 488 earlier" in page
    assert len(page) < 30_000


# what a trace may have in it


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_of_a_trace_is_more_than_text(suffix: str) -> None:
    events = renamed(ELECTION, HOSTILE)
    written = picture(suffix, seen(events), HOSTILE[0], "conforms")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", written)
    if suffix in (".html", ".svg"):
        assert "<script" not in written
        assert "alert(1)" in written
    if suffix == ".svg":
        assert {element.tag for element in ElementTree.fromstring(written).iter()} <= {
            SVG + tag
            for tag in ("svg", "style", "text", "title", "rect", "g", "line", "path", "circle", "polygon")
        }


def test_a_page_loads_and_runs_nothing() -> None:
    page = Diagram(seen(ELECTION), "trace", "conforms").page()
    assert "default-src 'none'" in page
    assert not re.search(r"src=|url\(|@import|<script|onclick|https?:", page)


def test_a_text_is_cut_to_its_room() -> None:
    assert fitted("abc", 3) == "abc"
    assert len(fitted("a" * 100, 20)) <= 21
    assert len(fitted("\u6f22" * 100, 20)) <= 13
    assert fitted("a\u202eb", 40) == "a\\u202eb"


# other tools


def test_mermaid_has_messages_notes_and_names_as_numbers() -> None:
    events = renamed((*ELECTION[:4], LEADING), HOSTILE)
    assert mermaid(seen(events)).splitlines() == [
        "sequenceDiagram",
        "    participant s1 as #60;script#62;alert(1)#60;/script#62;",
        "    participant s2 as a#92;u202e#92;u0007#34;b'#10;#93;#93;#62;--#62;#38;lt#59; c#59;d#35;e",
        "    Note over s1: line 3: #60;script#62;aler... starts an election, sends RequestVote",
        "    s1->>s2: RequestVote, term 1, sent in line 3",
        "    s2->>s1: vote granted, term 1, sent in line 4",
        "    Note over s1: line 5: becomes leader",
    ]


def test_a_log_for_shiviz_is_read_by_its_own_expression() -> None:
    servers, events = run(4)
    timeline = seen(events, 1)
    expression, delimiter, *rest = shiviz(timeline).split("\n")
    assert (expression, delimiter) == (EXPRESSION, "")
    pattern = re.compile(expression.replace("(?<", "(?P<"))
    text = "\n".join(rest)
    found = [(match["host"], json.loads(match["clock"])) for match in pattern.finditer(text)]
    assert pattern.sub("", text).strip() == ""
    for server in servers:
        assert [clock[host] for host, clock in found if host == server] == list(
            range(1, 1 + sum(host == server for host, _ in found))
        )


def test_the_clock_of_a_receipt_is_after_that_of_its_sending() -> None:
    lines = shiviz(seen(ELECTION)).splitlines()[3::2]
    assert lines == ['n1 {"n1": 1}', 'n2 {"n1": 1, "n2": 1}', 'n1 {"n1": 2, "n2": 1}']


def test_hosts_of_a_log_have_no_spaces_and_stay_different() -> None:
    text = shiviz(seen(renamed(ELECTION, ("a b", "a%20b"))))
    hosts = {line.split(" ")[0] for line in text.splitlines()[3::2]}
    assert hosts == {"a%20b", "a%2520b"}


def test_a_suffix_that_says_no_kind_is_refused() -> None:
    with pytest.raises(TraceError, match=r"out.png: `.png` says no kind of diagram; expected one of .html"):
        check_suffix(Path("out.png"))

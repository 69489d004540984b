"""Every file that cannot be judged, and its one line: where, what was seen, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.traces import files
from raftcheck.traces.errors import TraceError
from raftcheck.traces.files import read_trace
from raftcheck.traces.wellformed import MOST_SERVERS, event_names

INIT = '{"event":"Init","server":"n1"}\n{"event":"Init","server":"n2"}\n'


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the name that messages are expected to have."""
    monkeypatch.chdir(tmp_path)
    return Path("trace.ndjson")


def complaint(trace: Path) -> str:
    """What is said of a file that cannot be judged."""
    with pytest.raises(TraceError) as caught:
        list(read_trace(trace))
    said = str(caught.value)
    assert len(said.splitlines()) == 1, said
    return said


# --- no file of events --------------------------------------------------------------------------------------


def test_there_must_be_a_file(trace: Path) -> None:
    missing = "trace.ndjson: cannot be read (No such file or directory); expected a trace file"
    assert complaint(trace) == missing
    trace.mkdir()
    assert complaint(trace) == "trace.ndjson: cannot be read (Is a directory); expected a trace file"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty; expected a trace, one event a line"),
        (b"\n", ":1: an empty line; expected an event"),
        (b" \r\n", ":1: an empty line; expected an event"),
        (b"\xff\xfe{\x00}\x00", ":1:1: byte 0xff is not UTF-8; expected an event in JSON"),
        (
            b"\xef\xbb\xbf{}\n",
            ":1:1: not JSON (Unexpected UTF-8 BOM (decode using utf-8-sig)); expected an event",
        ),
        (
            b"PK\x03\x04",
            ":1:5: the file ends in the midst of this line; expected a whole event and a line break",
        ),
        (b"event,server\n", ":1:1: not JSON (Expecting value); expected an event"),
        (b"[]\n", ":1: seen []; expected `object`, got `array`"),
        (b"null\n", ":1: seen null; expected `object`, got `null`"),
        (b'"Init"\n', ':1: seen "Init"; expected `object`, got `str`'),
        (b"{}\n", ":1: no field `event`; expected it beside nothing else"),
        (
            b'{"event":"Timeout","server":"n1"}\n',
            ":1: no Init before this Timeout; expected one for each server",
        ),
    ],
)
def test_a_file_that_is_no_trace_is_refused(trace: Path, content: bytes, said: str) -> None:
    trace.write_bytes(content)
    assert complaint(trace) == f"trace.ndjson{said}"


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_file_that_was_cut_off_is_refused_where_it_ends(trace: Path, cut: int) -> None:
    whole = INIT + '{"event":"Timeout","server":"n1","timer":"ä"}'
    trace.write_bytes(whole.encode()[:-cut])
    ends = "the file ends in the midst of this line; expected a whole event and a line break"
    if cut == 3:
        ends = "byte 0xc3 is not UTF-8; expected an event in JSON"
    column = len(whole.encode()[:-cut].decode(errors="ignore").rpartition("\n")[2]) + 1
    assert complaint(trace) == f"trace.ndjson:3:{column}: {ends}"


def test_a_line_is_bounded(trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    trace.write_text(INIT + '{"event":"Timeout","server":"n1"}'.ljust(999) + "\n")
    assert len(list(read_trace(trace))) == 3
    trace.write_text(INIT + '{"event":"Timeout","server":"n1"}'.ljust(1000) + "\n")
    assert complaint(trace) == "trace.ndjson:3: a line of more than 1,000 bytes; expected one event a line"


# --- a line that is no event --------------------------------------------------------------------------------

VOTE = '{"type":"RequestVoteRequest","source":"n1","dest":"n2","term":1,"last_log_index":0,"last_log_term":0}'
ANSWER = '"type":"RequestVoteResponse","source":"n1","dest":"n2","term":1'
EVENT_FIELDS = "expected one of event, server, timer, message, value, sends, state, clock, time"
STATE_FIELDS = "role, current_term, voted_for, log, commit_index, votes_granted, next_index, match_index"
NOBODY_KNOWN = "has an Init line; expected one of n1, n2"


def line(event: str, fields: str = "", server: str = "n1") -> str:
    return f'{{"event":"{event}","server":"{server}"{fields and ","}{fields}}}'


def timeout(fields: str) -> str:
    return line("Timeout", fields)


def state(fields: str) -> str:
    return timeout('"state":{' + fields + "}")


def entry(fields: str) -> str:
    return state('"log":[{"term":1,"value":"v1"},{' + fields + "}]")


def sent(fields: str) -> str:
    return timeout('"sends":[' + VOTE + ",{" + fields + "}]")


NOT_JSON = {
    "{x": "2: not JSON (Expecting property name enclosed in double quotes); expected an event",
    timeout('"timer":"a\tb"'): "44: not JSON (Invalid control character at); expected an event",
    timeout('"timer":"a"') + "{}": "46: not JSON (Extra data); expected an event",
    timeout('"timer":"\\ud800"'): " `\\ud800` is half a character; expected Unicode text",
    state('"current_term":NaN'): " NaN is not JSON; expected an integer from 0 on",
    state('"current_term":-Infinity'): " -Infinity is not JSON; expected an integer from 0 on",
    state('"x":' + "[" * 100_000): " nested too deeply; expected an event",
}
TWICE = {
    timeout('"timer":"a","timer":"a"'): "timer",
    timeout('"timer":"a","tim\\u0065r":"b"'): "timer",
    timeout('"timer":"b","timer":null'): "timer",
    timeout('"value":"a:","timer":"b","timer":"c"'): "timer",
    timeout('"time":"2024-02-29T12:00:00+0100","timer":"b","timer":"c"'): "timer",
    state('"next_index":{"n2":1,"n2":2}'): "n2",
    sent(ANSWER + ',"vote_granted":true,"type":"RequestVoteResponse"'): "type",
    entry('"term":1,"term":1,"value":"v"'): "term",
}
UNKNOWN_FIELDS = {
    timeout('"tmer":"a"'): "no field `tmer`; did you mean `timer`?",
    timeout('"ts":1'): f"no field `ts`; {EVENT_FIELDS}",
    timeout('"x - at `$.state`":1'): f"no field `x - at `$.state``; {EVENT_FIELDS}",
    timeout('"state":{},"x` - at `$.state":1'): "state: seen {}; object contains unknown field `x`",
    '{"z - at `$.message":1,"message":{}}': (
        'seen {"z - at `$.message": 1, "message": {}}; object contains unknown field `z'
    ),
    '{"z - at `$.event.x":1,"event":"Timeout"}': (
        'seen {"z - at `$.event.x": 1, "event": "Timeout"}; object contains unknown field `z'
    ),
    '{"z - at `$.message":1,"message":[]}': (
        'seen {"z - at `$.message": 1, "message": []}; object contains unknown field `z'
    ),
    timeout('"a\\nb\\u001b[31m":1'): f"no field `a\\nb\\u001b[31m`; {EVENT_FIELDS}",
    state('"currentTerm":1'): "state: no field `currentTerm`; did you mean `current_term`?",
    state('"x":1'): f"state: no field `x`; expected one of {STATE_FIELDS}",
    entry('"term":1,"value":"v","index":2'): "state.log[1]: no field `index`; expected one of term, value",
    sent('"type":"RequestVoteRequest","lastLogIndex":0'): (
        "sends[1]: no field `lastLogIndex`; did you mean `last_log_index`?"
    ),
    sent('"type":"AppendEntriesRequest","entries":[{"term":1,"data":"v"}]'): (
        "sends[1].entries[0]: no field `data`; expected one of term, value"
    ),
}
MISSING_FIELDS = {
    '{"event":"Timeout"}': "no field `server`; expected it beside event",
    '{"server":"n1"}': "no field `event`; expected it beside server",
    entry('"term":1'): "state.log[1]: no field `value`; expected it beside term",
    sent(ANSWER): "sends[1]: no field `vote_granted`; expected it beside type, source, dest, term",
    sent('"term":1'): "sends[1]: no field `type`; expected it beside term",
}
UNKNOWN_NAMES = {
    line("Timeuot"): "no event `Timeuot`; did you mean `Timeout`?",
    line("HandleAppendEntries"): "no event `HandleAppendEntries`; did you mean `HandleAppendEntriesRequest`?",
    line("Zzz"): f"no event `Zzz`; expected one of {', '.join(event_names())}",
    state('"role":"leader"'): "state.role: no role `leader`; did you mean `Leader`?",
    state('"role":"StateFollower"'): "state.role: no role `StateFollower`; did you mean `Follower`?",
    state('"role":""'): "state.role: no role ``; expected one of Follower, Candidate, Leader",
    sent(
        '"type":"RequestVote"'
    ): "sends[1].type: no message `RequestVote`; did you mean `RequestVoteRequest`?",
    sent('"type":"Snapshot"'): (
        "sends[1].type: no message `Snapshot`; expected one of RequestVoteRequest, RequestVoteResponse, "
        "AppendEntriesRequest, AppendEntriesResponse, Other"
    ),
}
WRONG_TYPES = {
    '{"event":1,"server":"n1"}': "event: seen 1; expected `str`, got `int`",
    '{"event":"Timeout","server":null}': "server: seen null; expected `str`, got `null`",
    timeout('"state":[]'): "state: seen []; expected `object | null`, got `array`",
    timeout('"message":"m"'): 'message: seen "m"; expected `object | null`, got `str`',
    timeout('"sends":{}'): "sends: seen {}; expected `array | null`, got `object`",
    state('"role":3'): "state.role: seen 3; expected `str | null`, got `int`",
    state('"current_term":"1"'): 'state.current_term: seen "1"; expected `int | null`, got `str`',
    state('"current_term":1.0'): "state.current_term: seen 1.0; expected `int | null`, got `float`",
    state('"current_term":true'): "state.current_term: seen true; expected `int | null`, got `bool`",
    state('"log":{}'): "state.log: seen {}; expected `array | null`, got `object`",
    state('"votes_granted":"n1"'): 'state.votes_granted: seen "n1"; expected `array | null`, got `str`',
    state('"next_index":{"n2":"1"}'): 'state.next_index[...]: seen {"n2": "1"}; expected `int`, got `str`',
    entry('"term":1,"value":{"x":1}'): 'state.log[1].value: seen {"x": 1}; expected `str`, got `object`',
    sent(ANSWER + ',"vote_granted":1'): "sends[1].vote_granted: seen 1; expected `bool`, got `int`",
}
NUMBERS = {
    state('"current_term":-1'): "state.current_term: seen -1; expected `int` >= 0",
    state('"commit_index":9007199254740993'): (
        "state.commit_index: seen 9007199254740993; expected `int` <= 9007199254740992"
    ),
    state('"commit_index":1e3'): "state.commit_index: seen 1000.0; expected `int | null`, got `float`",
    state('"commit_index":1e999'): "state.commit_index: seen Infinity; number out of range",
    state('"commit_index":' + "9" * 5000): "a number of thousands of digits; expected an event",
    state('"match_index":{"n2":-1}'): 'state.match_index[...]: seen {"n2": -1}; expected `int` >= 0',
    entry('"term":-1,"value":"v"'): "state.log[1].term: seen -1; expected `int` >= 0",
}
CLOCKS = {
    timeout('"clock":-1'): "clock: seen -1; expected `int` >= 0",
    timeout('"clock":1.5'): "clock: seen 1.5; expected `int | object | null`, got `float`",
    timeout('"clock":{"n2":1}'): "clock does not name `n1` itself; expected what it has counted so far",
    timeout('"clock":{"n1":1,"x":1}'): f"clock: no server `x` {NOBODY_KNOWN}",
    timeout('"time":1712329729.6'): "time: seen 1712329729.6; expected `datetime | null`, got `float`",
    timeout('"time":"2024-02-29T12:00:00"'): (
        'time: seen "2024-02-29T12:00:00"; expected `datetime` with a timezone component'
    ),
    timeout('"time":"2024-02-30T12:00:00Z"'): (
        'time: seen "2024-02-30T12:00:00Z"; invalid RFC3339 encoded datetime'
    ),
}
WHAT_EVENTS_NEED = {
    line("ClientRequest"): "`ClientRequest` has no value; expected what was handled",
    line("DropMessage"): "`DropMessage` has no message; expected what was handled",
    line("DuplicateMessage"): "`DuplicateMessage` has no message; expected what was handled",
    line("RequestVote"): "`RequestVote` has no sends; expected what was sent",
    line("AppendEntries"): "`AppendEntries` has no sends; expected what was sent",
    timeout('"value":"v"'): "`Timeout` has a value; expected one only of ClientRequest, Crash",
    line(
        "Receive", f'"timer":"t","message":{VOTE}'
    ): "`Receive` has a timer; expected one only of Timeout, Crash",
    line("Restart", f'"message":{VOTE}'): (
        "`Restart` has a message; expected one only of Crash, Receive, DuplicateMessage, DropMessage, "
        "UpdateTerm, DropStaleResponse, HandleRequestVoteRequest, HandleRequestVoteResponse, "
        "HandleAppendEntriesRequest, HandleAppendEntriesResponse, IgnoreStaleRequest, IgnoreVoteRequest, "
        "IgnoreAppendEntries, IgnoreResponse, RefuseVoteRequest, HearOther"
    ),
    line("Crash", '"timer":"t","value":"v"'): (
        "`Crash` has a timer and a value; expected the one that was being handled"
    ),
    line("Crash", '"state":{}'): (
        "`Crash` has a state; expected none, since what a crash leaves is seen at the Restart"
    ),
    line(
        "Receive", f'"message":{VOTE}'
    ): "message.dest is `n2`, but the line is of `n1`; expected the same server",
    line("DropMessage", f'"message":{VOTE}'): (
        "message.dest is `n2`, but the line is of `n1`; expected the same server"
    ),
}
STRANGERS = {
    line("Timeout", server="N1"): f"server: no server `N1` {NOBODY_KNOWN}",
    line("Timeout", server="n1 "): "server: no server `n1 ` has an Init line; did you mean `n1`?",
    line("Timeout", server=""): "server is empty; expected a name (the empty text stands for nobody)",
    state('"voted_for":"x"'): f"state.voted_for: no server `x` {NOBODY_KNOWN}",
    state('"votes_granted":["n1","x"]'): f"state.votes_granted: no server `x` {NOBODY_KNOWN}",
    state('"next_index":{"x":1}'): f"state.next_index: no server `x` {NOBODY_KNOWN}",
    state('"match_index":{"n2":1,"x":1}'): f"state.match_index: no server `x` {NOBODY_KNOWN}",
    timeout(f'"sends":[{VOTE.replace("n2", "x")}]'): f"sends[0].dest: no server `x` {NOBODY_KNOWN}",
    timeout(f'"sends":[{VOTE},{VOTE.replace("n1", "x")}]'): f"sends[1].source: no server `x` {NOBODY_KNOWN}",
    line("Receive", f'"message":{VOTE.replace("n1", "x")}', "n2"): (
        f"message.source: no server `x` {NOBODY_KNOWN}"
    ),
}
BAD_LINES = {
    **NOT_JSON,
    **{bad: f" the key `{key}` stands twice in one object; expected it once" for bad, key in TWICE.items()},
    **{
        bad: f" {said}"
        for bad, said in (
            UNKNOWN_FIELDS
            | MISSING_FIELDS
            | UNKNOWN_NAMES
            | WRONG_TYPES
            | NUMBERS
            | CLOCKS
            | WHAT_EVENTS_NEED
            | STRANGERS
        ).items()
    },
}


@pytest.mark.parametrize(
    ("bad", "said"), BAD_LINES.items(), ids=[said.strip() for said in BAD_LINES.values()]
)
def test_a_line_that_cannot_be_judged_is_said_in_one_line(trace: Path, bad: str, said: str) -> None:
    trace.write_text(f"{INIT}{bad}\n{bad}\n")
    assert complaint(trace) == f"trace.ndjson:3:{said}"


def test_the_first_bad_line_counts(trace: Path) -> None:
    trace.write_text(INIT + '{"event":"Timeout","server":"n1"}\n' * 7 + "{}\n[]\n")
    lines = read_trace(trace)
    assert [next(lines)[1].event for _ in range(9)] == ["Init"] * 2 + ["Timeout"] * 7
    with pytest.raises(TraceError, match=r"^trace\.ndjson:10: "):
        next(lines)


# --- the Init lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (INIT + INIT, ":3: a second Init of `n1`; expected only trace.ndjson:1"),
        (
            INIT + '{"event":"Timeout","server":"n1"}\n{"event":"Init","server":"n3"}',
            ":4: an Init after other events; expected all Inits at the beginning",
        ),
        (
            INIT + '{"event":"Timeout","server":"n1"}\n{"event":"Init","server":"n2"}',
            ":4: an Init after other events; expected all Inits at the beginning",
        ),
        (
            '{"event":"Init","server":"n1","state":{"voted_for":"n2"}}\n{"event":"Timeout","server":"n1"}',
            ":1: state.voted_for: no server `n2` has an Init line; expected one of n1",
        ),
        (
            '{"event":"Init","server":""}',
            ":1: server is empty; expected a name (the empty text stands for nobody)",
        ),
        (
            '{"event":"Init","server":"n1","timer":"t"}',
            ":1: `Init` has a timer; expected one only of Timeout, Crash",
        ),
        (
            "".join(f'{{"event":"Init","server":"{number}"}}\n' for number in range(MOST_SERVERS + 1)),
            f":{MOST_SERVERS + 1}: one Init more; expected at most {MOST_SERVERS} servers",
        ),
    ],
)
def test_the_init_lines_come_first_and_one_for_each_server(trace: Path, content: str, said: str) -> None:
    trace.write_text(content)
    assert complaint(trace) == f"trace.ndjson{said}"


def test_an_init_line_may_name_a_server_whose_init_comes_later(trace: Path) -> None:
    trace.write_text(
        '{"event":"Init","server":"n1","state":{"voted_for":"n2"}}\n{"event":"Init","server":"n2"}'
    )
    assert len(list(read_trace(trace))) == 2

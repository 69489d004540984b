"""The properties of Figure 3 over observed states: each is broken, and what only looks like it is not."""

from raftcheck.properties.safety import FIELDS, Safety, Violation, properties_of
from raftcheck.traces.events import Entry, Event, NodeState

A1, B1, B2, C3 = Entry(1, "a"), Entry(1, "b"), Entry(2, "b"), Entry(3, "c")


def leader(server: str, term: int, *log: Entry, commit: int = 0) -> Event:
    return seen(server, term, *log, commit=commit, role="Leader")


def seen(
    server: str, term: int, *log: Entry, commit: int = 0, role: str = "Follower", event: str = "Receive"
) -> Event:
    state = NodeState(role=role, current_term=term, log=log, commit_index=commit)  # type: ignore[arg-type]
    return Event(event=event, server=server, state=state)


def verdict(*events: Event) -> Violation | None:
    """Of the last event; nothing is wrong with those before it."""
    safety = Safety()
    for event in events[:-1]:
        assert safety.observe(event) is None
    violation = safety.observe(events[-1])
    assert violation is None or violation.report()
    return violation


def broken(*events: Event) -> tuple[str, tuple[str, ...], int]:
    violation = verdict(*events)
    assert violation is not None
    return violation.property, violation.servers, violation.index


def test_two_leaders_of_a_term_break_election_safety() -> None:
    assert broken(leader("n1", 1), leader("n2", 1)) == ("ElectionSafety", ("n1", "n2"), 0)


def test_the_first_leader_need_not_be_leader_any_more() -> None:
    events = (leader("n1", 1), seen("n1", 1, event="Restart"), leader("n2", 1))
    assert broken(*events)[0] == "ElectionSafety"


def test_leaders_of_different_terms_may_live_at_the_same_time() -> None:
    assert verdict(leader("n1", 1), leader("n2", 2)) is None


def test_a_leader_that_loses_an_entry_breaks_leader_append_only() -> None:
    assert broken(leader("n1", 1, A1, B1), leader("n1", 1, A1)) == ("LeaderAppendOnly", ("n1",), 2)
    assert broken(leader("n1", 2, A1), leader("n1", 2, B2)) == ("LeaderAppendOnly", ("n1",), 1)


def test_a_follower_may_lose_entries() -> None:
    assert verdict(leader("n1", 1, A1), seen("n1", 2), leader("n1", 3)) is None


def test_different_entries_of_the_same_index_and_term_break_log_matching() -> None:
    assert broken(seen("n1", 1, A1), seen("n2", 1, B1)) == ("LogMatching", ("n1", "n2"), 1)


def test_different_logs_before_the_same_entry_break_log_matching() -> None:
    assert broken(seen("n1", 3, A1, C3), seen("n2", 3, B2, C3)) == ("LogMatching", ("n1", "n2"), 2)


def test_logs_may_differ_where_terms_do() -> None:
    assert verdict(seen("n1", 2, A1, B1), seen("n2", 2, A1, B2)) is None


def test_a_later_leader_without_a_committed_entry_breaks_leader_completeness() -> None:
    assert broken(leader("n1", 1, A1, commit=1), leader("n2", 2)) == ("LeaderCompleteness", ("n1", "n2"), 1)


def test_leader_completeness_looks_back_when_a_commit_comes_late() -> None:
    events = (leader("n1", 1, A1), leader("n2", 2), leader("n1", 1, A1, commit=1))
    assert broken(*events) == ("LeaderCompleteness", ("n1", "n2"), 1)


def test_leader_completeness_goes_by_the_term_of_the_commit_not_of_the_entry() -> None:
    """An entry of term 1 that is committed in term 3 need not be with a leader of term 2."""
    events = (
        leader("n1", 1, A1),
        leader("n2", 2),
        leader("n1", 3, A1),
        leader("n1", 3, A1, C3),
        leader("n1", 3, A1, C3, commit=2),
    )
    assert verdict(*events) is None


def test_different_entries_committed_at_an_index_break_state_machine_safety() -> None:
    events = (seen("n1", 2, A1, commit=1), seen("n2", 2, B2, commit=1))
    assert broken(*events) == ("StateMachineSafety", ("n1", "n2"), 1)


def test_a_committed_entry_that_is_replaced_breaks_state_machine_safety() -> None:
    assert broken(seen("n1", 2, A1, commit=1), seen("n1", 2, B2, commit=1))[0] == "StateMachineSafety"


def test_a_commit_index_may_begin_again_after_a_restart() -> None:
    assert verdict(seen("n1", 1, A1, commit=1), seen("n1", 1, A1, event="Restart")) is None


def test_a_term_that_goes_back_is_reported_over_a_restart_too() -> None:
    assert broken(seen("n1", 2), seen("n1", 1)) == ("TermsDoNotDecrease", ("n1",), 0)
    assert broken(seen("n1", 2), seen("n1", 0, event="Restart"))[0] == "TermsDoNotDecrease"


def test_events_without_a_state_say_nothing() -> None:
    assert verdict(Event(event="DropMessage", server="n1")) is None


def test_what_a_server_does_not_show_is_not_checked() -> None:
    assert properties_of(NodeState()) == ()
    assert properties_of(NodeState(role="Leader", current_term=1)) == ("ElectionSafety", "TermsDoNotDecrease")
    everything = NodeState(role="Leader", current_term=1, log=(), commit_index=0)
    assert set(properties_of(everything)) == set(FIELDS)
    blind = Event(event="Receive", server="n1", state=NodeState(role="Leader"))
    assert verdict(blind, Event(event="Receive", server="n2", state=NodeState(role="Leader"))) is None

"""§5.3 (log replication), §5.4.2 (what a leader may commit), §5.5 (crashes of followers)."""

import pytest

from raftcheck.reference.messages import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    RequestVoteResponse,
)
from raftcheck.reference.raft import Raft

from .cluster import (
    FIGURE_7_FOLLOWERS,
    FIGURE_7_LEADER,
    candidate,
    elected,
    entries,
    figure_7,
    figure_8,
    server,
    terms,
)


def append(
    raft: Raft, prev_index: int, prev_term: int, *new: int, commit_index: int = 0
) -> AppendEntriesResponse:
    """The server's answer to its leader n2, who sends entries of these terms."""
    request = AppendEntriesRequest(
        "n2", "n1", raft.current_term, prev_index, prev_term, entries(*new), commit_index
    )
    raft.receive(request)
    (response,) = raft.take_effects().messages
    assert isinstance(response, AppendEntriesResponse)
    return response


def leader(*log: int, count: int = 3) -> Raft:
    """n1, elected with this log; its first heartbeats have left."""
    raft = candidate(*log, count=count)
    for peer in raft.peers:
        raft.receive(RequestVoteResponse(peer, "n1", raft.current_term, True))
    raft.take_effects()
    assert raft.role == "Leader"
    return raft


# The leader's side (§5.3)


def test_a_leader_appends_the_command_and_sends_it_to_all_others() -> None:
    """§5.3."""
    raft = leader()
    assert raft.request(b"x")
    assert raft.log == [Entry(1, b"x")]
    assert raft.take_effects().messages == (
        AppendEntriesRequest("n1", "n2", 1, 0, 0, (Entry(1, b"x"),), 0),
        AppendEntriesRequest("n1", "n3", 1, 0, 0, (Entry(1, b"x"),), 0),
    )


@pytest.mark.parametrize("raft", [server(), candidate()], ids=["Follower", "Candidate"])
def test_only_a_leader_takes_client_requests(raft: Raft) -> None:
    """§5.1."""
    assert not raft.request(b"x")
    assert (raft.log, raft.take_effects().messages) == ([], ())


def test_a_leader_comes_to_power_expecting_logs_like_its_own() -> None:
    """§5.3: nextIndex is the index just after the last one in its log (11 in Figure 7)."""
    raft = figure_7()["n1"]
    assert set(raft.next_index.values()) == {11}
    assert set(raft.match_index.values()) == {0}


def test_a_leader_retries_until_a_follower_has_stored_all_entries() -> None:
    """§5.3: indefinitely, even after it has answered the client."""
    cluster = elected()
    cluster.request("n1")
    cluster.deliver_all(among=("n1", "n2"))
    assert cluster.logs() == [(1,), (1,), ()]
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all()
    assert cluster.logs() == [(1,), (1,), (1,)]


def test_a_leader_moves_one_entry_back_and_retries_after_a_refusal() -> None:
    """§5.3."""
    raft = leader(1, 1, 1)
    raft.receive(AppendEntriesResponse("n2", "n1", 2, False, 0))
    assert raft.next_index == {"n2": 3, "n3": 4}
    assert raft.take_effects().messages == (AppendEntriesRequest("n1", "n2", 2, 2, 1, entries(1), 0),)


def test_a_late_refusal_does_not_move_behind_what_is_known_to_match() -> None:
    """§5.3: messages may be reordered."""
    raft = leader(1, 1, 1)
    raft.receive(AppendEntriesResponse("n2", "n1", 2, True, 3))
    raft.receive(AppendEntriesResponse("n2", "n1", 2, False, 0))
    assert (raft.next_index["n2"], raft.match_index["n2"]) == (4, 3)


def test_a_late_acknowledgement_does_not_take_a_later_one_back() -> None:
    """Figure 2: matchIndex increases monotonically."""
    raft = leader(1, 1, 1)
    raft.receive(AppendEntriesResponse("n2", "n1", 2, True, 3))
    raft.receive(AppendEntriesResponse("n2", "n1", 2, True, 1))
    assert (raft.next_index["n2"], raft.match_index["n2"]) == (4, 3)


def test_a_leader_goes_on_sending_what_did_not_fit() -> None:
    """§5.3; one AppendEntries may carry more than one entry, but needs not."""
    cluster = elected(max_entries=2)
    for _ in range(5):
        cluster.request("n1")
    cluster.under_way.clear()
    cluster.heartbeat_timeout("n1")
    assert [len(m.entries) for m in cluster.under_way if isinstance(m, AppendEntriesRequest)] == [2, 2]
    cluster.deliver_all()
    assert cluster.logs() == [(1,) * 5] * 3


def test_a_leader_that_was_deposed_ignores_acknowledgements() -> None:
    """§5.1."""
    raft = leader(1)
    raft.receive(AppendEntriesResponse("n2", "n1", 7, True, 1))
    assert (raft.role, raft.match_index["n2"], raft.take_effects().messages) == ("Follower", 0, ())


# The follower's side (§5.3)


@pytest.mark.parametrize(
    ("log", "prev_index", "prev_term"), [((), 1, 1), ((1,), 2, 1), ((1, 1), 2, 2), ((1, 2), 1, 2)]
)
def test_a_follower_refuses_entries_whose_previous_entry_it_does_not_have(
    log: tuple[int, ...], prev_index: int, prev_term: int
) -> None:
    """§5.3: the entry with the same index and term."""
    raft = server(*log, term=3)
    assert append(raft, prev_index, prev_term, 3, commit_index=1) == AppendEntriesResponse(
        "n1", "n2", 3, False, 0
    )
    assert (terms(raft.log), raft.commit_index) == (log, 0)


@pytest.mark.parametrize(
    ("log", "prev", "new", "merged"),
    [
        ((), (0, 0), (1, 1), (1, 1)),
        ((1,), (1, 1), (2,), (1, 2)),
        ((1, 1, 1), (1, 1), (2,), (1, 2)),  # conflict: it and all that follow go
        ((1, 1, 1), (1, 1), (1, 2), (1, 1, 2)),  # conflict behind an entry that is there
        ((1, 1), (0, 0), (1, 1, 2), (1, 1, 2)),  # some of them new
        ((1, 1, 1), (0, 0), (1,), (1, 1, 1)),  # none of them new: the rest stays
        ((1, 1, 1), (1, 1), (), (1, 1, 1)),  # a late heartbeat: the rest stays
    ],
)
def test_a_follower_deletes_from_the_first_conflict_and_appends_what_is_new(
    log: tuple[int, ...], prev: tuple[int, int], new: tuple[int, ...], merged: tuple[int, ...]
) -> None:
    """Figure 2, AppendEntries, steps 3 and 4."""
    raft = server(*log, term=3)
    response = append(raft, *prev, *new)
    assert terms(raft.log) == merged
    assert response == AppendEntriesResponse("n1", "n2", 3, True, prev[0] + len(new))


def test_a_follower_ignores_entries_that_it_has_already() -> None:
    """§5.5: Raft RPCs are idempotent."""
    raft = server(term=1)
    first = append(raft, 0, 0, 1, 1)
    assert append(raft, 0, 0, 1, 1) == first
    assert terms(raft.log) == (1, 1)


def test_a_follower_acknowledges_no_more_than_it_was_shown() -> None:
    """§5.3: what lies behind may differ from the leader's log."""
    assert append(server(1, 1, 1, term=2), 1, 1).match_index == 1


@pytest.mark.parametrize("name", FIGURE_7_FOLLOWERS)
def test_a_leader_brings_any_follower_of_figure_7_in_line_with_its_own_log(name: str) -> None:
    """§5.3, Figure 7: missing entries, extra uncommitted entries, or both."""
    cluster = figure_7()
    follower = dict(zip(FIGURE_7_FOLLOWERS, cluster["n1"].peers, strict=True))[name]
    cluster.request("n1")
    cluster.deliver_all(among=("n1", follower))
    assert terms(cluster[follower].log) == (*FIGURE_7_LEADER, 8)


def test_a_follower_keeps_extra_entries_until_something_conflicts_with_them() -> None:
    """§5.3, Figure 7 (c) and (d)."""
    cluster = figure_7()
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all()
    logs = cluster.logs()
    assert logs[3] == FIGURE_7_FOLLOWERS["c"]
    assert logs[4] == FIGURE_7_FOLLOWERS["d"]
    assert all(log == FIGURE_7_LEADER for log in (logs[0], logs[1], logs[2], logs[5], logs[6]))


def test_a_leader_never_overwrites_or_deletes_entries_in_its_own_log() -> None:
    """§5.3, Figure 3, Leader Append-Only; Figure 7, in which every other log differs."""
    cluster = figure_7()
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all()
    assert terms(cluster["n1"].log) == FIGURE_7_LEADER


# Commit (§5.3, §5.4.2)


def test_an_entry_is_committed_once_a_majority_stores_it() -> None:
    """§5.3."""
    raft = leader(count=5)
    raft.request(b"x")
    raft.receive(AppendEntriesResponse("n2", "n1", 1, True, 1))
    assert raft.commit_index == 0
    raft.receive(AppendEntriesResponse("n2", "n1", 1, True, 1))  # the same server again
    assert raft.commit_index == 0
    raft.receive(AppendEntriesResponse("n3", "n1", 1, True, 1))
    assert raft.commit_index == 1


def test_a_majority_of_an_even_cluster_is_more_than_half() -> None:
    """§5.3."""
    raft = leader(count=4)
    raft.request(b"x")
    raft.receive(AppendEntriesResponse("n2", "n1", 1, True, 1))
    assert raft.commit_index == 0
    raft.receive(AppendEntriesResponse("n3", "n1", 1, True, 1))
    assert raft.commit_index == 1


def test_a_single_server_commits_at_once() -> None:
    """§5.3: it is its own majority."""
    raft = leader(count=1)
    assert raft.request(b"x")
    assert raft.commit_index == 1


def test_a_commit_covers_all_preceding_entries_of_earlier_leaders_too() -> None:
    """§5.3."""
    raft = leader(1, 1)
    raft.request(b"x")
    raft.receive(AppendEntriesResponse("n2", "n1", 2, True, 3))
    assert raft.commit_index == 3


def test_followers_learn_from_the_next_append_entries_what_is_committed() -> None:
    """§5.3: also from a heartbeat."""
    cluster = elected()
    cluster.request("n1")
    cluster.deliver_all()
    assert [cluster[name].commit_index for name in cluster.names] == [1, 0, 0]
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all()
    assert [cluster[name].commit_index for name in cluster.names] == [1, 1, 1]


def test_a_follower_commits_no_further_than_the_last_new_entry() -> None:
    """Figure 2, AppendEntries, step 5: what lies behind may be another leader's."""
    raft = server(1, 1, 1, term=2)
    append(raft, 1, 1, commit_index=3)
    assert raft.commit_index == 1


def test_a_follower_commits_no_further_than_its_leader() -> None:
    """Figure 2, AppendEntries, step 5."""
    raft = server(term=1)
    append(raft, 0, 0, 1, 1, 1, commit_index=2)
    assert raft.commit_index == 2


def test_a_late_request_takes_neither_a_commit_nor_a_committed_entry_back() -> None:
    """Figure 2: commitIndex increases monotonically."""
    raft = server(term=1)
    append(raft, 0, 0, 1, 1, commit_index=2)
    append(raft, 0, 0, 1, commit_index=1)
    assert (raft.commit_index, terms(raft.log)) == (2, (1, 1))


def test_a_leader_does_not_commit_an_entry_of_an_earlier_term_by_counting() -> None:
    """§5.4.2, Figure 8 (c): index 2 is on a majority, and yet not committed."""
    cluster = figure_8(at="c")
    assert cluster.logs() == [(1, 2), (1, 2), (1, 2), (1,), (1, 3)]
    assert cluster["n1"].match_index["n2"] == cluster["n1"].match_index["n3"] == 2
    assert cluster["n1"].commit_index == 0


def test_an_entry_of_an_earlier_term_on_a_majority_can_still_be_overwritten() -> None:
    """§5.4.2, Figure 8 (d): so it must not have been committed."""
    cluster = figure_8(at="c")
    cluster.restart("n5")
    cluster.election_timeout("n5")  # term 4, in which most have voted for S1
    cluster.deliver_all(among=("n5",))
    cluster.elect("n5", votes=("n2", "n3", "n4", "n5"))
    cluster.heartbeat_timeout("n5")
    cluster.deliver_all()
    assert cluster.logs() == [(1, 3)] * 5


def test_an_entry_of_the_own_term_on_a_majority_commits_those_before_it_for_good() -> None:
    """§5.4.2, Figure 8 (e): S5 cannot win an election."""
    cluster = figure_8(at="c")
    cluster.request("n1")
    cluster.deliver_all(among=("n1", "n2", "n3"))
    assert cluster["n1"].commit_index == 3
    cluster.restart("n5")
    for _ in range(3):
        cluster.election_timeout("n5")
        cluster.deliver_all(among=("n2", "n3", "n4", "n5"))
        assert cluster["n5"].role == "Candidate"


# Crashes (§5.5)


@pytest.mark.parametrize("lost", ["request", "response"])
def test_a_follower_that_crashed_catches_up_after_its_restart(lost: str) -> None:
    """§5.5: before or after it has completed the RPC."""
    cluster = elected()
    cluster.request("n1")
    if lost == "response":
        cluster.under_way.pop(0)
        cluster["n3"].receive(cluster.under_way.pop(0))
        cluster.drain("n3")
    cluster.under_way.clear()
    cluster.restart("n3")
    assert cluster["n3"].role == "Follower"
    assert terms(cluster["n3"].log) == ((1,) if lost == "response" else ())
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all()
    assert cluster.logs() == [(1,)] * 3
    assert cluster["n1"].match_index == {"n2": 1, "n3": 1}

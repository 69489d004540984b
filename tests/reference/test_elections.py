"""§5.1 and §5.2 (terms and elections), §5.4.1 (who may win one)."""

import pytest

from raftcheck.reference.messages import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Message,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.reference.raft import Raft, Role
from raftcheck.reference.stable import Stable

from .cluster import Cluster, candidate, elected, names, server


def messages_of_term(term: int) -> list[Message]:
    """One of each kind, from n2 to n1."""
    return [
        RequestVoteRequest("n2", "n1", term, 0, 0),
        RequestVoteResponse("n2", "n1", term, False),
        AppendEntriesRequest("n2", "n1", term, 0, 0, (), 0),
        AppendEntriesResponse("n2", "n1", term, False, 0),
    ]


def in_role(role: Role) -> Raft:
    """n1 in term 1, in this role."""
    if role == "Follower":
        return server(term=1)
    raft = candidate()
    if role == "Leader":
        raft.receive(RequestVoteResponse("n2", "n1", 1, True))
        raft.take_effects()
    assert raft.role == role
    return raft


def ask(raft: Raft, request: RequestVoteRequest) -> bool:
    """Whether the server grants its vote."""
    raft.receive(request)
    (response,) = raft.take_effects().messages
    assert isinstance(response, RequestVoteResponse)
    assert (response.source, response.dest) == (request.dest, request.source)
    assert response.term == raft.current_term
    return response.vote_granted


# Terms (§5.1)


def test_servers_start_up_as_followers() -> None:
    """§5.2."""
    raft = Raft("n1", names(3), Stable())
    assert (raft.role, raft.current_term, raft.voted_for, raft.log) == ("Follower", 0, None, [])


@pytest.mark.parametrize("role", ["Follower", "Candidate", "Leader"])
@pytest.mark.parametrize("message", messages_of_term(7), ids=lambda message: type(message).__name__)
def test_a_server_with_a_smaller_term_takes_the_larger_one_and_is_a_follower(
    message: Message, role: Role
) -> None:
    """§5.1: whenever servers communicate."""
    raft = in_role(role)
    raft.receive(message)
    assert (raft.current_term, raft.role) == (7, "Follower")


def test_a_new_term_brings_a_new_vote() -> None:
    """§5.2, Figure 2: votedFor is the candidate that received the vote in the current term."""
    raft = server(term=3, voted_for="n3")
    raft.receive(AppendEntriesResponse("n2", "n1", 4, False, 0))
    assert raft.voted_for is None


@pytest.mark.parametrize("role", ["Follower", "Candidate", "Leader"])
def test_a_request_with_a_stale_term_is_rejected_and_changes_nothing(role: Role) -> None:
    """§5.1."""
    raft = in_role(role)
    raft.receive(RequestVoteRequest("n2", "n1", 0, 9, 9))
    raft.receive(AppendEntriesRequest("n2", "n1", 0, 0, 0, (), 0))
    effects = raft.take_effects()
    assert effects.messages == (
        RequestVoteResponse("n1", "n2", 1, False),
        AppendEntriesResponse("n1", "n2", 1, False, 0),
    )
    assert effects.records == ()
    assert raft.role == role


def test_a_response_with_a_stale_term_is_dropped() -> None:
    """§5.1: votes and acknowledgements count only in the term in which they were asked for."""
    raft = candidate()
    raft.election_timeout()
    raft.take_effects()
    raft.receive(RequestVoteResponse("n2", "n1", 1, True))
    assert (raft.role, raft.votes_granted) == ("Candidate", frozenset({"n1"}))

    cluster = elected()
    cluster.request("n1")
    cluster["n1"].receive(AppendEntriesResponse("n2", "n1", 0, True, 1))
    assert cluster["n1"].match_index["n2"] == 0


# Elections (§5.2)


@pytest.mark.parametrize("role", ["Follower", "Candidate"])
def test_to_begin_an_election_a_server_increments_its_term_and_asks_every_other_for_a_vote(
    role: Role,
) -> None:
    """§5.2; a candidate does the same when it times out again."""
    raft = in_role(role)
    raft.election_timeout()
    assert (raft.role, raft.current_term) == ("Candidate", 2)
    assert raft.take_effects().messages == (
        RequestVoteRequest("n1", "n2", 2, 0, 0),
        RequestVoteRequest("n1", "n3", 2, 0, 0),
    )


def test_a_candidate_votes_for_itself() -> None:
    """§5.2."""
    raft = candidate()
    assert (raft.voted_for, raft.votes_granted) == ("n1", frozenset({"n1"}))


def test_a_leader_has_no_election_timeout() -> None:
    """§5.2."""
    raft = in_role("Leader")
    raft.election_timeout()
    assert (raft.role, raft.current_term, raft.take_effects().messages) == ("Leader", 1, ())


def test_only_a_leader_sends_heartbeats() -> None:
    """§5.2."""
    raft = in_role("Candidate")
    raft.heartbeat_timeout()
    assert raft.take_effects().messages == ()


@pytest.mark.parametrize(
    ("role", "timer"), [("Follower", "election"), ("Candidate", "election"), ("Leader", "heartbeat")]
)
def test_the_timer_that_runs_is_the_one_of_the_role(role: Role, timer: str) -> None:
    """§5.2."""
    assert in_role(role).timers == (timer,)


@pytest.mark.parametrize(("count", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_a_candidate_wins_with_the_votes_of_a_majority_of_all_servers(count: int, majority: int) -> None:
    """§5.2."""
    raft = candidate(count=count)
    voters = iter(raft.peers)
    while len(raft.votes_granted) < majority:
        assert raft.role == "Candidate"
        raft.receive(RequestVoteResponse(next(voters), "n1", 1, True))
    assert raft.role == "Leader"


def test_a_vote_that_arrives_twice_counts_once() -> None:
    """§5.2: a majority of the servers, not of the messages."""
    raft = candidate(count=5)
    for _ in range(3):
        raft.receive(RequestVoteResponse("n2", "n1", 1, True))
    assert (raft.role, raft.votes_granted) == ("Candidate", frozenset({"n1", "n2"}))


def test_a_refusal_is_no_vote() -> None:
    """§5.2."""
    raft = candidate()
    raft.receive(RequestVoteResponse("n2", "n1", 1, False))
    assert (raft.role, raft.votes_granted) == ("Candidate", frozenset({"n1"}))


def test_a_vote_for_a_candidate_that_has_given_up_changes_nothing() -> None:
    """§5.2."""
    raft = candidate()
    raft.receive(AppendEntriesRequest("n3", "n1", 1, 0, 0, (), 0))
    raft.receive(RequestVoteResponse("n2", "n1", 1, True))
    assert raft.role == "Follower"


def test_a_server_votes_for_at_most_one_candidate_in_a_term_first_come_first_served() -> None:
    """§5.2."""
    raft = server()
    assert ask(raft, RequestVoteRequest("n2", "n1", 1, 0, 0))
    assert not ask(raft, RequestVoteRequest("n3", "n1", 1, 0, 0))
    assert raft.voted_for == "n2"


def test_a_candidate_has_given_its_vote_away() -> None:
    """§5.2."""
    assert not ask(candidate(), RequestVoteRequest("n2", "n1", 1, 0, 0))


def test_the_same_candidate_gets_the_same_vote_again() -> None:
    """Figure 2, RequestVote, step 2: votedFor is null *or candidateId*; the first response may be lost."""
    raft = server()
    assert ask(raft, RequestVoteRequest("n2", "n1", 1, 0, 0))
    assert ask(raft, RequestVoteRequest("n2", "n1", 1, 0, 0))


def test_a_new_leader_sends_heartbeats_to_all_others_at_once() -> None:
    """§5.2: to establish its authority and prevent new elections."""
    raft = candidate(1)
    raft.receive(RequestVoteResponse("n3", "n1", 2, True))
    assert raft.take_effects().messages == (
        AppendEntriesRequest("n1", "n2", 2, 1, 1, (), 0),
        AppendEntriesRequest("n1", "n3", 2, 1, 1, (), 0),
    )


@pytest.mark.parametrize("term", [1, 2])
def test_a_candidate_recognises_the_leader_of_a_term_as_large_as_its_own(term: int) -> None:
    """§5.2."""
    raft = candidate()
    raft.receive(AppendEntriesRequest("n2", "n1", term, 0, 0, (), 0))
    assert (raft.role, raft.current_term) == ("Follower", term)


def test_a_candidate_recognises_a_leader_even_when_it_must_refuse_its_entries() -> None:
    """§5.2, §5.3."""
    raft = candidate()
    raft.receive(AppendEntriesRequest("n2", "n1", 1, 5, 1, (), 0))
    assert raft.role == "Follower"
    assert raft.take_effects().messages == (AppendEntriesResponse("n1", "n2", 1, False, 0),)


def test_a_candidate_stays_one_when_the_leader_has_a_smaller_term() -> None:
    """§5.2."""
    raft = candidate(3)
    raft.receive(AppendEntriesRequest("n2", "n1", 3, 0, 0, (), 0))
    assert (raft.role, raft.current_term) == ("Candidate", 4)


def test_a_split_vote_ends_with_a_new_election_in_a_new_term() -> None:
    """§5.2."""
    cluster = Cluster([()] * 4)
    cluster.election_timeout("n1")
    cluster.election_timeout("n2")
    cluster.under_way.sort(
        key=lambda message: (message.source, message.dest) not in {("n1", "n3"), ("n2", "n4")}
    )
    cluster.deliver_all()
    assert [cluster[name].role for name in cluster.names] == [
        "Candidate",
        "Candidate",
        "Follower",
        "Follower",
    ]

    cluster.election_timeout("n2")
    cluster.deliver_all()
    assert [cluster[name].role for name in cluster.names] == ["Follower", "Leader", "Follower", "Follower"]
    assert {cluster[name].current_term for name in cluster.names} == {2}


def test_two_leaders_of_one_term_are_a_contradiction() -> None:
    """Figure 3, Election Safety: at most one leader can be elected in a given term."""
    with pytest.raises(AssertionError, match="n1 and n2 both lead term 1"):
        in_role("Leader").receive(AppendEntriesRequest("n2", "n1", 1, 0, 0, (), 0))


def test_a_single_server_elects_itself() -> None:
    """§5.2: it is its own majority."""
    raft = server(count=1)
    raft.election_timeout()
    assert (raft.role, raft.take_effects().messages) == ("Leader", ())


# Election restriction (§5.4.1)


@pytest.mark.parametrize(
    ("voter", "last_log_index", "last_log_term", "granted"),
    [
        ((), 0, 0, True),
        ((1, 1), 2, 1, True),  # the same
        ((1, 1), 3, 1, True),  # longer, of the same last term
        ((1, 1), 1, 1, False),
        ((1, 1), 1, 2, True),  # a later last term beats the longer log
        ((1, 2), 5, 1, False),
        ((1,), 0, 0, False),
    ],
)
def test_a_voter_denies_its_vote_if_its_own_log_is_more_up_to_date(
    voter: tuple[int, ...], last_log_index: int, last_log_term: int, granted: bool
) -> None:
    """§5.4.1: the log with the later last term; with equal last terms the longer one."""
    raft = server(*voter)
    assert ask(raft, RequestVoteRequest("n2", "n1", 3, last_log_index, last_log_term)) is granted
    assert raft.voted_for == ("n2" if granted else None)
    assert raft.current_term == 3


# Set-up


@pytest.mark.parametrize("servers", [("n2", "n3"), ("n1", "n2", "n2"), ()])
def test_a_server_is_one_of_its_cluster_and_names_are_unique(servers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected different names, 'n1' among them"):
        Raft("n1", servers, Stable())


def test_a_request_must_be_able_to_carry_an_entry() -> None:
    with pytest.raises(ValueError, match="max_entries 0: expected 1 or more"):
        Raft("n1", names(3), Stable(), max_entries=0)

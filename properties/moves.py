"""From the Steps of a behavior to Moves: what is to be done to a cluster, and what is to be seen of it then.

raft.tla has a finer grain than code. A newer term is taken together with the message that has it, and what a
server does next of itself (it leads, it commits) belongs to the call before; so all these steps are one Move.
Where the behavior does not handle that message next, it is one nevertheless, since code cannot help it.
Steps of different servers commute unless a message connects them, so a Move is made where its cause is, and
what is expected after it is what the server is once it has taken the last of its steps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .steps import HANDLERS, SENDS, RaftBehavior, Step

OWN_LIBERTIES = ("HearOther", "StepDown", "LeaderEntry", "LearnCommit", "Rewind")
"""What a server may do of itself beyond Figure 2: nobody can ask it to."""

OWN = ("BecomeLeader", "AdvanceCommitIndex", *OWN_LIBERTIES)
"""What a server does of itself, after what it was called for."""

NETWORK = ("DuplicateMessage", "DropMessage", *SENDS.values(), "AnswerLater")
"""What only adds to the messages in flight, or takes from them."""

RECEIPTS = (*HANDLERS.values(), "DropStaleResponse", "IgnoreAppendEntries", "RefuseVoteRequest")


@dataclass(slots=True)
class Move:
    """A cause, and the steps that are one with it.

    cause   None: the behavior has a server change of itself, and nothing came before
    needed  of a message that is sent, duplicated or lost: how many copies are handled later. The last step of
            all is what a counterexample is about: if that sends, it is needed.
    """

    cause: Step | None
    steps: list[Step] = field(default_factory=list)
    needed: int = 0


def moves_of(behavior: RaftBehavior) -> list[Move]:
    """The moves in the order of their causes."""
    moves: list[Move] = []
    latest: dict[str, Move] = {}
    halves: dict[str, Move] = {}
    # The messages that are still to be handled.
    left = Counter(step.message for step in behavior.steps if step.action in RECEIPTS)
    for step in behavior.steps:
        server = step.server
        if step.action == "UpdateTerm":
            half = halves.pop(server, None)
            halves[server] = Move(step, [*(half.steps if half is not None else ()), step])
            moves = [move for move in moves if move is not half] + [halves[server]]
        elif step.action in OWN and server in latest and server not in halves:
            latest[server].steps.append(step)
        elif step.action in NETWORK:
            is_the_point = step is behavior.steps[-1] and step.action in SENDS.values()
            moves.append(Move(step, [step], max(left[step.message], is_the_point)))
        else:
            left[step.message] -= 1
            half = halves.pop(server, None)
            move = Move(None if step.action in OWN else step, [step])
            if half is not None and _has_term(step, half, behavior):
                move.steps[:0] = half.steps
                moves = [other for other in moves if other is not half]
            moves.append(move)
            latest[server] = move
    return moves


def _has_term(step: Step, half: Move, behavior: RaftBehavior) -> bool:
    """Whether a message with the newer term is handled."""
    term = behavior.seen(half.steps[-1].number, step.server).current_term
    return step.action in RECEIPTS and step.message is not None and step.message.term == term

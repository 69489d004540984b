"""The one place where "persist, then send" is enforced: the effects of a server, carried out in order.

Knows neither what the records and messages say, nor how they are stored or travel.
"""

from collections.abc import Callable

from .messages import Message
from .raft import Raft
from .storage import Storage


def drain(raft: Raft, storage: Storage, send: Callable[[Message], None]) -> None:
    """Carry out what the server wants done: no message leaves before all records are on stable storage.

    (Figure 2, "updated on stable storage before responding to RPCs"; the leader's own requests wait as
    well, since its entry counts for a majority.) When the storage raises, nothing was sent, and the
    server must stop: its memory is ahead of its disk. To go on, restart from Storage.load().
    """
    effects = raft.take_effects()
    if effects.records:
        for record in effects.records:
            storage.write(record)
        storage.sync()
    for message in effects.messages:
        send(message)

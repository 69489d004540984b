/* A server: libraft's struct raft, and the raft_io and raft_fsm that the driver gives it.
 *
 *   node.c         node.h by libraft's calls: start, deliver, fire, request, stop; the clock
 *   store.c        the disk behind raft_io: term, vote, entries, snapshot
 *   messages.c     raft_io's send, and what arrives: struct raft_message to JSON and back
 *   views.c        what messages and state mean in the vocabulary of FORMAT.md
 *   machine.c      the state machine: remembers all entries that were applied, a snapshot is that list
 *   completions.c  what raft_io has promised to call back
 *   wire.c         entries and configurations to JSON and back
 */
#ifndef SERVER_H
#define SERVER_H

#include "completions.h"
#include "env.h"

#include <raft.h>

struct node
{
    struct env *env;
    struct raft raft;
    struct raft_io io;
    struct raft_fsm fsm;

    /* Given by raft_start. */
    raft_io_tick_cb tick;
    raft_io_recv_cb receive;

    raft_time now;   /* The clock: goes on only when a timer fires. */
    bool slow_disk;  /* The completion of a write is an action of its own. */
    bool closed;     /* raft_close is through. */

    struct completions sends; /* Done as soon as libraft returns. */
    struct completions disk;

    /* What is on disk, as far as raft_io must know: entries first..last (first = last + 1: none). */
    raft_term term;
    json_t *loaded; /* During raft_start: the disk as it was found. */
    raft_index first;
    raft_index last;
    json_t *snapshot; /* The latest; NULL: none. */

    /* The machine: entry k as FORMAT.md has it stands at k - 1. */
    json_t *applied;

    /* Of the request that is being handled: the index of its last entry. An answer vouches for no more. */
    raft_index vouched;
};

/* A server's id is its place among all, from 1. Names are addresses. */
raft_id id_of(const struct env *env, const char *name);
const char *name_of(const struct env *env, raft_id id);

/* store.c: fills in the part of raft_io that is the disk. */
void store_install(struct raft_io *io);
/* Remembers what of the disk raft_io must know. */
void store_open(struct node *node, const json_t *disk);
void store_close(struct node *node);

/* messages.c: raft_io's send, and libraft's handling of what has arrived. */
int messages_send(struct raft_io *io, struct raft_io_send *request, const struct raft_message *message,
                  raft_io_send_cb done);
void messages_receive(struct node *node, const char *source, const json_t *payload);

/* machine.c */
void machine_install(struct raft_fsm *fsm);

/* views.c */
json_t *view_of(const struct node *node, const struct raft_message *message);
json_t *view_of_log(const struct node *node);
json_t *view_of_entry(const struct raft_entry *entry);
json_t *view_of_state(const struct node *node);

/* The entry at an index of the log in memory, which must hold it. */
const struct raft_entry *entry_at(const struct raft_log *log, raft_index index);
raft_index last_index(const struct raft_log *log);

#endif

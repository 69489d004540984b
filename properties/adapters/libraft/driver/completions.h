/* Calls that raft_io owes to libraft: writes and sends that are through, first come first served. */
#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <raft.h>
#include <stdbool.h>

struct completion
{
    enum { SENT, APPENDED, SNAPSHOT_STORED, SNAPSHOT_READ } kind;
    union {
        struct { struct raft_io_send *request; raft_io_send_cb call; } sent;
        struct { struct raft_io_append *request; raft_io_append_cb call; } appended;
        struct { struct raft_io_snapshot_put *request; raft_io_snapshot_put_cb call; } stored;
        struct
        {
            struct raft_io_snapshot_get *request;
            raft_io_snapshot_get_cb call;
            struct raft_snapshot *snapshot;
        } read;
    };
    raft_index vouched; /* For what is written on request of a leader: the index of the request's last entry. */
    struct completion *next;
};

struct completions
{
    struct completion *first;
    struct completion *last;
};

/* Owes one call more. */
void completions_add(struct completions *queue, struct completion owed);
/* Takes out the oldest; false if nothing is owed. */
bool completions_take(struct completions *queue, struct completion *oldest);
/* Makes the call: it went well. */
void completion_call(const struct completion *completion);

#endif

/* A queue of calls that are owed. */
#include "completions.h"

#include "env.h"

#include <stdlib.h>

void completions_add(struct completions *queue, struct completion owed)
{
    struct completion *added = malloc(sizeof *added);
    if (added == NULL) {
        die("out of memory");
    }
    *added = owed;
    added->next = NULL;
    if (queue->first == NULL) {
        queue->first = added;
    } else {
        queue->last->next = added;
    }
    queue->last = added;
}

bool completions_take(struct completions *queue, struct completion *oldest)
{
    struct completion *taken = queue->first;
    if (taken == NULL) {
        return false;
    }
    queue->first = taken->next;
    *oldest = *taken;
    free(taken);
    return true;
}

void completion_call(const struct completion *completion)
{
    switch (completion->kind) {
        case SENT:
            completion->sent.call(completion->sent.request, 0);
            break;
        case APPENDED:
            completion->appended.call(completion->appended.request, 0);
            break;
        case SNAPSHOT_STORED:
            completion->stored.call(completion->stored.request, 0);
            break;
        case SNAPSHOT_READ:
            completion->read.call(completion->read.request, completion->read.snapshot, 0);
            break;
    }
}

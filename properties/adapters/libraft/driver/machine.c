/* The state machine: the list of all entries up to the last that was applied.
 *
 * Commands come through raft_fsm. Configurations and barriers do not, so they are read from the log when the
 * next command or snapshot comes. A snapshot is the list, so a server that installs one knows all entries.
 */
#include "server.h"
#include "wire.h"

#include <string.h>

/* Takes up the entries up to an index, all of which are still in the log. */
static void catch_up(struct node *node, raft_index index)
{
    raft_index k;
    for (k = json_array_size(node->applied) + 1; k <= index; k++) {
        json_array_append_new(node->applied, view_of_entry(entry_at(&node->raft.log, k)));
    }
}

static int apply(struct raft_fsm *fsm, const struct raft_buffer *command, void **result)
{
    struct node *node = fsm->data;
    raft_index index = node->raft.last_applied + 1;
    const char *value;
    catch_up(node, index);
    value = json_string_value(json_object_get(json_array_get(node->applied, index - 1), "value"));
    if (strcmp(value, command->base) != 0) {
        env_fail(node->env, "index %llu of the log is %s, and %s is applied", index, value,
                 (const char *)command->base);
    }
    *result = NULL;
    return 0;
}

static int take_snapshot(struct raft_fsm *fsm, struct raft_buffer *buffers[], unsigned *n)
{
    struct node *node = fsm->data;
    char *text;
    catch_up(node, node->raft.last_applied);
    text = json_dumps(node->applied, JSON_COMPACT);
    *n = 1;
    *buffers = raft_malloc(sizeof **buffers);
    if (text == NULL || *buffers == NULL) {
        die("out of memory");
    }
    **buffers = buffer_of(text);
    free(text);
    return 0;
}

static int restore(struct raft_fsm *fsm, struct raft_buffer *buffer)
{
    struct node *node = fsm->data;
    json_decref(node->applied);
    node->applied = json_loads(buffer->base, 0, NULL);
    if (!json_is_array(node->applied)) {
        die("a snapshot that is none");
    }
    raft_free(buffer->base);
    return 0;
}

void machine_install(struct raft_fsm *fsm)
{
    fsm->version = 1;
    fsm->apply = apply;
    fsm->snapshot = take_snapshot;
    fsm->restore = restore;
}

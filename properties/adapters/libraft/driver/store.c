/* The disk behind raft_io. Term and vote are written and synced before libraft goes on. Of a follower, entries and
 * snapshots are when libraft has returned, after all that it sent meanwhile; of a leader at once, for it may send
 * what it has not written (thesis 10.2.1), and raft.tla has no leader that loses entries. The call that says that
 * a write is through comes after it, in order, and may come much later.
 *
 * Keys: "metadata" {"term", "voted_for"}; "entry/5" an entry; "snapshot" {"index", "term", "configuration",
 * "configuration_index", "data"}.
 */
#include "server.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

static raft_index number(const json_t *object, const char *key)
{
    return (raft_index)json_integer_value(json_object_get(object, key));
}

static const char *entry_key(raft_index index)
{
    static char key[32];
    snprintf(key, sizeof key, "entry/%llu", index);
    return key;
}

static const json_t *entry_on(const json_t *disk, raft_index index)
{
    return json_object_get(disk, entry_key(index));
}

/* Whether the entries on disk go on where the snapshot ends. An older log, which a leader's snapshot has replaced,
 * may still be there after a crash; it holds another entry at that index, or none. */
static bool continues(const json_t *disk, const json_t *snapshot)
{
    const json_t *entry = entry_on(disk, number(snapshot, "index"));
    return entry == NULL || number(entry, "term") == number(snapshot, "term");
}

/* Erases the entries that are not first..last. */
static void erase_remains(struct node *node, const json_t *disk)
{
    const char *key;
    const json_t *value;
    raft_index index;
    json_object_foreach((json_t *)disk, key, value)
    {
        if (sscanf(key, "entry/%llu", &index) == 1 && (index < node->first || index > node->last)) {
            env_erase(node->env, key);
        }
    }
    env_sync(node->env);
}

void store_open(struct node *node, const json_t *disk)
{
    json_t *snapshot = json_object_get(disk, "snapshot");
    raft_index anchor = snapshot == NULL ? 1 : number(snapshot, "index") + 1;
    node->loaded = json_deep_copy(disk);
    node->snapshot = json_incref(snapshot);
    node->first = anchor;
    node->last = anchor - 1;
    if (snapshot == NULL || continues(disk, snapshot)) {
        while (node->first > 1 && entry_on(disk, node->first - 1) != NULL) {
            node->first--;
        }
        while (entry_on(disk, node->last + 1) != NULL) {
            node->last++;
        }
    }
    erase_remains(node, disk);
}

void store_close(struct node *node)
{
    json_decref(node->loaded);
    json_decref(node->snapshot);
}

/* The snapshot on disk; NULL: none. */
static struct raft_snapshot *read_snapshot(const struct node *node)
{
    struct raft_snapshot *snapshot;
    if (node->snapshot == NULL) {
        return NULL;
    }
    snapshot = raft_malloc(sizeof *snapshot);
    if (snapshot == NULL || (snapshot->bufs = raft_malloc(sizeof *snapshot->bufs)) == NULL) {
        die("out of memory");
    }
    snapshot->index = number(node->snapshot, "index");
    snapshot->term = number(node->snapshot, "term");
    snapshot->configuration_index = number(node->snapshot, "configuration_index");
    configuration_from_json(json_object_get(node->snapshot, "configuration"), &snapshot->configuration);
    snapshot->bufs[0] = buffer_of(json_string_value(json_object_get(node->snapshot, "data")));
    snapshot->n_bufs = 1;
    return snapshot;
}

static int load(struct raft_io *io, raft_term *term, raft_id *voted_for, struct raft_snapshot **snapshot,
                raft_index *start_index, struct raft_entry *entries[], size_t *n_entries)
{
    struct node *node = io->impl;
    const json_t *metadata = json_object_get(node->loaded, "metadata");
    json_t *list = json_array();
    raft_index k;
    for (k = node->first; k <= node->last; k++) {
        json_array_append(list, json_object_get(node->loaded, entry_key(k)));
    }
    *term = node->term = number(metadata, "term");
    *voted_for = number(metadata, "voted_for");
    *snapshot = read_snapshot(node);
    *start_index = node->first;
    *n_entries = json_array_size(list);
    *entries = entries_from_json(list);
    json_decref(list);
    return 0;
}

/* What follows, up to work_at_once, need not be on disk when raft_io returns. */
static void work_later(struct node *node)
{
    node->env->lazy = node->raft.state == RAFT_FOLLOWER;
}

static void work_at_once(struct node *node)
{
    node->env->lazy = false;
}

static void write_metadata(struct node *node, raft_term term, raft_id voted_for)
{
    env_write(node->env, "metadata",
              json_pack("{sIsI}", "term", (json_int_t)term, "voted_for", (json_int_t)voted_for));
    env_sync(node->env);
}

static int bootstrap(struct raft_io *io, const struct raft_configuration *configuration)
{
    struct node *node = io->impl;
    struct raft_entry first = {.term = 1, .type = RAFT_CHANGE};
    json_t *entry;
    if (raft_configuration_encode(configuration, &first.buf) != 0) {
        die("out of memory");
    }
    entry = entry_to_json(&first);
    raft_free(first.buf.base);
    json_object_set_new(node->loaded, "metadata", json_pack("{sisi}", "term", 1, "voted_for", 0));
    json_object_set(node->loaded, entry_key(1), entry);
    env_write(node->env, entry_key(1), entry);
    write_metadata(node, 1, 0);
    node->last = 1;
    return 0;
}

static int set_term(struct raft_io *io, raft_term term)
{
    struct node *node = io->impl;
    node->term = term;
    write_metadata(node, term, 0);
    return 0;
}

static int set_vote(struct raft_io *io, raft_id server)
{
    struct node *node = io->impl;
    write_metadata(node, node->term, server);
    return 0;
}

static int append(struct raft_io *io, struct raft_io_append *request, const struct raft_entry entries[],
                  unsigned n, raft_io_append_cb done)
{
    struct node *node = io->impl;
    struct completion owed = {.kind = APPENDED, .appended = {request, done}, .vouched = node->vouched};
    unsigned i;
    work_later(node);
    for (i = 0; i < n; i++) {
        node->last++;
        env_write(node->env, entry_key(node->last), entry_to_json(&entries[i]));
    }
    env_sync(node->env);
    work_at_once(node);
    completions_add(&node->disk, owed);
    return 0;
}

/* The first one first, so that a crash leaves all of them or none: a log ends before the first gap. */
static int truncate_from(struct raft_io *io, raft_index index)
{
    struct node *node = io->impl;
    raft_index k;
    work_later(node);
    for (k = index; k <= node->last; k++) {
        env_erase(node->env, entry_key(k));
    }
    work_at_once(node);
    node->last = index - 1;
    return 0;
}

/* From the last one down, so that nothing that a crash leaves looks as if it followed the new snapshot. */
static void erase_all(struct node *node)
{
    for (; node->last >= node->first; node->last--) {
        env_erase(node->env, entry_key(node->last));
    }
}

/* Erases from the oldest up: what a crash leaves follows the snapshot. */
static void erase_up_to(struct node *node, raft_index index)
{
    for (; node->first <= index && node->first <= node->last; node->first++) {
        env_erase(node->env, entry_key(node->first));
    }
}

static json_t *snapshot_to_json(const struct raft_snapshot *snapshot)
{
    return json_pack("{sIsIsosIss}", "index", (json_int_t)snapshot->index, "term", (json_int_t)snapshot->term,
                     "configuration", configuration_to_json(&snapshot->configuration), "configuration_index",
                     (json_int_t)snapshot->configuration_index, "data", (const char *)snapshot->bufs[0].base);
}

/* Without trailing entries it is a leader's snapshot, which replaces the log; else one of our own. */
static int snapshot_put(struct raft_io *io, unsigned trailing, struct raft_io_snapshot_put *request,
                        const struct raft_snapshot *snapshot, raft_io_snapshot_put_cb done)
{
    struct node *node = io->impl;
    struct completion owed = {.kind = SNAPSHOT_STORED, .stored = {request, done}, .vouched = node->vouched};
    json_decref(node->snapshot);
    node->snapshot = snapshot_to_json(snapshot);
    work_later(node);
    env_write(node->env, "snapshot", json_incref(node->snapshot));
    env_sync(node->env);
    if (trailing == 0) {
        erase_all(node);
        node->last = snapshot->index;
        node->first = snapshot->index + 1;
    } else if (snapshot->index > trailing) {
        erase_up_to(node, snapshot->index - trailing);
    }
    env_sync(node->env);
    work_at_once(node);
    completions_add(&node->disk, owed);
    return 0;
}

static int snapshot_get(struct raft_io *io, struct raft_io_snapshot_get *request, raft_io_snapshot_get_cb done)
{
    struct node *node = io->impl;
    struct completion owed = {.kind = SNAPSHOT_READ, .read = {request, done, read_snapshot(node)}};
    completions_add(&node->disk, owed);
    return 0;
}

void store_install(struct raft_io *io)
{
    io->load = load;
    io->bootstrap = bootstrap;
    io->set_term = set_term;
    io->set_vote = set_vote;
    io->append = append;
    io->truncate = truncate_from;
    io->snapshot_put = snapshot_put;
    io->snapshot_get = snapshot_get;
}

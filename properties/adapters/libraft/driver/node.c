/* A server of libraft behind node.h: its life, its clock, and the order in which things come to it. */
#include "node.h"

#include "server.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* The clock goes on by a timer's length when that timer fires. A heartbeat is so much shorter than an election
 * timeout that no number of them leads to one; which timer runs out is the schedule's choice. An election timeout
 * fits twice into an int, as libraft wants it. */
enum { HEARTBEAT_MS = 1, SNAPSHOT_MS = 1000000, ELECTION_MS = 500000000 };

static const char *const ELECTION = "election";
static const char *const HEARTBEAT = "heartbeat";
static const char *const CHECK_QUORUM = "check quorum";
static const char *const DISK = "disk";

struct request
{
    struct raft_apply apply;
    struct node *node;
    json_int_t number;
};

raft_id id_of(const struct env *env, const char *name)
{
    size_t i;
    for (i = 0; i < json_array_size(env->servers); i++) {
        if (strcmp(json_string_value(json_array_get(env->servers, i)), name) == 0) {
            return i + 1;
        }
    }
    die("no server is called %s", name);
}

const char *name_of(const struct env *env, raft_id id)
{
    const char *name = json_string_value(json_array_get(env->servers, id - 1));
    if (name == NULL) {
        die("no server has the id %llu", id);
    }
    return name;
}

json_t *node_hello(void)
{
    json_t *knobs = json_pack("{s[bb]s[bb]s[nii]s[ii]}", "slow_disk", 0, 1, "pre_vote", 0, 1,
                              "snapshot_threshold", 3, 8, "snapshot_trailing", 1, 3);
    json_t *liberties =
        json_pack("[sssssss]", "StepDown", "RefuseVoteRequest", "IgnoreResponse", "IgnoreAppendEntries",
                  "AnswerLater", "LearnLater", "LearnCommit");
    return json_pack("{sss{sssbsbsisoso}}", "name", "canonical/raft " RAFT_VERSION, "caps", "network", "stream",
                     "durable", 1, "links", 0, "fewest_servers", 2, "liberties", liberties, "knobs", knobs);
}

/* A knob of the configuration; `otherwise` where it is left out or null. */
static json_int_t knob(const struct node *node, const char *name, json_int_t otherwise)
{
    const json_t *value = json_object_get(node->env->config, name);
    if (json_is_boolean(value)) {
        return json_is_true(value);
    }
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* The next call that is owed before the server comes to rest: sends are through, then the disk is. */
static bool take_owed(struct node *node, struct completion *owed)
{
    if (completions_take(&node->sends, owed)) {
        return true;
    }
    env_catch_up(node->env);
    return !node->slow_disk && completions_take(&node->disk, owed);
}

/* Makes the calls that are owed, and ends the server if libraft has ended itself. */
static void settle(struct node *node)
{
    struct completion owed;
    while (take_owed(node, &owed)) {
        node->vouched = owed.vouched;
        completion_call(&owed);
    }
    if (node->raft.state == RAFT_UNAVAILABLE) {
        env_fail(node->env, "the server has made itself unavailable: %s", raft_errmsg(&node->raft));
    }
}

static int io_init(struct raft_io *io, raft_id id, const char *address)
{
    (void)io, (void)id, (void)address;
    return 0;
}

static int io_start(struct raft_io *io, unsigned msecs, raft_io_tick_cb tick, raft_io_recv_cb receive)
{
    struct node *node = io->impl;
    (void)msecs;
    node->tick = tick;
    node->receive = receive;
    return 0;
}

/* What was asked of the disk is on disk, so the calls that are owed say that it went well. */
static void io_close(struct raft_io *io, raft_io_close_cb done)
{
    struct node *node = io->impl;
    struct completion owed;
    while (completions_take(&node->sends, &owed) || completions_take(&node->disk, &owed)) {
        completion_call(&owed);
    }
    done(io);
}

static raft_time io_time(struct raft_io *io)
{
    const struct node *node = io->impl;
    return node->now;
}

static int io_random(struct raft_io *io, int low, int high)
{
    (void)io, (void)high;
    return low;
}

static void install_io(struct node *node)
{
    node->io.version = 1;
    node->io.impl = node;
    node->io.init = io_init;
    node->io.close = io_close;
    node->io.start = io_start;
    node->io.send = messages_send;
    node->io.time = io_time;
    node->io.random = io_random;
    store_install(&node->io);
}

static void configure(struct node *node)
{
    raft_set_election_timeout(&node->raft, ELECTION_MS);
    raft_set_heartbeat_timeout(&node->raft, HEARTBEAT_MS);
    raft_set_install_snapshot_timeout(&node->raft, SNAPSHOT_MS);
    raft_set_pre_vote(&node->raft, knob(node, "pre_vote", 0) != 0);
    raft_set_snapshot_threshold(&node->raft, (unsigned)knob(node, "snapshot_threshold", 1024));
    raft_set_snapshot_trailing(&node->raft, (unsigned)knob(node, "snapshot_trailing", 1));
    node->slow_disk = knob(node, "slow_disk", 0) != 0;
}

static int bootstrap(struct node *node)
{
    struct raft_configuration all;
    int rv;
    size_t i;
    raft_configuration_init(&all);
    for (i = 1; i <= json_array_size(node->env->servers); i++) {
        if (raft_configuration_add(&all, i, name_of(node->env, i), RAFT_VOTER) != 0) {
            die("out of memory");
        }
    }
    rv = raft_bootstrap(&node->raft, &all);
    raft_configuration_close(&all);
    return rv;
}

struct node *node_start(struct env *env, bool fresh, const json_t *disk)
{
    struct node *node = calloc(1, sizeof *node);
    int rv;
    if (node == NULL) {
        die("out of memory");
    }
    node->env = env;
    node->applied = json_array();
    node->fsm.data = node;
    machine_install(&node->fsm);
    install_io(node);
    store_open(node, disk);
    rv = raft_init(&node->raft, &node->io, &node->fsm, id_of(env, env->me), env->me);
    if (rv == 0) {
        configure(node);
        rv = fresh ? bootstrap(node) : 0;
    }
    if (rv == 0) {
        rv = raft_start(&node->raft);
    }
    if (rv != 0) {
        env_fail(env, "it does not start: %s: %s", raft_strerror(rv), raft_errmsg(&node->raft));
    }
    settle(node);
    return node;
}

void node_deliver(struct node *node, const char *source, const json_t *payload)
{
    messages_receive(node, source, payload);
    settle(node);
}

static raft_time election_timeout(const struct raft *raft)
{
    switch (raft->state) {
        case RAFT_FOLLOWER:
            return raft->follower_state.randomized_election_timeout;
        case RAFT_CANDIDATE:
            return raft->candidate_state.randomized_election_timeout;
        default:
            return raft->election_timeout;
    }
}

void node_fire(struct node *node, const char *timer)
{
    struct completion owed;
    if (strcmp(timer, DISK) == 0 && completions_take(&node->disk, &owed)) {
        node->vouched = owed.vouched;
        completion_call(&owed);
    } else if (strcmp(timer, HEARTBEAT) == 0) {
        node->now += HEARTBEAT_MS;
        node->tick(&node->io);
    } else {
        raft_time end = node->raft.election_timer_start + election_timeout(&node->raft);
        node->now = end > node->now ? end : node->now;
        node->tick(&node->io);
    }
    settle(node);
}

static void answer(struct raft_apply *apply, int status, void *result)
{
    struct request *request = (struct request *)apply;
    (void)result;
    env_reply(request->node->env, request->number, status == 0 ? "ok" : "unknown");
    free(request);
}

bool node_request(struct node *node, json_int_t number, const char *command)
{
    struct request *request = calloc(1, sizeof *request);
    struct raft_buffer buffer = buffer_of(command);
    int rv;
    if (request == NULL) {
        die("out of memory");
    }
    request->node = node;
    request->number = number;
    rv = raft_apply(&node->raft, &request->apply, &buffer, 1, answer);
    if (rv != 0) {
        raft_free(buffer.base);
        free(request);
    }
    if (rv != 0 && rv != RAFT_NOTLEADER) {
        env_fail(node->env, "raft_apply() failed: %s: %s", raft_strerror(rv), raft_errmsg(&node->raft));
    }
    settle(node);
    return rv == 0;
}

json_t *node_timers(const struct node *node)
{
    json_t *timers = json_array();
    if (node->raft.state == RAFT_LEADER) {
        json_array_append_new(timers, json_string(HEARTBEAT));
        json_array_append_new(timers, json_string(CHECK_QUORUM));
    } else {
        json_array_append_new(timers, json_string(ELECTION));
    }
    if (node->disk.first != NULL) {
        json_array_append_new(timers, json_string(DISK));
    }
    return timers;
}

json_t *node_state(const struct node *node)
{
    return view_of_state(node);
}

static void is_closed(struct raft *raft)
{
    struct node *node = raft->data;
    node->closed = true;
}

void node_stop(struct node *node)
{
    node->raft.data = node;
    raft_close(&node->raft, is_closed);
    if (!node->closed) {
        die("raft_close() is not through");
    }
    store_close(node);
    json_decref(node->applied);
    free(node);
}

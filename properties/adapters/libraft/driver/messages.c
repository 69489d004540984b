/* The messages of libraft: what raft_io sends, as JSON, and what has arrived, as struct raft_message. */
#include "server.h"
#include "wire.h"

#include <string.h>

static json_t *append_entries(const struct raft_append_entries *args)
{
    return json_pack("{sssIsIsIsIso}", "type", "AppendEntries", "term", (json_int_t)args->term,
                     "prev_log_index", (json_int_t)args->prev_log_index, "prev_log_term",
                     (json_int_t)args->prev_log_term, "leader_commit", (json_int_t)args->leader_commit,
                     "entries", entries_to_json(args->entries, args->n_entries));
}

static json_t *append_entries_result(const struct raft_append_entries_result *args)
{
    return json_pack("{sssIsIsI}", "type", "AppendEntriesResult", "term", (json_int_t)args->term, "rejected",
                     (json_int_t)args->rejected, "last_log_index", (json_int_t)args->last_log_index);
}

static json_t *request_vote(const struct raft_request_vote *args)
{
    return json_pack("{sssIsIsIsbsb}", "type", "RequestVote", "term", (json_int_t)args->term, "last_log_index",
                     (json_int_t)args->last_log_index, "last_log_term", (json_int_t)args->last_log_term,
                     "disrupt_leader", args->disrupt_leader, "pre_vote", args->pre_vote);
}

static json_t *request_vote_result(const struct raft_request_vote_result *args)
{
    return json_pack("{sssIsbsi}", "type", "RequestVoteResult", "term", (json_int_t)args->term, "vote_granted",
                     args->vote_granted, "pre_vote", (int)args->pre_vote);
}

static json_t *install_snapshot(const struct raft_install_snapshot *args)
{
    return json_pack("{sssIsIsIsosIss}", "type", "InstallSnapshot", "term", (json_int_t)args->term, "last_index",
                     (json_int_t)args->last_index, "last_term", (json_int_t)args->last_term, "conf",
                     configuration_to_json(&args->conf), "conf_index", (json_int_t)args->conf_index, "data",
                     (const char *)args->data.base);
}

static json_t *payload_of(const struct raft_message *message)
{
    switch (message->type) {
        case RAFT_IO_APPEND_ENTRIES:
            return append_entries(&message->append_entries);
        case RAFT_IO_APPEND_ENTRIES_RESULT:
            return append_entries_result(&message->append_entries_result);
        case RAFT_IO_REQUEST_VOTE:
            return request_vote(&message->request_vote);
        case RAFT_IO_REQUEST_VOTE_RESULT:
            return request_vote_result(&message->request_vote_result);
        case RAFT_IO_INSTALL_SNAPSHOT:
            return install_snapshot(&message->install_snapshot);
    }
    die("a message of type %d: leadership is never transferred here", message->type);
}

int messages_send(struct raft_io *io, struct raft_io_send *request, const struct raft_message *message,
                  raft_io_send_cb done)
{
    struct node *node = io->impl;
    struct completion owed = {.kind = SENT, .sent = {request, done}};
    completions_add(&node->sends, owed);
    if (message->server_id == 0) {
        env_fail(node->env, "send() of a message of type %d to the server 0, which is nobody", message->type);
    } else {
        const char *name = name_of(node->env, message->server_id);
        env_send(node->env, name, payload_of(message), view_of(node, message));
    }
    return 0;
}

static json_int_t number(const json_t *payload, const char *key)
{
    return json_integer_value(json_object_get(payload, key));
}

static bool truth(const json_t *payload, const char *key)
{
    return json_is_true(json_object_get(payload, key));
}

static void read_append_entries(const json_t *payload, struct raft_append_entries *args)
{
    const json_t *entries = json_object_get(payload, "entries");
    args->term = number(payload, "term");
    args->prev_log_index = number(payload, "prev_log_index");
    args->prev_log_term = number(payload, "prev_log_term");
    args->leader_commit = number(payload, "leader_commit");
    args->entries = entries_from_json(entries);
    args->n_entries = json_array_size(entries);
}

static void read_install_snapshot(const json_t *payload, struct raft_install_snapshot *args)
{
    args->term = number(payload, "term");
    args->last_index = number(payload, "last_index");
    args->last_term = number(payload, "last_term");
    configuration_from_json(json_object_get(payload, "conf"), &args->conf);
    args->conf_index = number(payload, "conf_index");
    args->data = buffer_of(json_string_value(json_object_get(payload, "data")));
}

void messages_receive(struct node *node, const char *source, const json_t *payload)
{
    const char *type = json_string_value(json_object_get(payload, "type"));
    struct raft_message message = {.server_id = id_of(node->env, source), .server_address = source};
    if (type == NULL) {
        die("a payload without a type");
    }
    if (strcmp(type, "AppendEntries") == 0) {
        message.type = RAFT_IO_APPEND_ENTRIES;
        read_append_entries(payload, &message.append_entries);
        node->vouched = message.append_entries.prev_log_index + message.append_entries.n_entries;
    } else if (strcmp(type, "AppendEntriesResult") == 0) {
        message.type = RAFT_IO_APPEND_ENTRIES_RESULT;
        message.append_entries_result.term = number(payload, "term");
        message.append_entries_result.rejected = number(payload, "rejected");
        message.append_entries_result.last_log_index = number(payload, "last_log_index");
    } else if (strcmp(type, "RequestVote") == 0) {
        message.type = RAFT_IO_REQUEST_VOTE;
        message.request_vote.term = number(payload, "term");
        message.request_vote.candidate_id = message.server_id;
        message.request_vote.last_log_index = number(payload, "last_log_index");
        message.request_vote.last_log_term = number(payload, "last_log_term");
        message.request_vote.disrupt_leader = truth(payload, "disrupt_leader");
        message.request_vote.pre_vote = truth(payload, "pre_vote");
    } else if (strcmp(type, "RequestVoteResult") == 0) {
        message.type = RAFT_IO_REQUEST_VOTE_RESULT;
        message.request_vote_result.term = number(payload, "term");
        message.request_vote_result.vote_granted = truth(payload, "vote_granted");
        message.request_vote_result.pre_vote = (raft_tribool)number(payload, "pre_vote");
    } else if (strcmp(type, "InstallSnapshot") == 0) {
        message.type = RAFT_IO_INSTALL_SNAPSHOT;
        read_install_snapshot(payload, &message.install_snapshot);
        node->vouched = message.install_snapshot.last_index;
    } else {
        die("a payload of type %s", type);
    }
    node->receive(&node->io, &message);
}

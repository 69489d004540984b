/* What messages and state of libraft mean in the vocabulary of FORMAT.md.
 *
 * - A server that asks for pre-votes is a follower of its term still, and pre-votes are no messages of raft.tla.
 * - An InstallSnapshot says what an AppendEntries of all entries up to its last index says, all committed.
 * - An AppendEntriesResult names the last index of the whole log. It vouches for no more than the request had:
 *   the rest may be of another leader, and is no claim.
 */
#include "server.h"

#include <stdlib.h>

raft_index last_index(const struct raft_log *log)
{
    size_t used = log->back >= log->front ? log->back - log->front : log->size - log->front + log->back;
    return log->offset + used;
}

const struct raft_entry *entry_at(const struct raft_log *log, raft_index index)
{
    return &log->entries[(log->front + (index - log->offset - 1)) % log->size];
}

json_t *view_of_entry(const struct raft_entry *entry)
{
    const char *value = entry->type == RAFT_COMMAND   ? entry->buf.base
                        : entry->type == RAFT_BARRIER ? "barrier"
                                                      : "configuration";
    return json_pack("{sIss}", "term", (json_int_t)entry->term, "value", value);
}

/* The whole log: what a snapshot has replaced is what the state machine has applied. NULL: not known, while a
 * snapshot is being installed. */
json_t *view_of_log(const struct node *node)
{
    const struct raft_log *log = &node->raft.log;
    json_t *list;
    raft_index k;
    if (json_array_size(node->applied) < log->offset) {
        return NULL;
    }
    list = json_array();
    for (k = 1; k <= log->offset; k++) {
        json_array_append(list, json_array_get(node->applied, k - 1));
    }
    for (k = log->offset + 1; k <= last_index(log); k++) {
        json_array_append_new(list, view_of_entry(entry_at(log, k)));
    }
    return list;
}

static json_t *addressed(const struct node *node, const struct raft_message *message, const char *type,
                         raft_term term)
{
    return json_pack("{sssssssI}", "type", type, "source", node->env->me, "dest",
                     name_of(node->env, message->server_id), "term", (json_int_t)term);
}

static void add_append_entries(json_t *view, const struct raft_append_entries *args)
{
    json_t *entries = json_array();
    unsigned i;
    for (i = 0; i < args->n_entries; i++) {
        json_array_append_new(entries, view_of_entry(&args->entries[i]));
    }
    json_object_set_new(view, "prev_log_index", json_integer(args->prev_log_index));
    json_object_set_new(view, "prev_log_term", json_integer(args->prev_log_term));
    json_object_set_new(view, "entries", entries);
    json_object_set_new(view, "commit_index", json_integer(args->leader_commit));
}

static void add_install_snapshot(json_t *view, const struct raft_install_snapshot *args)
{
    json_object_set_new(view, "prev_log_index", json_integer(0));
    json_object_set_new(view, "prev_log_term", json_integer(0));
    json_object_set_new(view, "entries", json_loads(args->data.base, 0, NULL));
    json_object_set_new(view, "commit_index", json_integer(args->last_index));
}

static void add_append_entries_result(json_t *view, const struct node *node,
                                      const struct raft_append_entries_result *args)
{
    raft_index match = args->last_log_index < node->vouched ? args->last_log_index : node->vouched;
    json_object_set_new(view, "success", json_boolean(args->rejected == 0));
    json_object_set_new(view, "match_index", json_integer(args->rejected == 0 ? match : 0));
}

json_t *view_of(const struct node *node, const struct raft_message *message)
{
    json_t *view;
    switch (message->type) {
        case RAFT_IO_APPEND_ENTRIES:
            view = addressed(node, message, "AppendEntriesRequest", message->append_entries.term);
            add_append_entries(view, &message->append_entries);
            return view;
        case RAFT_IO_INSTALL_SNAPSHOT:
            view = addressed(node, message, "AppendEntriesRequest", message->install_snapshot.term);
            add_install_snapshot(view, &message->install_snapshot);
            return view;
        case RAFT_IO_APPEND_ENTRIES_RESULT:
            view = addressed(node, message, "AppendEntriesResponse", message->append_entries_result.term);
            add_append_entries_result(view, node, &message->append_entries_result);
            return view;
        case RAFT_IO_REQUEST_VOTE:
            if (message->request_vote.pre_vote) {
                break;
            }
            view = addressed(node, message, "RequestVoteRequest", message->request_vote.term);
            json_object_set_new(view, "last_log_index", json_integer(message->request_vote.last_log_index));
            json_object_set_new(view, "last_log_term", json_integer(message->request_vote.last_log_term));
            return view;
        case RAFT_IO_REQUEST_VOTE_RESULT:
            if (message->request_vote_result.pre_vote == raft_tribool_true) {
                break;
            }
            view = addressed(node, message, "RequestVoteResponse", message->request_vote_result.term);
            json_object_set_new(view, "vote_granted", json_boolean(message->request_vote_result.vote_granted));
            return view;
    }
    return addressed(node, message, "Other", node->raft.current_term);
}

static const char *role_of(const struct raft *raft)
{
    switch (raft->state) {
        case RAFT_LEADER:
            return "Leader";
        case RAFT_CANDIDATE:
            return raft->candidate_state.in_pre_vote ? "Follower" : "Candidate";
        default:
            return "Follower";
    }
}

/* The votes are those of the servers in the order of the configuration: all are voters. */
static void add_votes(json_t *state, const struct node *node)
{
    const struct raft *raft = &node->raft;
    json_t *votes = json_array();
    unsigned i;
    for (i = 0; i < raft->configuration.n; i++) {
        if (raft->candidate_state.votes[i]) {
            json_array_append_new(votes, json_string(raft->configuration.servers[i].address));
        }
    }
    json_object_set_new(state, "votes_granted", votes);
}

static void add_progress(json_t *state, const struct node *node)
{
    const struct raft *raft = &node->raft;
    json_t *next = json_object(), *match = json_object();
    unsigned i;
    for (i = 0; i < raft->configuration.n; i++) {
        const struct raft_server *server = &raft->configuration.servers[i];
        if (server->id != raft->id) {
            const struct raft_progress *progress = &raft->leader_state.progress[i];
            json_object_set_new(next, server->address, json_integer(progress->next_index));
            json_object_set_new(match, server->address, json_integer(progress->match_index));
        }
    }
    json_object_set_new(state, "next_index", next);
    json_object_set_new(state, "match_index", match);
}

json_t *view_of_state(const struct node *node)
{
    const struct raft *raft = &node->raft;
    const char *vote = raft->voted_for == 0 ? "" : name_of(node->env, raft->voted_for);
    json_t *state = json_pack("{sssIsssI}", "role", role_of(raft), "current_term",
                              (json_int_t)raft->current_term, "voted_for", vote, "commit_index",
                              (json_int_t)raft->commit_index);
    json_t *log = view_of_log(node);
    if (log != NULL) {
        json_object_set_new(state, "log", log);
    }
    if (raft->state == RAFT_CANDIDATE && !raft->candidate_state.in_pre_vote) {
        add_votes(state, node);
    } else if (raft->state == RAFT_LEADER) {
        add_progress(state, node);
    }
    return state;
}

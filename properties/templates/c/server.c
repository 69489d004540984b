#include "server.h"

#include <string.h>

/* The name among those of the cluster, which outlives the message that it came in; "" if it is none. */
static const char *known(const struct server *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->names[i], name) == 0)
            return s->names[i];
    return "";
}

static bool leads(const struct server *s)
{
    return strcmp(s->role, "Leader") == 0;
}

static void save(struct server *s, json_int_t term, const char *voted_for)
{
    s->term = term;
    s->voted_for = voted_for;
    json_array_append_new(s->ops, json_pack("[s,s,{s:I,s:s}]", "write", "term and vote", "term", term,
                                            "voted_for", voted_for));
    json_array_append_new(s->ops, json_pack("[s]", "sync")); /* before anything is sent that rests on it */
}

static void send_to(struct server *s, const char *dest, json_t *message, json_t *view)
{
    json_object_set_new(view, "source", json_string(s->me));
    json_object_set_new(view, "dest", json_string(dest));
    json_object_set_new(view, "term", json_integer(s->term));
    json_array_append_new(s->ops, json_pack("[s,s,o,o]", "send", dest, message, view));
}

static void count_votes(struct server *s)
{
    size_t votes = 0;
    for (size_t i = 0; i < s->count; i++)
        votes += s->votes[i];
    if (2 * votes > s->count)
        s->role = "Leader";
}

static void add_vote(struct server *s, const char *voter)
{
    for (size_t i = 0; i < s->count; i++)
        s->votes[i] |= strcmp(s->names[i], voter) == 0;
    count_votes(s);
}

void server_start(struct server *s, const char *me, json_t *names, json_t *disk)
{
    memset(s, 0, sizeof *s);
    s->count = json_array_size(names);
    for (size_t i = 0; i < s->count; i++)
        s->names[i] = json_string_value(json_array_get(names, i));
    s->me = known(s, me);
    s->role = "Follower";
    json_t *was = json_object_get(disk, "term and vote");
    s->term = json_integer_value(json_object_get(was, "term"));
    const char *voted_for = json_string_value(json_object_get(was, "voted_for"));
    s->voted_for = known(s, voted_for ? voted_for : "");
    s->ops = json_array();
}

const char *server_fire(struct server *s, const char *timer)
{
    if (leads(s) || strcmp(timer, "election") != 0)
        return "that timer cannot fire now";
    s->role = "Candidate";
    memset(s->votes, 0, sizeof s->votes);
    save(s, s->term + 1, s->me);
    for (size_t i = 0; i < s->count; i++)
        if (s->names[i] != s->me)
            send_to(s, s->names[i], json_pack("{s:s,s:I}", "kind", "request", "term", s->term),
                    json_pack("{s:s,s:i,s:i}", "type", "RequestVoteRequest", "last_log_index", 0,
                              "last_log_term", 0));
    add_vote(s, s->me);
    return NULL;
}

const char *server_deliver(struct server *s, const char *source, json_t *message)
{
    const char *kind = json_string_value(json_object_get(message, "kind"));
    if (!kind || !json_is_integer(json_object_get(message, "term")))
        return "a message without kind or term";
    json_int_t term = json_integer_value(json_object_get(message, "term"));
    if (term > s->term) {
        s->role = "Follower";
        save(s, term, "");
    }
    if (strcmp(kind, "request") == 0) {
        bool free_to_vote = s->voted_for[0] == '\0';
        bool granted = term == s->term && (free_to_vote || strcmp(s->voted_for, source) == 0);
        if (granted && free_to_vote)
            save(s, s->term, known(s, source));
        send_to(s, source,
                json_pack("{s:s,s:I,s:b}", "kind", "response", "term", s->term, "granted", granted),
                json_pack("{s:s,s:b}", "type", "RequestVoteResponse", "vote_granted", granted));
    } else if (strcmp(s->role, "Candidate") == 0 && term == s->term &&
               json_is_true(json_object_get(message, "granted"))) {
        add_vote(s, source);
    }
    return NULL;
}

/* HERE: take in the command of a client. */
const char *server_request(struct server *s, json_int_t number, const char *command, bool *accepted)
{
    (void)s;
    (void)number;
    (void)command;
    *accepted = false;
    return NULL;
}

json_t *server_timers(const struct server *s)
{
    return leads(s) ? json_array() : json_pack("[s]", "election");
}

/* HERE: what it believes; a field that is left out is not compared. */
json_t *server_state(const struct server *s)
{
    json_t *votes = json_array();
    for (size_t i = 0; i < s->count; i++)
        if (s->votes[i])
            json_array_append_new(votes, json_string(s->names[i]));
    return json_pack("{s:s,s:I,s:s,s:o,s:[],s:i}", "role", s->role, "current_term", s->term, "voted_for",
                     s->voted_for, "votes_granted", votes, "log", "commit_index", 0);
}

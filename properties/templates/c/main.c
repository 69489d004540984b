/* A driver for raftcheck: the servers of a cluster behind JSON lines (PROTOCOL.md), nothing about Raft. */
#define _POSIX_C_SOURCE 200809L

#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *names; /* of the servers of this run */
static struct server servers[MOST_SERVERS];
static bool running[MOST_SERVERS];

static json_t *error(const char *what)
{
    return json_pack("{s:s}", "error", what);
}

static const char *text(json_t *asked, const char *field)
{
    const char *value = json_string_value(json_object_get(asked, field));
    return value ? value : "";
}

static void stop(size_t i)
{
    if (running[i])
        json_decref(servers[i].ops);
    running[i] = false;
}

static json_t *reset(json_t *asked)
{
    json_t *list = json_object_get(asked, "servers");
    if (!json_is_array(list) || json_array_size(list) > MOST_SERVERS)
        return error("`servers` is no list of names, or too long");
    for (size_t i = 0; i < MOST_SERVERS; i++)
        stop(i);
    json_decref(names);
    names = json_incref(list);
    return json_object();
}

/* The place of a server in the cluster, or MOST_SERVERS. */
static size_t place_of(const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
            return i;
    return MOST_SERVERS;
}

static json_t *after(struct server *s)
{
    return json_pack("{s:O,s:o,s:o}", "ops", s->ops, "timers", server_timers(s), "state", server_state(s));
}

static json_t *answer(json_t *asked)
{
    const char *op = text(asked, "op"), *wrong = NULL;
    if (strcmp(op, "hello") == 0)
        return json_pack("{s:i,s:s,s:{s:s}}", "protocol", 1, "name", "my raft", "caps", "network", "datagram");
    if (strcmp(op, "reset") == 0)
        return reset(asked);
    size_t i = place_of(text(asked, "server"));
    if (i == MOST_SERVERS)
        return error("no such server");
    struct server *s = &servers[i];
    if (strcmp(op, "start") == 0) {
        stop(i);
        server_start(s, text(asked, "server"), names, json_object_get(asked, "disk"));
        running[i] = true;
        return after(s);
    }
    if (!running[i])
        return error("that server does not run");
    json_array_clear(s->ops);
    if (strcmp(op, "stop") == 0) {
        stop(i);
        return json_object();
    }
    if (strcmp(op, "state") == 0)
        return json_pack("{s:o,s:o}", "timers", server_timers(s), "state", server_state(s));
    if (strcmp(op, "request") == 0) {
        bool accepted = false;
        json_int_t number = json_integer_value(json_object_get(asked, "request"));
        if ((wrong = server_request(s, number, text(asked, "command"), &accepted)))
            return error(wrong);
        json_t *answered = after(s);
        json_object_set_new(answered, "accepted", json_boolean(accepted));
        return answered;
    }
    if (strcmp(op, "fire") == 0)
        wrong = server_fire(s, text(asked, "timer"));
    else if (strcmp(op, "deliver") == 0)
        wrong = server_deliver(s, text(asked, "source"), json_object_get(asked, "payload"));
    else
        wrong = "no such op";
    return wrong ? error(wrong) : after(s);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    names = json_array();
    while (getline(&line, &size, stdin) > 0) {
        json_t *asked = json_loads(line, 0, NULL);
        json_t *answered = asked ? answer(asked) : error("no JSON");
        char *told = json_dumps(answered, JSON_COMPACT);
        puts(told);
        fflush(stdout);
        free(told);
        json_decref(answered);
        json_decref(asked);
    }
    free(line);
    return 0;
}

/* The stdio protocol: one JSON object a line, one answer for each; hosts all servers of a cluster.
 *
 * Knows nothing of Raft: node.h says what it asks of an implementation.
 */
#include "env.h"
#include "node.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROTOCOL = 1, MOST_SERVERS = 16 };

struct server
{
    struct env env;
    struct node *node; /* NULL while it is down. */
};

static json_t *setup; /* The last "reset": names and configuration. */
static struct server servers[MOST_SERVERS];

/* Where a request goes that cannot be done; its answer is the error. */
static jmp_buf refused;
static char refusal[256];

_Noreturn static void refuse(const char *what, const char *of)
{
    snprintf(refusal, sizeof refusal, "%s: %s", what, of);
    longjmp(refused, 1);
}

static const char *text(const json_t *request, const char *key)
{
    const char *value = json_string_value(json_object_get(request, key));
    if (value == NULL) {
        refuse("missing, or no text", key);
    }
    return value;
}

static const json_t *present(const json_t *request, const char *key)
{
    const json_t *value = json_object_get(request, key);
    if (value == NULL) {
        refuse("missing", key);
    }
    return value;
}

static struct server *named(const char *name)
{
    size_t i;
    for (i = 0; i < MOST_SERVERS && servers[i].env.me != NULL; i++) {
        if (strcmp(servers[i].env.me, name) == 0) {
            return &servers[i];
        }
    }
    refuse("no such server", name);
}

/* What is still done while it goes down does not count. */
static void stop(struct server *server)
{
    json_decref(server->env.ops);
    json_decref(server->env.behind);
    server->env.ops = server->env.behind = NULL;
    if (server->node != NULL) {
        node_stop(server->node);
        server->node = NULL;
    }
}

static json_t *hello(const json_t *request)
{
    json_int_t wanted = json_integer_value(json_object_get(request, "protocol"));
    json_t *answer;
    if (wanted != PROTOCOL) {
        refuse("another protocol is spoken here", "1");
    }
    answer = node_hello();
    json_object_set_new(answer, "protocol", json_integer(PROTOCOL));
    return answer;
}

static json_t *reset(json_t *request)
{
    const json_t *names = present(request, "servers");
    size_t i;
    for (i = 0; i < MOST_SERVERS; i++) {
        stop(&servers[i]);
    }
    if (json_array_size(names) > MOST_SERVERS) {
        die("%zu servers; at most %d", json_array_size(names), MOST_SERVERS);
    }
    memset(servers, 0, sizeof servers);
    json_decref(setup);
    setup = json_incref(request);
    for (i = 0; i < json_array_size(names); i++) {
        servers[i].env.me = json_string_value(json_array_get(names, i));
        servers[i].env.servers = names;
        servers[i].env.config = present(request, "config");
    }
    return json_object();
}

static json_t *snapshot_of(const struct server *server)
{
    return json_pack("{soso}", "timers", node_timers(server->node), "state", node_state(server->node));
}

/* The timer of that name, if it may fire now. */
static const char *timer_of(const struct server *server, const char *name)
{
    json_t *timers = node_timers(server->node);
    bool found = false;
    size_t i;
    for (i = 0; i < json_array_size(timers); i++) {
        found = found || strcmp(json_string_value(json_array_get(timers, i)), name) == 0;
    }
    json_decref(timers);
    if (!found) {
        refuse("no such timer now", name);
    }
    return name;
}

/* Does what the world wants of a server. Whether it was accepted, if it was a client's request; else -1. */
static int do_op(struct server *server, const char *op, const json_t *request)
{
    if (strcmp(op, "start") == 0) {
        bool fresh = json_is_true(json_object_get(request, "fresh"));
        server->node = node_start(&server->env, fresh, present(request, "disk"));
    } else if (strcmp(op, "deliver") == 0) {
        node_deliver(server->node, named(text(request, "source"))->env.me, present(request, "payload"));
    } else if (strcmp(op, "fire") == 0) {
        node_fire(server->node, timer_of(server, text(request, "timer")));
    } else if (strcmp(op, "request") == 0) {
        json_int_t number = json_integer_value(present(request, "request"));
        return node_request(server->node, number, text(request, "command"));
    } else {
        refuse("no such op", op);
    }
    return -1;
}

/* The answer is what the server did, and what it then believes. */
static json_t *act(struct server *server, const char *op, const json_t *request)
{
    struct env *env = &server->env;
    json_t *answer;
    int accepted;
    if (strcmp(op, "start") == 0) {
        stop(server);
    }
    json_decref(env->ops);
    env->ops = json_array();
    env->error[0] = '\0';
    accepted = do_op(server, op, request);
    if (env->error[0] != '\0') {
        return json_pack("{ss}", "error", env->error);
    }
    answer = snapshot_of(server);
    json_object_set(answer, "ops", env->ops);
    if (accepted >= 0) {
        json_object_set_new(answer, "accepted", json_boolean(accepted));
    }
    return answer;
}

static json_t *answer_to(json_t *request)
{
    const char *op = text(request, "op");
    struct server *server;
    if (strcmp(op, "hello") == 0) {
        return hello(request);
    }
    if (strcmp(op, "reset") == 0) {
        return reset(request);
    }
    server = named(text(request, "server"));
    if (server->node == NULL && strcmp(op, "start") != 0) {
        refuse("the server is down", server->env.me);
    }
    if (strcmp(op, "state") == 0) {
        return snapshot_of(server);
    }
    if (strcmp(op, "stop") == 0) {
        stop(server);
        return json_object();
    }
    return act(server, op, request);
}

static void print(json_t *answer)
{
    if (answer == NULL || json_dumpf(answer, stdout, JSON_COMPACT) != 0) {
        die("an answer cannot be written: out of memory, or text that is not UTF-8");
    }
    putchar('\n');
    fflush(stdout);
    json_decref(answer);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) != -1) {
        json_t *volatile request = json_loads(line, 0, NULL);
        if (setjmp(refused) != 0) {
            print(json_pack("{ss}", "error", refusal));
        } else if (!json_is_object(request)) {
            refuse("no JSON object", line);
        } else {
            print(answer_to(request));
        }
        json_decref(request);
    }
    free(line);
    return 0;
}

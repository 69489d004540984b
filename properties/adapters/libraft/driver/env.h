/* What a node may use of the world: each effect is noted down, in order, as an op of the stdio protocol.
 *
 * The harness carries the ops out on its own disk and network. Nothing here knows libraft.
 * The functions that take a json_t * take over the caller's reference to it.
 */
#ifndef ENV_H
#define ENV_H

#include <jansson.h>
#include <stdbool.h>

struct env
{
    const char *me;
    const json_t *servers; /* The names of all servers, an array. */
    const json_t *config;  /* The knobs of this schedule, an object. */
    json_t *ops;           /* What was done in this call, an array; NULL: whatever is done does not count. */
    json_t *behind;        /* What the disk is still to do, an array; NULL: nothing. */
    bool lazy;             /* What the disk is asked for, it does at env_catch_up. */
    char error[512];       /* What went wrong first in this call; empty: nothing. */
};

void env_write(struct env *env, const char *key, json_t *value);
void env_erase(struct env *env, const char *key);
void env_sync(struct env *env);
/* The disk has done all that it was asked for. */
void env_catch_up(struct env *env);
void env_send(struct env *env, const char *to, json_t *payload, json_t *view);
void env_reply(struct env *env, json_int_t request, const char *outcome);

/* The server did what it must not do: the answer to this call is an error, hence a finding. */
void env_fail(struct env *env, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The driver itself cannot go on: says why on stderr, and ends. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

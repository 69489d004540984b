/* Notes down what a node does, as ops of the stdio protocol. */
#include "env.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Takes over op, which is NULL if one of its parts could not be made. */
static void note(struct env *env, json_t *op)
{
    if (op == NULL) {
        die("an op cannot be made: out of memory, or text that is not UTF-8");
    }
    if (env->ops == NULL) {
        json_decref(op);
    } else {
        json_array_append_new(env->ops, op);
    }
}

/* The disk does one thing after the other. */
static void note_for_disk(struct env *env, json_t *op)
{
    if (!env->lazy) {
        env_catch_up(env);
        note(env, op);
        return;
    }
    if (env->behind == NULL) {
        env->behind = json_array();
    }
    if (json_array_append_new(env->behind, op) != 0) {
        die("an op cannot be made: out of memory, or text that is not UTF-8");
    }
}

void env_write(struct env *env, const char *key, json_t *value)
{
    note_for_disk(env, json_pack("[sso]", "write", key, value));
}

void env_erase(struct env *env, const char *key)
{
    note_for_disk(env, json_pack("[ss]", "erase", key));
}

void env_sync(struct env *env)
{
    note_for_disk(env, json_pack("[s]", "sync"));
}

void env_catch_up(struct env *env)
{
    size_t i;
    for (i = 0; i < json_array_size(env->behind); i++) {
        note(env, json_incref(json_array_get(env->behind, i)));
    }
    json_decref(env->behind);
    env->behind = NULL;
}

void env_send(struct env *env, const char *to, json_t *payload, json_t *view)
{
    note(env, json_pack("[ssoo]", "send", to, payload, view));
}

void env_reply(struct env *env, json_int_t request, const char *outcome)
{
    note(env, json_pack("[sIs]", "reply", request, outcome));
}

void env_fail(struct env *env, const char *format, ...)
{
    va_list arguments;
    if (env->error[0] != '\0') {
        return;
    }
    va_start(arguments, format);
    vsnprintf(env->error, sizeof env->error, format, arguments);
    va_end(arguments);
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("driver: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

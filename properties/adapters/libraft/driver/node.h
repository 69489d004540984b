/* A server as the stdio protocol sees it: what main.c asks for, and an implementation of Raft gives.
 *
 * Each function does all that it does to the world through the node's env.
 */
#ifndef NODE_H
#define NODE_H

#include "env.h"

struct node;

/* The answer to "hello": name and caps. */
json_t *node_hello(void);

/* A server comes up, for the first time (fresh), or with what its disk kept. The env outlives the node. */
struct node *node_start(struct env *env, bool fresh, const json_t *disk);
void node_deliver(struct node *node, const char *source, const json_t *payload);
void node_fire(struct node *node, const char *timer);
/* False: refused, and nothing has changed. */
bool node_request(struct node *node, json_int_t request, const char *command);
/* The names of the timers that may fire now. */
json_t *node_timers(const struct node *node);
/* What the server believes, with the fields of FORMAT.md. */
json_t *node_state(const struct node *node);
/* The server has crashed; lets go of its memory. */
void node_stop(struct node *node);

#endif

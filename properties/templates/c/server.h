/* YOUR RAFT goes in the place of struct server, which has the elections of Figure 2 and nothing else. */
#ifndef SERVER_H
#define SERVER_H

#include <jansson.h>
#include <stdbool.h>

enum { MOST_SERVERS = 9 };

struct server {
    const char *me;
    const char *names[MOST_SERVERS]; /* of all servers */
    bool votes[MOST_SERVERS];
    size_t count;
    const char *role;
    json_int_t term;
    const char *voted_for; /* "": nobody */
    json_t *ops;           /* what the call that is going on has done, in that order */
};

/* `names` are those of the cluster, and stay. */
void server_start(struct server *s, const char *me, json_t *names, json_t *disk);

/* Each returns NULL, or what is wrong with the call. */
const char *server_fire(struct server *s, const char *timer);
const char *server_deliver(struct server *s, const char *source, json_t *message);
const char *server_request(struct server *s, json_int_t number, const char *command, bool *accepted);

json_t *server_timers(const struct server *s);
json_t *server_state(const struct server *s);

#endif

/* Entries and configurations of libraft as JSON, on disk and in messages, and back.
 *
 * An entry is {"term", "type", "data"}: a command's data is its text, all other data is in hexadecimal.
 * A configuration is a list of [id, address, role]. What comes back out of JSON is made with raft_malloc.
 */
#ifndef WIRE_H
#define WIRE_H

#include <jansson.h>
#include <raft.h>

json_t *entry_to_json(const struct raft_entry *entry);
json_t *entries_to_json(const struct raft_entry entries[], unsigned n);
/* The data of all entries is one batch, as libraft wants it. NULL: none. */
struct raft_entry *entries_from_json(const json_t *list);

json_t *configuration_to_json(const struct raft_configuration *configuration);
void configuration_from_json(const json_t *list, struct raft_configuration *configuration);

/* A buffer that holds the text and its final NUL. */
struct raft_buffer buffer_of(const char *text);

#endif

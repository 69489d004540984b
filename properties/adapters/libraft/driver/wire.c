/* Entries and configurations of libraft as JSON, and back. */
#include "wire.h"

#include "env.h"

#include <stdlib.h>
#include <string.h>

static const char *const TYPES[] = {[RAFT_COMMAND] = "command",
                                    [RAFT_BARRIER] = "barrier",
                                    [RAFT_CHANGE] = "configuration"};

static json_t *hexadecimal(const struct raft_buffer *buffer)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *digits = malloc(2 * buffer->len + 1);
    json_t *text;
    size_t i;
    if (digits == NULL) {
        die("out of memory");
    }
    for (i = 0; i < buffer->len; i++) {
        unsigned char byte = ((const unsigned char *)buffer->base)[i];
        digits[2 * i] = DIGITS[byte >> 4];
        digits[2 * i + 1] = DIGITS[byte & 15];
    }
    text = json_stringn(digits, 2 * buffer->len);
    free(digits);
    return text;
}

static void from_hexadecimal(const char *digits, size_t size, unsigned char *bytes)
{
    size_t i;
    for (i = 0; i < size; i++) {
        unsigned byte;
        if (sscanf(digits + 2 * i, "%2x", &byte) != 1) {
            die("data that is not hexadecimal: %s", digits);
        }
        bytes[i] = (unsigned char)byte;
    }
}

json_t *entry_to_json(const struct raft_entry *entry)
{
    json_t *data = entry->type == RAFT_COMMAND ? json_string(entry->buf.base) : hexadecimal(&entry->buf);
    return json_pack("{sIssso}", "term", (json_int_t)entry->term, "type", TYPES[entry->type], "data", data);
}

json_t *entries_to_json(const struct raft_entry entries[], unsigned n)
{
    json_t *list = json_array();
    unsigned i;
    for (i = 0; i < n; i++) {
        json_array_append_new(list, entry_to_json(&entries[i]));
    }
    return list;
}

static unsigned short type_of(const char *name)
{
    unsigned short type;
    for (type = RAFT_COMMAND; type < RAFT_CHANGE; type++) {
        if (strcmp(TYPES[type], name) == 0) {
            break;
        }
    }
    return type;
}

/* How many bytes the data of an entry takes. */
static size_t size_of(const json_t *entry)
{
    size_t length = json_string_length(json_object_get(entry, "data"));
    bool is_command = strcmp(json_string_value(json_object_get(entry, "type")), "command") == 0;
    return is_command ? length + 1 : length / 2;
}

struct raft_entry *entries_from_json(const json_t *list)
{
    size_t n = json_array_size(list), size = 0, i;
    struct raft_entry *entries;
    unsigned char *batch, *free_space;
    if (n == 0) {
        return NULL;
    }
    for (i = 0; i < n; i++) {
        size += size_of(json_array_get(list, i));
    }
    entries = raft_malloc(n * sizeof *entries);
    batch = free_space = raft_malloc(size);
    if (entries == NULL || batch == NULL) {
        die("out of memory");
    }
    for (i = 0; i < n; i++) {
        const json_t *entry = json_array_get(list, i);
        const char *data = json_string_value(json_object_get(entry, "data"));
        entries[i].term = (raft_term)json_integer_value(json_object_get(entry, "term"));
        entries[i].type = type_of(json_string_value(json_object_get(entry, "type")));
        entries[i].buf.base = free_space;
        entries[i].buf.len = size_of(entry);
        entries[i].batch = batch;
        if (entries[i].type == RAFT_COMMAND) {
            memcpy(free_space, data, entries[i].buf.len);
        } else {
            from_hexadecimal(data, entries[i].buf.len, free_space);
        }
        free_space += entries[i].buf.len;
    }
    return entries;
}

json_t *configuration_to_json(const struct raft_configuration *configuration)
{
    json_t *list = json_array();
    unsigned i;
    for (i = 0; i < configuration->n; i++) {
        const struct raft_server *server = &configuration->servers[i];
        json_t *row = json_pack("[Isi]", (json_int_t)server->id, server->address, server->role);
        json_array_append_new(list, row);
    }
    return list;
}

void configuration_from_json(const json_t *list, struct raft_configuration *configuration)
{
    size_t i;
    raft_configuration_init(configuration);
    for (i = 0; i < json_array_size(list); i++) {
        json_int_t id;
        const char *address;
        int role;
        if (json_unpack(json_array_get(list, i), "[Isi]", &id, &address, &role) != 0 ||
            raft_configuration_add(configuration, (raft_id)id, address, role) != 0) {
            die("a configuration that is none");
        }
    }
}

struct raft_buffer buffer_of(const char *text)
{
    struct raft_buffer buffer;
    buffer.len = strlen(text) + 1;
    buffer.base = raft_malloc(buffer.len);
    if (buffer.base == NULL) {
        die("out of memory");
    }
    memcpy(buffer.base, text, buffer.len);
    return buffer;
}

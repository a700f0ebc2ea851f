#include "base/backend_state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/backend_names.h"
#include "base/host_table.h"
#include "base/json_text.h"
#include "base/strings.h"

#define SERVERS (sizeof perry_named_servers / sizeof perry_named_servers[0])

/* Names are interned and never freed: the set is closed (names of backends), and a caller may hold one for ever. */
typedef struct interned {
    struct interned *next;
    PerryStringHeader *string;
} interned;

static pthread_mutex_t knowledge = PTHREAD_MUTEX_INITIALIZER;
static interned *names;
static _Atomic(PerryStringHeader *) active;
static char *priority;
static _Atomic int64_t handles_alive;

static PerryStringHeader *intern(const char *name)
{
    for (interned *at = names; at; at = at->next)
        if (strcmp(perry_container_string_bytes(at->string), name) == 0)
            return at->string;
    interned *added = calloc(1, sizeof *added);
    PerryStringHeader *string = added ? perry_container_string_new(name, strlen(name)) : NULL;
    if (!string) {
        free(added);
        return NULL;
    }
    string->flags = 0;
    added->string = string;
    added->next = names;
    names = added;
    return string;
}

int perry_set_active_backend(const char *name)
{
    pthread_mutex_lock(&knowledge);
    PerryStringHeader *string = intern(name);
    pthread_mutex_unlock(&knowledge);
    if (!string)
        return PERRY_CONTAINER_E_MEMORY;
    atomic_store(&active, string);
    return 0;
}

const PerryStringHeader *perry_active_backend(void)
{
    static const struct {
        PerryStringHeader header;
        char text[8];
    } unknown = {{7, 7, 8, 1, 0}, "unknown"};
    PerryStringHeader *string = atomic_load(&active);
    const PerryStringHeader *known = string ? string : &unknown.header;
    const PerryContainerHost *host = perry_host();
    return host->string_new
               ? host->string_new(host->context, perry_container_string_bytes(known), known->byte_len)
               : known;
}

int perry_set_priority(const char *json)
{
    char *copy = strdup(json);
    if (!copy)
        return PERRY_CONTAINER_E_MEMORY;
    pthread_mutex_lock(&knowledge);
    free(priority);
    priority = copy;
    pthread_mutex_unlock(&knowledge);
    return 0;
}

static bool plain_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '-' ||
              name[i] == '/'))
            return false;
    return length > 0;
}

/* The next plain name of a list with commas, without the spaces around it; false at its end. */
static bool next_name(const char **at, const char **name, size_t *length)
{
    while (**at) {
        size_t whole = strcspn(*at, ",");
        *name = *at;
        *length = whole;
        *at += whole + ((*at)[whole] == ',');
        for (; *length && **name == ' '; ++*name)
            --*length;
        while (*length && (*name)[*length - 1] == ' ')
            --*length;
        if (plain_name(*name, *length))
            return true;
    }
    return false;
}

static bool is_name(const char *name, size_t length, const char *other)
{
    return length == strlen(other) && memcmp(name, other, length) == 0;
}

static bool names_a_server(size_t i)
{
    const char *value = getenv(perry_named_servers[i].variable);
    return value && *value && strcmp(value, perry_named_servers[i].none) != 0;
}

/* The engine whose server the environment names, where that comes before the order; else NULL. chosen: whether the order is
 * PERRY_CONTAINER_BACKEND's. */
static const char *named_server(const char *order, bool chosen)
{
    const char *mode = getenv("PERRY_CONTAINER_MODE");
    if ((mode && strcmp(mode, "local-first") == 0) || (chosen && !(mode && strcmp(mode, "server-first") == 0)))
        return NULL;
    const char *name;
    size_t length;
    while (next_name(&order, &name, &length))
        for (size_t i = 0; i < SERVERS; i++)
            if (is_name(name, length, perry_named_servers[i].name) && names_a_server(i))
                return perry_named_servers[i].name;
    for (size_t i = 0; i < SERVERS; i++)
        if (names_a_server(i))
            return perry_named_servers[i].name;
    return NULL;
}

/* The order before Python runs: a server that the environment names, then PERRY_CONTAINER_BACKEND if it holds names, else the
 * platform's. The rule is that of perry_ffi.backends.choice, which replaces this answer as soon as it is loaded. */
static void add_first_priority(perry_buffer *json)
{
    static const char platform[] = PERRY_BACKEND_ORDER;
    const char *given = getenv("PERRY_CONTAINER_BACKEND"), *look = given, *name;
    size_t length;
    bool chosen = given && next_name(&look, &name, &length);
    const char *order = chosen ? given : platform;
    const char *first = named_server(order, chosen);
    perry_buffer_text(json, "[");
    if (first)
        perry_buffer_json(json, first, strlen(first));
    for (bool comma = first; next_name(&order, &name, &length); comma = true) {
        if (first && is_name(name, length, first))
            continue;
        if (comma)
            perry_buffer_text(json, ",");
        perry_buffer_json(json, name, length);
    }
    perry_buffer_text(json, "]");
}

const PerryStringHeader *perry_priority(void)
{
    perry_buffer json = {0};
    pthread_mutex_lock(&knowledge);
    if (priority)
        perry_buffer_text(&json, priority);
    else
        add_first_priority(&json);
    pthread_mutex_unlock(&knowledge);
    const PerryStringHeader *string = json.failed ? NULL : perry_string_result(json.bytes, json.length);
    perry_buffer_free(&json);
    return string;
}

void perry_set_handles_alive(int64_t count) { atomic_store(&handles_alive, count); }

int64_t perry_handles_alive(void) { return atomic_load(&handles_alive); }

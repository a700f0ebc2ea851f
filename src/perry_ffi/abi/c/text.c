/* Strings and JSON text: what is made in C because it must be there at once, or when Python is not. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Marks a string that perry_container_string_free may free ("PSTR"). Static strings do not carry it. */
#define PERRY_STRING_OURS 0x50535452u

/* ---- Growing text ---------------------------------------------------------------------------- */

void perry_buffer_add(perry_buffer *buffer, const char *bytes, size_t length)
{
    if (buffer->failed)
        return;
    if (buffer->length + length + 1 > buffer->capacity) {
        size_t capacity = (buffer->length + length + 1) * 2;
        char *grown = realloc(buffer->bytes, capacity);
        if (!grown) {
            buffer->failed = true;
            return;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (length)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void perry_buffer_text(perry_buffer *buffer, const char *text)
{
    perry_buffer_add(buffer, text, strlen(text));
}

void perry_buffer_free(perry_buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}

/* Length of the well-formed UTF-8 sequence at bytes (RFC 3629: no overlong form, no surrogate), 0 if there is none. */
static size_t utf8_sequence(const unsigned char *bytes, size_t left)
{
    unsigned char lead = bytes[0];
    size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5                                                   ? 4
                                                                                                    : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xED && bytes[1] > 0x9F) || (lead == 0xF0 && bytes[1] < 0x90) ||
        (lead == 0xF4 && bytes[1] > 0x8F))
        return 0;
    return length;
}

static void add_json_character(perry_buffer *buffer, const unsigned char *bytes, size_t length)
{
    char escaped[8];
    if (length > 1 || (bytes[0] >= 0x20 && bytes[0] != '"' && bytes[0] != '\\')) {
        perry_buffer_add(buffer, (const char *)bytes, length);
        return;
    }
    if (bytes[0] == '"' || bytes[0] == '\\')
        snprintf(escaped, sizeof escaped, "\\%c", bytes[0]);
    else
        snprintf(escaped, sizeof escaped, "\\u%04x", bytes[0]);
    perry_buffer_text(buffer, escaped);
}

void perry_buffer_json(perry_buffer *buffer, const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    perry_buffer_text(buffer, "\"");
    for (size_t i = 0; i < length;) {
        size_t sequence = utf8_sequence(at + i, length - i);
        if (sequence)
            add_json_character(buffer, at + i, sequence);
        else
            perry_buffer_text(buffer, "\xEF\xBF\xBD");
        i += sequence ? sequence : 1;
    }
    perry_buffer_text(buffer, "\"");
}

/* ---- Error objects --------------------------------------------------------------------------- */

static char out_of_memory[] = "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"out of memory\"}";

char *perry_error_new(int code, const char *kind, const char *message, const char *reason)
{
    perry_buffer text = {0};
    char head[64];
    snprintf(head, sizeof head, "{\"code\":%d,\"kind\":\"%s\",\"message\":", code, kind);
    perry_buffer_text(&text, head);
    perry_buffer_json(&text, message, strlen(message));
    if (reason) {
        perry_buffer_text(&text, ",\"reason\":");
        perry_buffer_json(&text, reason, strlen(reason));
    }
    perry_buffer_text(&text, "}");
    if (text.failed) {
        perry_buffer_free(&text);
        return out_of_memory;
    }
    return text.bytes;
}

void perry_error_free(char *error)
{
    if (error != out_of_memory)
        free(error);
}

/* ---- Strings --------------------------------------------------------------------------------- */

static uint32_t utf16_units(const char *bytes, size_t length)
{
    uint32_t units = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        units += (byte & 0xC0) != 0x80;
        units += byte >= 0xF0;
    }
    return units;
}

PerryStringHeader *perry_container_string_new(const char *bytes, size_t length)
{
    if (length > PERRY_CONTAINER_STRING_MAX || (!bytes && length))
        return NULL;
    PerryStringHeader *string = malloc(sizeof *string + length + 1);
    if (!string)
        return NULL;
    char *payload = (char *)(string + 1);
    if (length)
        memcpy(payload, bytes, length);
    payload[length] = '\0';
    string->utf16_len = utf16_units(payload, length);
    string->byte_len = (uint32_t)length;
    string->capacity = (uint32_t)length + 1;
    string->refcount = 1;
    string->flags = PERRY_STRING_OURS;
    return string;
}

const char *perry_container_string_bytes(const PerryStringHeader *string)
{
    return string ? (const char *)(string + 1) : NULL;
}

void perry_container_string_free(const PerryStringHeader *string)
{
    if (!string || string->flags != PERRY_STRING_OURS)
        return;
    PerryStringHeader *ours = (PerryStringHeader *)string;
    ours->flags = 0;
    free(ours);
}

const PerryStringHeader *perry_string_result(const char *bytes, size_t length)
{
    const PerryContainerHost *host = perry_host();
    if (host->string_new)
        return host->string_new(host->context, bytes, length);
    return perry_container_string_new(bytes, length);
}

/* ---- What is known about backends at once ---------------------------------------------------- */

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

/* The order before Python runs: PERRY_CONTAINER_BACKEND if it holds names, else the platform's.
 * The rule is that of perry_ffi.backends.detect, which replaces this answer as soon as it is loaded. */
static void add_first_priority(perry_buffer *json)
{
#if defined(__APPLE__)
    static const char platform[] = "apple/container,orbstack,colima,rancher-desktop,lima,podman,nerdctl,docker";
#else
    static const char platform[] = "podman,nerdctl,docker";
#endif
    const char *chosen = getenv("PERRY_CONTAINER_BACKEND");
    const char *at = chosen && *chosen ? chosen : platform;
    const char *separator = "[";
    while (*at) {
        size_t length = strcspn(at, ",");
        const char *name = at;
        size_t trimmed = length;
        for (; trimmed && *name == ' '; name++)
            trimmed--;
        while (trimmed && name[trimmed - 1] == ' ')
            trimmed--;
        if (plain_name(name, trimmed)) {
            perry_buffer_text(json, separator);
            perry_buffer_json(json, name, trimmed);
            separator = ",";
        }
        at += length + (at[length] == ',');
    }
    perry_buffer_text(json, *separator == '[' ? "[]" : "]");
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

/* ---- Workloads ------------------------------------------------------------------------------- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool usable(const PerryStringHeader *string)
{
    return string && string->byte_len && string->byte_len <= PERRY_CONTAINER_STRING_MAX &&
           (string->capacity == 0 || string->byte_len <= string->capacity);
}

/* The members of an object's text without its braces; length 0 if it has none. False if it is no object's text. */
static bool object_members(const char *text, size_t length, const char **members, size_t *members_length)
{
    while (length && is_space(*text)) {
        text++;
        length--;
    }
    while (length && is_space(text[length - 1]))
        length--;
    *members = text;
    *members_length = 0;
    if (length == 0)
        return true;
    if (length < 2 || text[0] != '{' || text[length - 1] != '}')
        return false;
    text++;
    length -= 2;
    while (length && is_space(*text)) {
        text++;
        length--;
    }
    while (length && is_space(text[length - 1]))
        length--;
    *members = text;
    *members_length = length;
    return true;
}

const PerryStringHeader *perry_compose_named(const PerryStringHeader *name, const PerryStringHeader *json)
{
    perry_buffer text = {0};
    const char *members = "";
    size_t length = 0;
    const char *document = usable(json) ? perry_container_string_bytes(json) : "";
    size_t document_length = usable(json) ? json->byte_len : 0;
    perry_buffer_text(&text, "{");
    if (!object_members(document, document_length, &members, &length)) {
        perry_buffer_text(&text, "\"unreadable\":");
        perry_buffer_json(&text, document, document_length);
        perry_buffer_text(&text, ",");
    } else if (length) {
        perry_buffer_add(&text, members, length);
        perry_buffer_text(&text, ",");
    }
    perry_buffer_text(&text, "\"name\":");
    if (usable(name))
        perry_buffer_json(&text, perry_container_string_bytes(name), name->byte_len);
    else
        perry_buffer_text(&text, "null");
    perry_buffer_text(&text, "}");
    const PerryStringHeader *string = text.failed ? NULL : perry_string_result(text.bytes, text.length);
    perry_buffer_free(&text);
    return string;
}

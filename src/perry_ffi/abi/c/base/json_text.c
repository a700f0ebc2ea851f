#include "base/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static char out_of_memory[] = PERRY_OUT_OF_MEMORY;

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

/* Text that grows, and JSON made in C: for what must be there at once, or when Python is not. */
#ifndef PERRY_BASE_JSON_TEXT_H
#define PERRY_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct perry_buffer {
    char *bytes; /* terminated by NUL once anything was added */
    size_t length;
    size_t capacity;
    bool failed; /* memory was short: the content is not whole */
} perry_buffer;

void perry_buffer_add(perry_buffer *buffer, const char *bytes, size_t length);
void perry_buffer_text(perry_buffer *buffer, const char *text);
/* Adds a JSON string, quotes included; bytes that are no UTF-8 become U+FFFD. */
void perry_buffer_json(perry_buffer *buffer, const char *bytes, size_t length);
void perry_buffer_free(perry_buffer *buffer);

/* The error object of a request for which there was no memory. */
#define PERRY_OUT_OF_MEMORY "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"out of memory\"}"

/* An error object as JSON, freed with perry_error_free; a static text where memory is short (never null). */
char *perry_error_new(int code, const char *kind, const char *message, const char *reason);
void perry_error_free(char *error);

#endif

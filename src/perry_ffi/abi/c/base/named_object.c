#include "base/named_object.h"

#include <stdbool.h>

#include "base/json_text.h"
#include "base/strings.h"

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

const PerryStringHeader *perry_named_object(const PerryStringHeader *name, const PerryStringHeader *json)
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

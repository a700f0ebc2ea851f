#include "base/strings.h"

#include <stdlib.h>
#include <string.h>

#include "base/host_table.h"

/* Marks a string that perry_container_string_free may free ("PSTR"). Static strings do not carry it. */
#define PERRY_STRING_OURS 0x50535452u

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

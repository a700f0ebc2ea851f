/* Strings of the C interface. */
#ifndef PERRY_BASE_STRINGS_H
#define PERRY_BASE_STRINGS_H

#include "perry_container.h"

/* A string for a result at once, made by the host if it makes strings; null where memory is short. */
const PerryStringHeader *perry_string_result(const char *bytes, size_t length);

#endif

/* Whether the modules that gave the answers of answers.h are as they were then, by what is in them: times change with every checkout. */
#ifndef PERRY_COMPOSE_UNCHANGED_H
#define PERRY_COMPOSE_UNCHANGED_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blake2b.h"

/* Its name, and what is in it. */
static bool unchanged_add(blake2b *hash, const char *package, const char *name)
{
    char path[2 * PATH_MAX], part[1 << 14];
    int size = snprintf(path, sizeof path, "%s/%s", package, name);
    int file = size < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return false;
    blake2b_take(hash, name, strlen(name) + 1);
    ssize_t taken;
    while ((taken = read(file, part, sizeof part)) > 0)
        blake2b_take(hash, part, (size_t)taken);
    close(file);
    return taken == 0;
}

/* package: the folder that the modules are in. */
static bool unchanged(const char *package)
{
    blake2b hash;
    unsigned char digest[sizeof sources_digest];
    blake2b_begin(&hash, sizeof digest);
    for (const char *const *name = sources; *name; name++)
        if (!unchanged_add(&hash, package, *name))
            return false;
    blake2b_end(&hash, digest, sizeof digest);
    return memcmp(digest, sources_digest, sizeof digest) == 0;
}

#endif

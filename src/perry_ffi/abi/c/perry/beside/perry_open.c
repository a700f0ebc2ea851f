/* Opens the shared object: beside the program, in the program's folders lib or site, where npm installs it there, or where it was
 * built or installed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "perry_stub.h"

#define LIBRARY "libperry_container.so"

/* The path at build or installation, or an empty one. */
#ifndef PERRY_LIBRARY_PATH
#define PERRY_LIBRARY_PATH ""
#endif

/* What npm calls this platform's package. */
#if defined(__aarch64__)
#define PLATFORM "linux-arm64-gnu"
#else
#define PLATFORM "linux-x64-gnu"
#endif

#define PLACES 6

typedef struct place {
    char path[PATH_MAX + 32];
    char reason[512];
} place;

static place places[PLACES];
static int places_tried;
static const char *refused; /* why an opened library is of no use, or null */
static bool opened;

/* ---- Opening --------------------------------------------------------------------------------- */

static bool program_folder(char *folder)
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

static void *try_place(const char *path)
{
    place *tried = &places[places_tried++];
    snprintf(tried->path, sizeof tried->path, "%s", path);
    if (access(path, F_OK) != 0) {
        snprintf(tried->reason, sizeof tried->reason, "no such file");
        return NULL;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *reason = library ? NULL : dlerror();
    snprintf(tried->reason, sizeof tried->reason, "%s", reason ? reason : "");
    return library;
}

static void *find_library(void)
{
    char folder[PATH_MAX];
    char path[PATH_MAX + 32];
    void *library = NULL;
    if (program_folder(folder)) {
        /* The third is what `pip install --target site` makes, those after it what `npm install` does. */
        static const char *const shapes[] = {
            "%s/" LIBRARY,
            "%s/lib/" LIBRARY,
            "%s/site/perry_ffi/lib/" LIBRARY,
            "%s/node_modules/perry-container/lib/" LIBRARY,
            "%s/node_modules/perry-container-" PLATFORM "/" LIBRARY,
        };
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes && !library; i++) {
            snprintf(path, sizeof path, shapes[i], folder);
            library = try_place(path);
        }
    }
    if (!library && *PERRY_LIBRARY_PATH)
        library = try_place(PERRY_LIBRARY_PATH);
    return library;
}

/* Null, or why the library that was found cannot serve this program. */
static const char *introduce(void *library)
{
    int (*version)(void) = (int (*)(void))(uintptr_t)dlsym(library, "perry_container_abi_version");
    int (*set_host)(const PerryContainerHost *) =
        (int (*)(const PerryContainerHost *))(uintptr_t)dlsym(library, "perry_container_set_host");
    if (!version || !set_host)
        return "it is another library of that name";
    if (version() != PERRY_CONTAINER_ABI_VERSION)
        return "its ABI is of another version than the program's; rebuild the program";
    return set_host(&perry_runtime_host) == 0 ? NULL : "it refused the Perry runtime as its host: it was in use already";
}

static void open_library(void)
{
    void *library = find_library();
    refused = library ? introduce(library) : NULL;
    opened = library && !refused;
    for (size_t i = 0; opened && i < perry_forward_count; i++)
        perry_forward_functions[i] = (perry_forward)(uintptr_t)dlsym(library, perry_forward_names[i]);
}

perry_forward perry_forward_to(size_t operation)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_library);
    return perry_forward_functions[operation];
}

/* ---- Saying why not -------------------------------------------------------------------------- */

static void put_escaped(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(out, "\\u%04x", *at);
        else
            fputc(*at, out);
}

static void put_not_found(FILE *out)
{
    fputs("{\"code\":503,\"kind\":\"BackendNotAvailable\",\"message\":\"" LIBRARY " cannot be opened: ", out);
    for (int i = 0; i < places_tried; i++) {
        put_escaped(out, i ? "; " : "");
        put_escaped(out, places[i].path);
        put_escaped(out, ": ");
        put_escaped(out, places[i].reason);
    }
    fputs("\",\"places\":[", out);
    for (int i = 0; i < places_tried; i++) {
        fputs(i ? ",{\"path\":\"" : "{\"path\":\"", out);
        put_escaped(out, places[i].path);
        fputs("\",\"reason\":\"", out);
        put_escaped(out, places[i].reason);
        fputs("\"}", out);
    }
    fputs("],\"remedy\":\"put " LIBRARY " beside the program, and its folder site if it came with one\"}", out);
}

static void put_refused(FILE *out, size_t operation)
{
    const char *path = places_tried ? places[places_tried - 1].path : LIBRARY;
    fprintf(out, "{\"code\":%d,\"kind\":\"%s\",\"message\":\"", refused ? 503 : 501,
            refused ? "BackendNotAvailable" : "Unsupported");
    put_escaped(out, path);
    fprintf(out, ": %s%s", refused ? refused : "this version of the library has no ",
            refused ? "" : perry_forward_names[operation]);
    fprintf(out, "\",\"operation\":\"%s\"}", perry_forward_names[operation]);
}

PerryPromise *perry_forward_refused(size_t operation)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    if (opened || refused)
        put_refused(out, operation);
    else
        put_not_found(out);
    bool written = fclose(out) == 0;
    PerryPromise *promise = written ? perry_runtime_rejected(text, length) : NULL;
    free(text);
    return promise;
}

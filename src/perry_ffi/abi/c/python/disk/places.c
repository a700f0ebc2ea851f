#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include "python/disk/places.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool exists(const char *directory, const char *file)
{
    char path[PATH_MAX + 64];
    struct stat status;
    return snprintf(path, sizeof path, "%s/%s", directory, file) < (int)sizeof path && stat(path, &status) == 0;
}

/* The folder of the file that an address was loaded from, links resolved. */
static bool folder_of(const void *address, char *folder)
{
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname || !realpath(info.dli_fname, folder))
        return false;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

bool perry_find_packages(char *packages)
{
    static const char *const places[] = {"/site", "/../.."};
    char folder[PATH_MAX];
    char candidate[PATH_MAX + 16];
    if (!folder_of((const void *)(uintptr_t)&perry_find_packages, folder))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(candidate, sizeof candidate, "%s%s", folder, places[i]);
        if (exists(candidate, "perry_ffi/bridge/entry.py") && realpath(candidate, packages))
            return true;
    }
    snprintf(packages, PATH_MAX, "%.4000s/site", folder);
    return false;
}

#define PYTHON_FOLDER "python" PERRY_PYTHON_MINOR

static bool is_stdlib(const char *folder)
{
    return exists(folder, "os.py") && exists(folder, "encodings/__init__.py");
}

bool perry_find_stdlib(char *stdlib)
{
    static const char *const shapes[] = {"%s/" PYTHON_FOLDER, "%s/lib/" PYTHON_FOLDER};
    char folder[PATH_MAX];
    if (folder_of((const void *)(uintptr_t)&Py_Initialize, folder))
        for (char *slash = folder + strlen(folder); slash; slash = strrchr(folder, '/')) {
            *slash = '\0';
            for (size_t i = 0; i < 2; i++) {
                snprintf(stdlib, PATH_MAX, shapes[i], folder);
                if (is_stdlib(stdlib))
                    return true;
            }
        }
    snprintf(stdlib, PATH_MAX, "%s", PERRY_PYTHON_STDLIB);
    return is_stdlib(stdlib);
}

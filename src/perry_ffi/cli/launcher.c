/* perry-compose without a Python to become: hands its words to perry_container_main of the library.
 *
 * What is known since the build (version, help, scripts of completion: known_answer.h) it answers itself, and nothing is loaded; so it
 * does with what was told of the services of files that have not changed since (kept_answer.h). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kept_answer.h"
#include "known_answer.h"
#include "standard_streams.h"

typedef int main_function(int argc, char *const *argv);

/* Seen from the folder of this program: beside it, where pip puts a package of that environment, where a system has libraries. */
static const char *const places[] = {
    "libperry_container.so",
    "../lib*/python3*/site-packages/perry_ffi/lib/libperry_container.so",
    "../lib*/python3*/dist-packages/perry_ffi/lib/libperry_container.so",
    "../perry_ffi/lib/libperry_container.so",
    "../lib/libperry_container.so",
};
static const char *const of_the_system[] = {"libperry_container.so.0", "libperry_container.so"};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- The library ----------------------------------------------------------------------------- */

/* The function of a library of this program's version; null where the file is none. */
static main_function *of_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return NULL;
    const char *(*version)(void);
    main_function *run;
    *(void **)&version = dlsym(library, "perry_container_version");
    *(void **)&run = dlsym(library, "perry_container_main");
    if (version && run && strcmp(version(), PERRY_CONTAINER_VERSION) == 0)
        return run;
    dlclose(library);
    return NULL;
}

static main_function *of_pattern(const char *folder, const char *place)
{
    char pattern[PATH_MAX * 2];
    glob_t found;
    main_function *run = NULL;
    snprintf(pattern, sizeof pattern, "%s/%s", folder, place);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !run; i++)
            run = of_library(found.gl_pathv[i]);
    globfree(&found);
    return run;
}

static main_function *find(void)
{
    char folder[PATH_MAX + 1];
    main_function *run = NULL;
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; slash && i < LENGTH(places) && !run; i++)
        run = of_pattern(folder, places[i]);
    for (size_t i = 0; i < LENGTH(of_the_system) && !run; i++)
        run = of_library(of_the_system[i]);
    return run;
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    const char *text = known_answer(argc, argv);
    if (!text)
        text = kept_answer(argv);
    if (text)
        return print_answer(text);
    main_function *run = find();
    if (!run) {
        fprintf(stderr, "perry-compose: libperry_container.so %s, which it belongs to, is not there\n", PERRY_CONTAINER_VERSION);
        return 127;
    }
    int status = run(argc, argv);
    if (status < 0)
        fprintf(stderr, "perry-compose: the library refuses (%d)\n", status);
    /* What the library still has open ends with the process. */
    _exit(status < 0 ? 1 : status);
}

/* perry-compose: becomes Python, on perry_ffi.cli.main, with SIGINT held back until that is ready for it.
 *
 * Python takes SIGINT for itself before it runs a line of anybody's code, so that one which comes while it starts ends in a
 * traceback. Held back, it waits for perry_ffi.cli.main.
 *
 * PYTHON_NAME: python3.11, say: that which the package was built for; BUILT_BY: its path, where it was built. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "standard_streams.h"

static const char start[] = "from perry_ffi.cli.main import program; program()";

/* Python would not start with a folder for its input. */
static void close_a_folder(void)
{
    struct stat found;
    if (fstat(STDIN_FILENO, &found) == 0 && S_ISDIR(found.st_mode))
        close(STDIN_FILENO);
}

static void hold_interrupts_back(void)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, NULL);
}

/* Becomes the Python at path; returns if there is none. */
static void become(const char *path, char **words)
{
    words[0] = (char *)path;
    if (strchr(path, '/'))
        execv(path, words);
    else
        execvp(path, words);
}

/* Becomes the Python that lies beside this program, as in a virtual environment; returns if there is none. */
static void become_neighbour(char **words)
{
    char path[PATH_MAX + sizeof "/" PYTHON_NAME];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    if (length <= 0)
        return;
    path[length] = '\0';
    char *name = strrchr(path, '/');
    if (!name)
        return;
    strcpy(name, "/" PYTHON_NAME);
    become(path, words);
}

int main(int argc, char **argv)
{
    /* -P: the current folder is not a place of modules. */
    static const char *const first[] = {PYTHON_NAME, "-P", "-c", start};
    enum { FIRST = sizeof first / sizeof *first };
    char **words = calloc((size_t)argc + FIRST + 1, sizeof *words);
    if (!words)
        return 126;
    memcpy(words, first, sizeof first);
    for (int i = 1; i < argc; i++)
        words[FIRST + i - 1] = argv[i];
    close_a_folder();
    keep_standard_streams();
    hold_interrupts_back();
    become_neighbour(words);
    become(BUILT_BY, words);
    become(PYTHON_NAME, words);
    fprintf(stderr, "perry-compose: %s, which it was installed for, is not there: %s\n", PYTHON_NAME, strerror(errno));
    return 127;
}

/* perry-compose: becomes Python, on perry_ffi.cli.main, with SIGINT held back until that is ready for it.
 *
 * Python takes SIGINT for itself before it runs a line of anybody's code, so that one which comes while it starts ends in a
 * traceback. Held back, it waits for perry_ffi.cli.main.
 *
 * It answers by itself what the form without a Python of its own (launcher.c) answers, with the same code. Here the sources may be
 * changed at any time; so it does it only while all that gave the answers is what it was (unchanged.h), and nothing says that its
 * Python would be another one, or another package.
 *
 * PYTHON_NAME: python3.11, say: that which the package was built for; BUILT_BY: its path, where it was built. PACKAGE: the folder of
 * perry_ffi, seen from the folder of this program where it is no absolute path. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kept_answer.h"
#include "known_answer.h"
#include "standard_streams.h"
#include "unchanged.h"

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

/* A path of the folder that this program lies in; empty where it cannot be known. */
static void beside(const char *name, char path[2 * PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        snprintf(slash + 1, PATH_MAX, "%s", name);
    else
        *path = '\0';
}

/* Whether no variable sends Python to other modules, or has it say more; those that are often set in images do neither. */
static bool python_is_plain(void)
{
    static const char *const harmless[] = {"PYTHONUNBUFFERED=", "PYTHONDONTWRITEBYTECODE=", "PYTHON_VERSION=", "PYTHON_SHA256=",
                                           "PYTHON="};
    for (char **one = environ; *one; one++) {
        bool plain = strncmp(*one, "PYTHON", strlen("PYTHON")) != 0;
        for (size_t i = 0; i < sizeof harmless / sizeof *harmless && !plain; i++)
            plain = strncmp(*one, harmless[i], strlen(harmless[i])) == 0;
        if (!plain)
            return false;
    }
    return true;
}

/* Whether the Python that would be taken is the one beside this program, on the package as it was at build. */
static bool is_as_built(const char *python)
{
    char package[2 * PATH_MAX] = PACKAGE;
    if (*package != '/')
        beside(PACKAGE, package);
    return *package && access(python, X_OK) == 0 && python_is_plain() && unchanged(package);
}

/* Puts the variable in place that Python puts there as it starts (PEP 538), for the question that was kept has it. */
static void coerce_locale(void)
{
    const char *all = getenv("LC_ALL");
    setlocale(LC_CTYPE, "");
    if ((!all || !*all) && strcmp(setlocale(LC_CTYPE, NULL), "C") == 0 && setlocale(LC_CTYPE, "C.UTF-8"))
        setenv("LC_CTYPE", "C.UTF-8", 1);
}

/* What Python would print, where that is certain; else null. python: the one beside this program. */
static const char *answered(int argc, char **argv, const char *python)
{
    const char *text = known_answer(argc, argv);
    bool may_be_kept = false;
    for (int i = 1; i < argc && !text; i++)
        may_be_kept |= strcmp(argv[i], "complete") == 0;
    if (!(text || may_be_kept) || !is_as_built(python))
        return NULL;
    if (!text) {
        coerce_locale();
        text = kept_answer(argv);
    }
    return text;
}

int main(int argc, char **argv)
{
    /* -P: the current folder is not a place of modules. */
    static const char *const first[] = {PYTHON_NAME, "-P", "-c", start};
    enum { FIRST = sizeof first / sizeof *first };
    char neighbour[2 * PATH_MAX];
    close_a_folder();
    keep_standard_streams();
    beside(PYTHON_NAME, neighbour);
    const char *text = answered(argc, argv, neighbour);
    if (text)
        return print_answer(text);
    char **words = calloc((size_t)argc + FIRST + 1, sizeof *words);
    if (!words)
        return 126;
    memcpy(words, first, sizeof first);
    for (int i = 1; i < argc; i++)
        words[FIRST + i - 1] = argv[i];
    hold_interrupts_back();
    if (*neighbour)
        become(neighbour, words);
    become(BUILT_BY, words);
    become(PYTHON_NAME, words);
    fprintf(stderr, "perry-compose: %s, which it was installed for, is not there: %s\n", PYTHON_NAME, strerror(errno));
    return 127;
}

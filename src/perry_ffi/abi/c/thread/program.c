/* perry-compose for a host: its words go to the library's thread as a request, and the caller waits for its status. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread_state.h"
#include "perry_container.h"
#include "thread/serving.h"

/* Why it cannot be run here, or 0. */
static int refusal(int argc, char *const *argv)
{
    if (argc > 0 && !argv)
        return PERRY_CONTAINER_E_NULL;
    for (int i = 1; i < argc; i++)
        if (!argv[i])
            return PERRY_CONTAINER_E_NULL;
    if (perry_thread_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_thread_is_current())
        return PERRY_CONTAINER_E_THREAD;
    return perry_thread_phase() == PERRY_STOPPED ? PERRY_CONTAINER_E_LATE : 0;
}

/* The words behind the program's name, each terminated by NUL. Null where memory is short. */
static char *joined(int argc, char *const *argv, size_t *length)
{
    *length = 0;
    for (int i = 1; i < argc; i++)
        *length += strlen(argv[i]) + 1;
    char *words = malloc(*length + 1);
    char *at = words;
    for (int i = 1; words && i < argc; i++)
        at = stpcpy(at, argv[i]) + 1;
    return words;
}

/* The library could not start, or has ended meanwhile. */
static void tell(const char *error)
{
    static const char name[] = "perry-compose: ";
    const char *text = error ? error : "out of memory";
    bool told = write(STDERR_FILENO, name, sizeof name - 1) > 0 && write(STDERR_FILENO, text, strlen(text)) > 0;
    if (told && write(STDERR_FILENO, "\n", 1) < 0) {
        /* Nobody hears it. */
    }
}

int perry_container_main(int argc, char *const *argv)
{
    int refused = refusal(argc, argv);
    if (refused)
        return refused;
    size_t length;
    char *words = joined(argc, argv, &length);
    PerryPromise *promise = words ? perry_submit_program(words, length) : NULL;
    free(words);
    if (!promise)
        return PERRY_CONTAINER_E_MEMORY;
    int status = 1;
    if (perry_container_promise_wait(promise, -1) == PERRY_CONTAINER_FULFILLED)
        status = (int)perry_container_promise_handle(promise);
    else
        tell(perry_container_promise_json(promise, NULL));
    perry_container_promise_free(promise);
    return status;
}

/* What is known since the build, in each of the two forms of perry-compose: version, helps, scripts of completion.
 *
 * answers.h: written by the build (scripts/ship/answers.py), each answer as the program in Python gives it. */
#ifndef PERRY_COMPOSE_KNOWN_ANSWER_H
#define PERRY_COMPOSE_KNOWN_ANSWER_H

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct answer {
    const char *words; /* of the command line, each after a blank */
    const char *text;
} answer;

#include "answers.h"

/* Whether something may be wrong that a command tells before it answers: variables that it checks, a folder that is gone. */
static int known_in_doubt(void)
{
    static const char *const checked[] = {"COMPOSE_PROGRESS", "COMPOSE_PARALLEL_LIMIT"};
    char folder[PATH_MAX];
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
        if (getenv(checked[i]))
            return 1;
    return !getcwd(folder, sizeof folder);
}

/* The answer to a command line; null where it is none of those that are known. */
static const char *known_answer(int argc, char **argv)
{
    for (const answer *at = answers; at->words; at++) {
        const char *rest = at->words;
        int i = 1;
        for (; i < argc && *rest == ' ' && !strchr(argv[i], ' '); i++) {
            size_t length = strlen(argv[i]);
            if (strncmp(rest + 1, argv[i], length) != 0 || (rest[1 + length] && rest[1 + length] != ' '))
                break;
            rest += 1 + length;
        }
        if (i == argc && !*rest)
            return known_in_doubt() ? NULL : at->text;
    }
    return NULL;
}

/* As the program in Python: a full disk is told, a reader that has gone is not, one that is slow gets all of it. The exit status. */
static int print_answer(const char *text)
{
    signal(SIGPIPE, SIG_IGN);
    for (size_t left = strlen(text); left;) {
        ssize_t taken = write(STDOUT_FILENO, text, left);
        if (taken >= 0) {
            text += taken;
            left -= (size_t)taken;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            if (errno != EPIPE)
                fprintf(stderr, "perry-compose: standard output: %s\n", strerror(errno));
            return 1;
        }
    }
    return 0;
}

#endif

/* Where calls and Python meet the requests: a call starts the thread, and Python that takes one has joined. */
#ifndef PERRY_THREAD_SERVING_H
#define PERRY_THREAD_SERVING_H

#include "runtime/requests.h"

/* What an exported operation does; on any thread, never waits. As perry_request_new. */
void *perry_submit(int op, const perry_argument *arguments);
/* A run of perry-compose. As perry_request_program. */
PerryPromise *perry_submit_program(const char *words, size_t length);
/* What Python calls on the library's thread. As perry_request_take. */
int perry_take(perry_view *view);

#endif

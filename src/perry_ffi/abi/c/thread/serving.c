#include "thread/serving.h"

#include "base/json_text.h"
#include "base/thread_state.h"
#include "python/host_python.h"
#include "thread/library_thread.h"

/* Why no request can be queued now, or null. */
static char *unavailable(void)
{
    if (perry_thread_forked())
        return perry_error_new(501, "Unsupported",
                               "not available in a forked child: the library runs in the process that forked; "
                               "call exec, or make the first call after the fork",
                               "forked");
    if (!perry_thread_start())
        return perry_error_new(500, "InternalError", "the library's thread could not be started", NULL);
    return NULL;
}

void *perry_submit(int op, const perry_argument *arguments) { return perry_request_new(op, arguments, unavailable()); }

PerryPromise *perry_submit_program(const char *words, size_t length)
{
    return perry_request_program(words, length, unavailable());
}

int perry_take(perry_view *view)
{
    perry_host_python_join_over();
    return perry_request_take(view);
}

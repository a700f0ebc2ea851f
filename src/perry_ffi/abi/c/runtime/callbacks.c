#include "runtime/callbacks.h"

#include <stdatomic.h>
#include <time.h>

static atomic_int running;
static atomic_bool ended;

/* Said first, then looked: either the end sees it, or it sees the end. */
bool perry_callback_begin(void)
{
    atomic_fetch_add(&running, 1);
    if (!atomic_load(&ended))
        return true;
    atomic_fetch_sub(&running, 1);
    return false;
}

void perry_callback_over(void) { atomic_fetch_sub(&running, 1); }

void perry_callbacks_end(int64_t timeout_ms)
{
    static const struct timespec a_millisecond = {.tv_nsec = 1000000};
    atomic_store(&ended, true);
    for (int64_t waited = 0; atomic_load(&running) && waited < timeout_ms; waited++)
        nanosleep(&a_millisecond, NULL);
}

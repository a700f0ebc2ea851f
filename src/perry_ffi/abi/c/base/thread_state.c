#include "base/thread_state.h"

#include <stdatomic.h>

#include "platform/wakeup.h"

static atomic_int phase = PERRY_IDLE;
static atomic_bool forked;
static atomic_int wake_fd = -1;
static _Thread_local bool is_library_thread;
static const char shut_down[] = "{\"code\":499,\"kind\":\"Cancelled\",\"message\":\"the library was shut down\"}";
static _Atomic(const char *) rejection_reason = shut_down;

perry_phase perry_thread_phase(void) { return (perry_phase)atomic_load(&phase); }

bool perry_thread_forked(void) { return atomic_load(&forked); }

bool perry_thread_is_current(void) { return is_library_thread && !atomic_load(&forked); }

void perry_thread_wake(void) { perry_wakeup_ring(atomic_load(&wake_fd)); }

const char *perry_thread_rejection_reason(void) { return atomic_load(&rejection_reason); }

int perry_wake_fd(void) { return atomic_load(&wake_fd); }

void perry_wake_clear(void) { perry_wakeup_clear(atomic_load(&wake_fd)); }

bool perry_thread_advance(perry_phase from, perry_phase to)
{
    int expected = from;
    return atomic_compare_exchange_strong(&phase, &expected, to);
}

bool perry_thread_enter(void)
{
    is_library_thread = true;
    atomic_store(&wake_fd, perry_wakeup_new());
    return atomic_load(&wake_fd) >= 0;
}

void perry_thread_mark_forked(void) { atomic_store(&forked, true); }

void perry_thread_set_rejection_reason(const char *reason) { atomic_store(&rejection_reason, reason); }

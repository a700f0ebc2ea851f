#include "platform/timed_wait.h"

#include <errno.h>
#include <time.h>

/* It also keeps the deadline within time_t. */
#define CENTURY_MS INT64_C(3155760000000)

void perry_timed_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

perry_deadline perry_deadline_in(int64_t timeout_ms)
{
    perry_deadline deadline = {.bounded = timeout_ms >= 0 && timeout_ms < CENTURY_MS};
    if (!deadline.bounded)
        return deadline;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    deadline.seconds = now.tv_sec + timeout_ms / 1000;
    deadline.nanoseconds = now.tv_nsec + (long)(timeout_ms % 1000) * 1000000;
    if (deadline.nanoseconds >= 1000000000) {
        deadline.seconds++;
        deadline.nanoseconds -= 1000000000;
    }
    return deadline;
}

bool perry_timed_wait(pthread_cond_t *condition, pthread_mutex_t *lock, const perry_deadline *deadline)
{
    if (!deadline->bounded) {
        pthread_cond_wait(condition, lock);
        return true;
    }
    struct timespec end = {.tv_sec = (time_t)deadline->seconds, .tv_nsec = deadline->nanoseconds};
    return pthread_cond_timedwait(condition, lock, &end) != ETIMEDOUT;
}

/* Waiting for a condition with a bound, by a clock that nobody sets. */
#ifndef PERRY_PLATFORM_TIMED_WAIT_H
#define PERRY_PLATFORM_TIMED_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A condition to wait on with perry_timed_wait. */
void perry_timed_condition_init(pthread_cond_t *condition);

typedef struct perry_deadline {
    bool bounded;
    int64_t seconds;
    long nanoseconds;
} perry_deadline;

/* The moment timeout_ms milliseconds from now; below 0, or above a century, there is none. */
perry_deadline perry_deadline_in(int64_t timeout_ms);
/* Waits with the lock held, as pthread_cond_wait does, at most until the deadline. False once it has passed. */
bool perry_timed_wait(pthread_cond_t *condition, pthread_mutex_t *lock, const perry_deadline *deadline);

#endif

/* What every layer may ask about the library's own thread. Only thread/ changes it. */
#ifndef PERRY_BASE_THREAD_STATE_H
#define PERRY_BASE_THREAD_STATE_H

#include <stdbool.h>

typedef enum perry_phase {
    PERRY_IDLE = 0,     /* no call has come yet */
    PERRY_RUNNING = 1,  /* the thread exists; it may still be starting */
    PERRY_STOPPED = 2,  /* the thread is gone or going: requests are rejected where they are made */
} perry_phase;

perry_phase perry_thread_phase(void);
/* Whether this process was forked from the one that has the thread. */
bool perry_thread_forked(void);
/* Whether the caller is the library's thread. */
bool perry_thread_is_current(void);
/* Wakes the thread; callable from any thread, and from a signal handler. */
void perry_thread_wake(void);
/* Why requests are rejected once the phase is PERRY_STOPPED: an error object. */
const char *perry_thread_rejection_reason(void);
/* The descriptor that is readable after a wake (-1: there is none), and its reset; only for the library's thread. */
int perry_wake_fd(void);
void perry_wake_clear(void);

/* ---- For thread/ ------------------------------------------------------------------------------ */

/* Goes from one phase to the next. False if the phase is another one. */
bool perry_thread_advance(perry_phase from, perry_phase to);
/* The caller is the library's thread. Makes its descriptor; false, with errno, where none is left. */
bool perry_thread_enter(void);
/* The caller is the child of a fork. */
void perry_thread_mark_forked(void);
/* reason: an error object that lives for ever. */
void perry_thread_set_rejection_reason(const char *reason);

#endif

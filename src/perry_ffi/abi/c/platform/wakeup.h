/* A descriptor that one thread polls and any thread makes readable. What differs between systems is in wakeup.c alone. */
#ifndef PERRY_PLATFORM_WAKEUP_H
#define PERRY_PLATFORM_WAKEUP_H

/* A new descriptor, closed on exec, never blocking; -1 with errno where there is none. It is never closed. */
int perry_wakeup_new(void);
/* Makes it readable. Callable from any thread and from a signal handler; keeps errno's meaning to the caller. */
void perry_wakeup_ring(int fd);
/* Makes it unreadable again. */
void perry_wakeup_clear(int fd);

#endif

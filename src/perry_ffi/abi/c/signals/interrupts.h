/* SIGINT, SIGTERM and SIGHUP of perry_container_main: told to Python, which asks for it while an engine works for the program. */
#ifndef PERRY_SIGNALS_INTERRUPTS_H
#define PERRY_SIGNALS_INTERRUPTS_H

/* Handles all of them from now on, but one that is ignored. Result: a descriptor that is readable after one, not to be closed; -1 where
 * there is none, and then nothing is handled. */
int perry_interrupts_begin(void);
/* How many have come since it was last asked. */
int perry_interrupts_take(void);
/* Which one came first since the beginning; 0 before any. */
int perry_interrupts_first(void);
/* Puts back what was there. Does nothing where that is done already. */
void perry_interrupts_end(void);

#endif

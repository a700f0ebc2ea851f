/* The library's own thread: started by the first call, it owns Python, and stays when Python fails. */
#ifndef PERRY_THREAD_LIBRARY_THREAD_H
#define PERRY_THREAD_LIBRARY_THREAD_H

#include <stdbool.h>

/* Starts the thread at the first call. False if that cannot be done. */
bool perry_thread_start(void);

#endif

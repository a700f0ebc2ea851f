/* A host that is Python itself: what has to be done on its own thread, and how its end and our start keep apart. */
#ifndef PERRY_PYTHON_HOST_PYTHON_H
#define PERRY_PYTHON_HOST_PYTHON_H

#include <stdbool.h>

/* Called on the first call's thread: what must be done there if the host is Python. */
void perry_host_python_prepare(void);
/* Whether the library could join the Python that may be in this process. Result: null, or an error object that says why not. */
char *perry_host_python_check(void);
/* Whether there is one to join. */
bool perry_host_python_is_there(void);
/* Around the time in which the library's thread joins a host's interpreter and does not serve yet. False: too late. */
bool perry_host_python_join_begin(void);
void perry_host_python_join_over(void);

#endif

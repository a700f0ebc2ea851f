/* The interpreter: started by the library's thread with a configuration of its own, or joined where the host is Python. */
#ifndef PERRY_PYTHON_INTERPRETER_H
#define PERRY_PYTHON_INTERPRETER_H

#include <stdbool.h>

/* An error object: the library cannot start. reason: null if there is none but the message. */
char *perry_python_failure(const char *message, const char *reason);
/* Starts or joins the interpreter and imports the library's packages. Result: null, or an error object (see
 * perry_error_free) that says why it cannot be. */
char *perry_python_start(void);
/* Serves requests until shutdown. Result: null after a shutdown, or an error object that says why it ended. */
char *perry_python_serve(void);
/* Whether the interpreter is the library's own; not 0 if so. */
int perry_python_is_own(void);
/* Why the serving ended, told by Python before it returns. */
void perry_python_set_failure(const char *error);
/* Keeps OpenSSL from tearing itself down at exit while the library still runs. */
void perry_quiet_openssl(void);

#endif

/* The clean-up on SIGINT and SIGTERM: only for a host that asked for it with js_container_module_init. */
#ifndef PERRY_SIGNALS_SIGNALS_H
#define PERRY_SIGNALS_SIGNALS_H

/* Handles SIGINT and SIGTERM from now on, each only if its disposition is the default one and
 * PERRY_NO_DEFAULT_SIGINT_CLEANUP is unset. */
void perry_signals_install(void);
/* The signal that asks for the clean-up and the end; 0 if none has come. */
int perry_signal_caught(void);
/* Ends the process with 128 + number. */
void perry_signal_exit(int number);

#endif

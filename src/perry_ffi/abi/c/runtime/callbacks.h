/* Whether callbacks of the host may be called: no more once its interpreter is about to end. */
#ifndef PERRY_RUNTIME_CALLBACKS_H
#define PERRY_RUNTIME_CALLBACKS_H

#include <stdbool.h>
#include <stdint.h>

/* Before a callback; false: it must not be called. Where it is true, `over` follows. */
bool perry_callback_begin(void);
void perry_callback_over(void);
/* From here on none begins. Waits for one that runs, for so long at most. */
void perry_callbacks_end(int64_t timeout_ms);

#endif

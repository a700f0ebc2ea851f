/* One copy of the library a process has the interpreter. */
#ifndef PERRY_PYTHON_SINGLE_COPY_H
#define PERRY_PYTHON_SINGLE_COPY_H

#include <stdbool.h>

/* Claims the process for this copy. False if another copy has it. */
bool perry_claim_process(void);

#endif

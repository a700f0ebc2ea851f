/* Pointers in data that the loader leaves alone, so that a dlopen is quick. */
#ifndef PERRY_PYTHON_RELOCATIONS_H
#define PERRY_PYTHON_RELOCATIONS_H

#include <stdbool.h>

/* Makes them; before it nothing but the border's own code may run. False: the memory cannot be written, errno says why. */
bool perry_relocate(void);

#endif

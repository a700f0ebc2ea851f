/* Where the interpreter's modules come from: folders (disk/), or the shared object itself (carried/). A build has one of both. */
#ifndef PERRY_PYTHON_MODULES_H
#define PERRY_PYTHON_MODULES_H

#include <Python.h>
#include <stdbool.h>

/* Finds the library's packages. Result: null, or an error object. */
char *perry_modules_find(void);
/* Before an interpreter of the library's own is initialised. Result: null, or an error object. */
char *perry_modules_prepare(void);
/* Tells the interpreter where to look for them. */
PyStatus perry_modules_configure(PyConfig *config);
/* After the interpreter is initialised, before anything else is imported. False: a Python exception is set. */
bool perry_modules_ready(void);
/* Gives a host's interpreter the library's packages; the GIL is held. False: a Python exception is set. */
bool perry_modules_lend(void);

#endif

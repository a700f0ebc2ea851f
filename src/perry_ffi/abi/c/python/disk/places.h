/* Where Python's files are. */
#ifndef PERRY_PYTHON_DISK_PLACES_H
#define PERRY_PYTHON_DISK_PLACES_H

#include <Python.h>
#include <stdbool.h>

#define PERRY_TEXT_(x) #x
#define PERRY_TEXT(x) PERRY_TEXT_(x)
#define PERRY_PYTHON_MINOR PERRY_TEXT(PY_MAJOR_VERSION) "." PERRY_TEXT(PY_MINOR_VERSION)

/* The folder with the library's Python packages: "site" beside the shared object, or, where pip installed it
 * (site-packages/perry_ffi/lib), the site-packages it lies in. packages: PATH_MAX bytes; what was expected if false. */
bool perry_find_packages(char *packages);
/* The standard library that belongs to the libpython in this process: in a folder above it, or where it was at build
 * time. stdlib: PATH_MAX bytes; what was expected if false. */
bool perry_find_stdlib(char *stdlib);

#endif

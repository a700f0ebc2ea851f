/* The modules that lie in the shared object, written by the build: scripts/static/carry.py. */
#ifndef PERRY_PYTHON_CARRIED_H
#define PERRY_PYTHON_CARRIED_H

#include <Python.h>

enum { PERRY_CARRIED_MODULE, PERRY_CARRIED_PACKAGE, PERRY_CARRIED_DATA };

/* One module, or one file of data, whose name then has slashes. */
typedef struct perry_carried_row {
    const char *name;
    unsigned offset;
    unsigned length;
    int what;
} perry_carried_row;

/* Marshalled code, or data as it is; the rows are in the order of strcmp. */
extern const char perry_carried_bytes[];
extern const perry_carried_row perry_carried_rows[];
extern const size_t perry_carried_count;
/* What Python needs before it can call a finder. */
extern const struct _frozen perry_carried_frozen[];
/* The modules of C that are linked, beside Python's own. */
extern struct _inittab perry_carried_linked[];

PyObject *perry_carried_module(void);

#endif

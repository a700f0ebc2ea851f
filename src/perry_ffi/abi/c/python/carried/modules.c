/* All modules lie in the shared object: a finder (perry_ffi.interpreter.carried, frozen) asks the table here, and no file is looked for. */
#define PY_SSIZE_T_CLEAN
#include "python/modules.h"

#include <errno.h>
#include <marshal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "python/carried/carried.h"
#include "python/carried/relocations.h"
#include "python/interpreter.h"

static int compare_name(const void *name, const void *row) { return strcmp(name, ((const perry_carried_row *)row)->name); }

static const perry_carried_row *row_of(PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    return text ? bsearch(text, perry_carried_rows, perry_carried_count, sizeof *perry_carried_rows, compare_name) : NULL;
}

/* find(name): None, or what it is. */
static PyObject *find(PyObject *self, PyObject *name)
{
    (void)self;
    const perry_carried_row *row = row_of(name);
    if (row)
        return PyLong_FromLong(row->what);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* load(name): the code of a module; data as a view of the file that is mapped. */
static PyObject *load(PyObject *self, PyObject *name)
{
    (void)self;
    const perry_carried_row *row = row_of(name);
    if (row && row->what == PERRY_CARRIED_DATA)
        return PyMemoryView_FromMemory((char *)(uintptr_t)(perry_carried_bytes + row->offset), row->length, PyBUF_READ);
    if (row)
        return PyMarshal_ReadObjectFromString(perry_carried_bytes + row->offset, row->length);
    if (!PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    return NULL;
}

static PyMethodDef functions[] = {
    {"find", find, METH_O, NULL},
    {"load", load, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_perry_carried", NULL, 0, functions, NULL, NULL, NULL, NULL};

PyObject *perry_carried_module(void) { return PyModule_Create(&definition); }

char *perry_modules_find(void)
{
    if (perry_relocate())
        return NULL;
    return perry_python_failure("its data cannot be made ready", strerror(errno));
}

char *perry_modules_prepare(void)
{
    PyImport_FrozenModules = perry_carried_frozen;
    if (PyImport_ExtendInittab(perry_carried_linked) == 0)
        return NULL;
    return perry_python_failure("Python does not initialise", "no memory is left");
}

/* A prefix that is nowhere keeps Python from looking for one. */
PyStatus perry_modules_configure(PyConfig *config)
{
    wchar_t **const prefixes[] = {&config->home, &config->prefix, &config->exec_prefix, &config->base_prefix, &config->base_exec_prefix,
                                  &config->executable, &config->base_executable};
    PyStatus status = PyStatus_Ok();
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && !PyStatus_Exception(status); i++)
        status = PyConfig_SetBytesString(config, prefixes[i], "/nonexistent");
    return status;
}

bool perry_modules_ready(void) { return PyImport_ImportFrozenModule("perry_carried") == 1; }

bool perry_modules_lend(void) { return false; }

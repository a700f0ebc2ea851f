/* The standard library in the folder that belongs to libpython, the library's packages in one beside the shared object. */
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include "python/modules.h"

#include <limits.h>

#include "python/disk/places.h"
#include "python/interpreter.h"

static char packages[PATH_MAX];
static char stdlib[PATH_MAX];

char *perry_modules_find(void)
{
    if (perry_find_packages(packages))
        return NULL;
    return perry_python_failure("its Python packages are not beside the shared object", packages);
}

char *perry_modules_prepare(void)
{
    if (perry_find_stdlib(stdlib))
        return NULL;
    return perry_python_failure("Python's standard library is not there; install Python " PERRY_PYTHON_MINOR, stdlib);
}

PyStatus perry_modules_configure(PyConfig *config)
{
    char dynload[PATH_MAX + 16];
    char prefix[PATH_MAX + 16];
    const char *paths[] = {stdlib, dynload, packages};
    snprintf(dynload, sizeof dynload, "%s/lib-dynload", stdlib);
    /* The prefix is two folders above: prefix/lib/pythonX.Y. */
    snprintf(prefix, sizeof prefix, "%s/../..", stdlib);
    PyStatus status = PyConfig_SetBytesString(config, &config->home, prefix);
    for (size_t i = 0; i < 3 && !PyStatus_Exception(status); i++) {
        wchar_t *wide = Py_DecodeLocale(paths[i], NULL);
        status = wide ? PyWideStringList_Append(&config->module_search_paths, wide) : PyStatus_NoMemory();
        PyMem_RawFree(wide);
    }
    return status;
}

bool perry_modules_ready(void) { return true; }

/* They go to the end of the path, so that the host's own modules win. */
bool perry_modules_lend(void)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *added = PyUnicode_DecodeFSDefault(packages);
    bool done = path && added && (PySequence_Contains(path, added) == 1 || PyList_Append(path, added) == 0);
    Py_XDECREF(added);
    return done;
}

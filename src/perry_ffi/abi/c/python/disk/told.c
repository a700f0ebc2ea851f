#define PY_SSIZE_T_CLEAN
#include "python/told.h"

#include <Python.h>
#include <string.h>

const char *perry_told(const char *name)
{
    if (strcmp(name, "form") == 0)
        return "disk";
    return strcmp(name, "python") == 0 ? PY_VERSION : NULL;
}
